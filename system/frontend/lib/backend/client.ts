import { APIError, SessionEnded } from "./errors.ts";
import type {
  Account,
  Answer,
  Invitation,
  Member,
  MemberRole,
  MethodOf,
  OwnAccount,
  Page,
  Path,
  Project,
  Question,
  Role,
  Task,
  TaskChange,
  TaskDraft,
  TaskStatus,
  UserStats,
} from "./types.ts";
import { connectionError, TokenSource } from "./token.ts";

export { APIError, describeError } from "./errors.ts";

/**
 * The browser's client for the backend, for one signed-in person.
 *
 * Every call carries a bearer token and a request id that the other tiers log. A 401 is answered
 * once with a fresh token; every other failure becomes an `APIError`. Calls are not retried here:
 * SWR repeats reads, and a write is repeated only by the person. Paths, arguments and answers are
 * those of the backend's OpenAPI document, as the compiler sees them.
 */

type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export interface BackendOptions {
  readonly backendUrl: string;
  readonly userId: string;
  readonly tokens?: TokenSource;
  readonly fetch?: Fetch;
  readonly requestId?: () => string;
  /** Called when the session has ended or belongs to somebody else. */
  readonly onSessionLost?: (error: unknown) => void;
}

export interface TaskFilter {
  readonly status: TaskStatus | null;
  readonly projectId: string | null;
  /** Searches titles and descriptions of all tasks when not empty; the filters do not apply then. */
  readonly query: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Lets a call outlive the page that made it. */
  readonly keepalive?: boolean;
}

const TIMEOUT_MS = 20_000;
const PAGE_SIZE = 20;

export class Backend {
  readonly backendUrl: string;
  readonly userId: string;
  readonly #tokens: TokenSource;
  readonly #fetch: Fetch;
  readonly #requestId: () => string;
  readonly #onSessionLost: (error: unknown) => void;

  constructor(options: BackendOptions) {
    this.backendUrl = options.backendUrl;
    this.userId = options.userId;
    this.#tokens = options.tokens ?? new TokenSource(options.userId);
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#requestId = options.requestId ?? newRequestId;
    this.#onSessionLost = options.onSessionLost ?? (() => undefined);
  }

  tasks(filter: TaskFilter, cursor: string | null): Promise<Page<Task>> {
    const q = filter.query.trim();
    const page = { cursor, limit: PAGE_SIZE };
    return q
      ? this.#call("get", "/tasks/search", { query: { q, ...page } })
      : this.#call("get", "/tasks", { query: { status: filter.status, project_id: filter.projectId, ...page } });
  }

  addTask(draft: TaskDraft): Promise<Task> {
    return this.#call("post", "/tasks", { body: draft });
  }

  changeTask(id: string, change: TaskChange): Promise<Task> {
    return this.#call("patch", "/tasks/{task_id}", { names: { task_id: id }, body: change });
  }

  completeTask(id: string): Promise<Task> {
    return this.#call("post", "/tasks/{task_id}/complete", { names: { task_id: id } });
  }

  completeAll(projectId: string | null): Promise<{ readonly completed: number }> {
    return this.#call("post", "/tasks/complete-all", { body: { project_id: projectId } });
  }

  deleteTask(id: string, options: CallOptions = {}): Promise<{ readonly id: string }> {
    return this.#call("delete", "/tasks/{task_id}", { names: { task_id: id } }, options);
  }

  /** All projects: people have few, and the menus need every one. */
  projects(): Promise<readonly Project[]> {
    return everyPage((cursor) => this.#call("get", "/projects", { query: { cursor, limit: 100 } }));
  }

  addProject(name: string): Promise<Project> {
    return this.#call("post", "/projects", { body: { name } });
  }

  renameProject(id: string, name: string): Promise<Project> {
    return this.#call("patch", "/projects/{project_id}", { names: { project_id: id }, body: { name } });
  }

  deleteProject(id: string): Promise<{ readonly id: string }> {
    return this.#call("delete", "/projects/{project_id}", { names: { project_id: id } });
  }

  /** The owner first; the owner sees every member, a member the owner and themselves. */
  async members(projectId: string): Promise<readonly Member[]> {
    const names = { project_id: projectId };
    return (await this.#call("get", "/projects/{project_id}/members", { names })).items;
  }

  changeRole(projectId: string, memberId: string, role: MemberRole): Promise<Member> {
    const names = { project_id: projectId, member_id: memberId };
    return this.#call("patch", "/projects/{project_id}/members/{member_id}", { names, body: { role } });
  }

  /** Ends a membership: the owner removes a member, a member leaves. */
  removeMember(projectId: string, memberId: string): Promise<{ readonly member_id: string }> {
    const names = { project_id: projectId, member_id: memberId };
    return this.#call("delete", "/projects/{project_id}/members/{member_id}", { names });
  }

  /** Invites a person by their id; a member who is invited as the owner takes the project over. */
  invite(projectId: string, inviteeId: string, role: Role): Promise<Invitation> {
    const names = { project_id: projectId };
    return this.#call("post", "/projects/{project_id}/invitations", { names, body: { invitee_id: inviteeId, role } });
  }

  /** The open invitations to a project of one's own. */
  openInvitations(projectId: string): Promise<readonly Invitation[]> {
    const names = { project_id: projectId };
    return everyPage((cursor) =>
      this.#call("get", "/projects/{project_id}/invitations", { names, query: { cursor, limit: 100 } }),
    );
  }

  /** The invitations that the person got and has not answered. */
  invitations(): Promise<readonly Invitation[]> {
    return everyPage((cursor) => this.#call("get", "/invitations", { query: { cursor, limit: 100 } }));
  }

  acceptInvitation(id: string): Promise<Member> {
    return this.#call("post", "/invitations/{invitation_id}/accept", { names: { invitation_id: id } });
  }

  /** Declines an invitation that one got, or withdraws one that one gave. */
  endInvitation(id: string): Promise<{ readonly id: string }> {
    return this.#call("delete", "/invitations/{invitation_id}", { names: { invitation_id: id } });
  }

  /** The person's own account, with its role. */
  account(): Promise<OwnAccount> {
    return this.#call("get", "/account", {});
  }

  /** All accounts, for an administrator. */
  accounts(): Promise<readonly Account[]> {
    return everyPage((cursor) => this.#call("get", "/accounts", { query: { cursor, limit: 100 } }));
  }

  /** Ends all that an account may do, or lets it in again. */
  setAccountDisabled(id: string, disabled: boolean): Promise<Account> {
    const names = { account_id: id };
    return disabled
      ? this.#call("post", "/accounts/{account_id}/disable", { names })
      : this.#call("post", "/accounts/{account_id}/enable", { names });
  }

  stats(): Promise<UserStats> {
    return this.#call("get", "/stats", {});
  }

  /**
   * A `fetch` that adds the bearer token and the request id and answers one 401 with a fresh token.
   *
   * @throws {SessionEnded | SessionChanged | APIError} when no token can be had.
   */
  async authorizedFetch(input: string, init: RequestInit = {}): Promise<Response> {
    try {
      const first = await this.#tokens.get();
      const answer = await this.#send(input, init, first);
      if (answer.status !== 401) return answer;
      this.#tokens.refuse(first);
      return await this.#send(input, init, await this.#tokens.get());
    } catch (error) {
      if (!(error instanceof APIError)) this.#onSessionLost(error);
      throw error;
    }
  }

  async #send(input: string, init: RequestInit, token: string): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${token}`);
    if (!headers.has("X-Request-ID")) headers.set("X-Request-ID", this.#requestId());
    try {
      // The bearer token is the only credential; cookies stay with this site.
      return await this.#fetch(input, { ...init, headers, credentials: "omit", cache: "no-store" });
    } catch (error) {
      throw connectionError(error);
    }
  }

  async #call<P extends Path, M extends MethodOf<P>>(
    method: M,
    path: P,
    question: Question<P, M>,
    options: CallOptions = {},
  ): Promise<Answer<P, M>> {
    const url = new URL(`${this.backendUrl}/api/${encodeURIComponent(this.userId)}${filled(path, question.names ?? {})}`);
    for (const [name, value] of Object.entries(question.query ?? {})) {
      if (value !== null && value !== undefined) url.searchParams.set(name, String(value));
    }
    const init: RequestInit = {
      method: method.toUpperCase(),
      ...(question.body === undefined
        ? {}
        : { body: JSON.stringify(question.body), headers: { "Content-Type": "application/json" } }),
      ...(options.keepalive ? { keepalive: true } : {}),
    };
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
    const answer = await this.authorizedFetch(url.href, { ...init, signal });
    if (answer.ok) {
      const body: unknown = await answer.json().catch(() => undefined);
      if (body !== undefined) return body as Answer<P, M>;
      throw new APIError({ status: answer.status, code: "unexpected_answer", message: "the answer is not JSON" });
    }
    const error = await errorOf(answer);
    // A fresh token was refused as well: the backend no longer takes this person's word.
    if (error.status === 401) this.#onSessionLost(new SessionEnded());
    throw error;
  }
}

/** Everything of a listing that comes in pages. */
async function everyPage<T>(read: (cursor: string | null) => Promise<Page<T>>): Promise<readonly T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read(cursor);
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

/** `/tasks/{task_id}` with its names filled in. */
function filled(path: string, names: object): string {
  return Object.entries(names).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(String(value))),
    path,
  );
}

/** The error that an answer stands for, from the envelope where there is one. */
export async function errorOf(answer: Response): Promise<APIError> {
  const body: unknown = await answer.json().catch(() => null);
  const envelope = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const wait = Number(answer.headers.get("Retry-After"));
  const details = envelope.details;
  return new APIError({
    status: answer.status,
    code: typeof envelope.error_code === "string" ? envelope.error_code : "unexpected_answer",
    message: typeof envelope.message === "string" ? envelope.message : `the server answered ${answer.status}`,
    details: typeof details === "object" && details !== null ? (details as Record<string, unknown>) : {},
    retryAfter: Number.isFinite(wait) && wait > 0 ? wait : null,
    requestId: answer.headers.get("X-Request-ID"),
  });
}

// crypto.randomUUID exists only in secure contexts; a plain http address on a home network is none.
function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
