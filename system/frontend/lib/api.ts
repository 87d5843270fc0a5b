import { APIError, SessionEnded } from "./api-error.ts";
import type { Page, Project, Task, TaskChange, TaskDraft, TaskStatus, UserStats } from "./backend-types.ts";
import { connectionError, TokenSource } from "./token.ts";

export { APIError, describeError } from "./api-error.ts";

/**
 * The browser's client for the backend, for one signed-in person.
 *
 * Every call carries a bearer token and a request id that the other tiers log. A 401 is answered
 * once with a fresh token; every other failure becomes an `APIError`. Calls are not retried here:
 * SWR repeats reads, and a write is repeated only by the person.
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

type Query = Readonly<Record<string, string | number | null | undefined>>;

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
    const query = filter.query.trim();
    return query
      ? this.#read("/tasks/search", { q: query, cursor, limit: PAGE_SIZE })
      : this.#read("/tasks", {
          status: filter.status,
          project_id: filter.projectId,
          cursor,
          limit: PAGE_SIZE,
        });
  }

  addTask(draft: TaskDraft): Promise<Task> {
    return this.#write("POST", "/tasks", draft);
  }

  changeTask(id: string, change: TaskChange): Promise<Task> {
    return this.#write("PATCH", `/tasks/${encodeURIComponent(id)}`, change);
  }

  completeTask(id: string): Promise<Task> {
    return this.#write("POST", `/tasks/${encodeURIComponent(id)}/complete`);
  }

  completeAll(projectId: string | null): Promise<{ readonly completed: number }> {
    return this.#write("POST", "/tasks/complete-all", { project_id: projectId });
  }

  deleteTask(id: string, options: CallOptions = {}): Promise<{ readonly id: string }> {
    return this.#write("DELETE", `/tasks/${encodeURIComponent(id)}`, undefined, {}, options);
  }

  /** All projects: people have few, and the menus need every one. */
  async projects(): Promise<readonly Project[]> {
    const found: Project[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<Project> = await this.#read("/projects", { cursor, limit: 100 });
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return found;
  }

  addProject(name: string): Promise<Project> {
    return this.#write("POST", "/projects", { name });
  }

  renameProject(id: string, name: string): Promise<Project> {
    return this.#write("PATCH", `/projects/${encodeURIComponent(id)}`, { name });
  }

  deleteProject(id: string): Promise<{ readonly id: string }> {
    return this.#write("DELETE", `/projects/${encodeURIComponent(id)}`);
  }

  stats(): Promise<UserStats> {
    return this.#read("/stats", {});
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

  #read<T>(path: string, query: Query): Promise<T> {
    return this.#call(path, { method: "GET" }, query);
  }

  #write<T>(method: string, path: string, body?: unknown, query: Query = {}, options: CallOptions = {}): Promise<T> {
    return this.#call(
      path,
      {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
        ...(options.keepalive ? { keepalive: true } : {}),
        ...(options.signal ? { signal: options.signal } : {}),
      },
      query,
    );
  }

  async #call<T>(path: string, init: RequestInit, query: Query): Promise<T> {
    const url = new URL(`${this.backendUrl}/api/${encodeURIComponent(this.userId)}${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined) url.searchParams.set(name, String(value));
    }
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
    const answer = await this.authorizedFetch(url.href, { ...init, signal });
    if (answer.ok) {
      const body: unknown = await answer.json().catch(() => undefined);
      if (body !== undefined) return body as T;
      throw new APIError({ status: answer.status, code: "unexpected_answer", message: "the answer is not JSON" });
    }
    const error = await errorOf(answer);
    // A fresh token was refused as well: the backend no longer takes this person's word.
    if (error.status === 401) this.#onSessionLost(new SessionEnded());
    throw error;
  }
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
