import type { components, paths } from "./schema.d.ts";

/**
 * The domain's values and operations as the backend describes them, under the names this client
 * uses. Everything here follows from the generated schema: a change of the backend that breaks the
 * client does not compile.
 */

type Schemas = components["schemas"];

export type TaskStatus = Schemas["TaskStatus"];
export type TaskPriority = Schemas["TaskPriority"];
export type Task = Schemas["TaskView"];
export type TaskDraft = Schemas["TaskDraft"];
/** Fields left out stay as they are; null clears an optional one. */
export type TaskChange = Schemas["TaskChange"];
export type Project = Schemas["ProjectView"];
export type UserStats = Schemas["UserStats"];
/** Role of a person in a project; an invitation can offer each of them. */
export type Role = Schemas["InvitationRole"];
export type MemberRole = Schemas["MemberRole"];
export type Member = Schemas["MemberView"];
export type Invitation = Schemas["InvitationView"];
export type Account = Schemas["AccountView"];
export type OwnAccount = Schemas["OwnAccount"];

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

type Users = "/api/{user_id}";
type Method = "get" | "post" | "patch" | "delete";

/** A path below a user's own, such as `/tasks/{task_id}`. */
export type Path = keyof paths extends infer P ? (P extends `${Users}${infer Rest}` ? Rest : never) : never;

/** The methods that a path has. */
export type MethodOf<P extends Path> = {
  [M in Method]: paths[`${Users}${P}`][M] extends { readonly responses: unknown } ? M : never;
}[Method];

type Operation<P extends Path, M extends Method> = paths[`${Users}${P}`][M];

/** What the answer to an operation holds when it succeeds. */
export type Answer<P extends Path, M extends Method> =
  Operation<P, M> extends { readonly responses: infer R }
    ? { [S in keyof R]: R[S] extends { content: { readonly "application/json": infer A } } ? A : never }[keyof R]
    : never;

type QueryOf<O> = O extends { readonly parameters: { readonly query?: infer Q } } ? NonNullable<Q> : never;
type NamesOf<O> = O extends { readonly parameters: { readonly path: infer N } } ? Omit<N, "user_id"> : never;
type BodyOf<O> = O extends { readonly requestBody?: { readonly content: { readonly "application/json": infer B } } }
  ? B
  : undefined;

/** What an operation is asked with; a path without further names has no `names`. */
export type Question<P extends Path, M extends Method> = {
  readonly names?: NamesOf<Operation<P, M>>;
  readonly query?: QueryOf<Operation<P, M>>;
  readonly body?: BodyOf<Operation<P, M>>;
} & (P extends `${string}{${string}` ? { readonly names: NamesOf<Operation<P, M>> } : unknown);
