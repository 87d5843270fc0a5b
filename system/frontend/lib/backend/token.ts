import { APIError, SessionChanged, SessionEnded } from "./errors.ts";

/**
 * The bearer token of one signed-in person, kept in memory and nowhere else.
 *
 * Fetched once, shared by callers that ask at the same time, and renewed before it ends. A token
 * whose subject is not the person the page was made for is never given out: another tab may have
 * signed in somebody else in the meantime.
 */

type Fetch = (input: string, init: RequestInit) => Promise<Response>;

interface Held {
  readonly token: string;
  /** Milliseconds of the local clock after which a new one is fetched. */
  readonly renewAt: number;
}

/** Part of a token's life after which it is renewed. */
const RENEW_AFTER = 0.75;

export interface TokenSourceOptions {
  readonly fetch?: Fetch;
  readonly now?: () => number;
}

export class TokenSource {
  readonly userId: string;
  readonly #fetch: Fetch;
  readonly #now: () => number;
  #held: Held | null = null;
  #pending: Promise<Held> | null = null;

  constructor(userId: string, options: TokenSourceOptions = {}) {
    this.userId = userId;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#now = options.now ?? Date.now;
  }

  /**
   * A token that is valid now.
   *
   * @throws {SessionEnded} when nobody is signed in any more.
   * @throws {SessionChanged} when somebody else is.
   * @throws {APIError} when the token cannot be had for another reason.
   */
  async get(): Promise<string> {
    if (this.#held && this.#now() < this.#held.renewAt) return this.#held.token;
    this.#pending ??= this.#load().finally(() => {
      this.#pending = null;
    });
    this.#held = await this.#pending;
    return this.#held.token;
  }

  /** Drops a token that a server refused, unless it has been replaced already. */
  refuse(token: string): void {
    if (this.#held?.token === token) this.#held = null;
  }

  async #load(): Promise<Held> {
    const asked = this.#now();
    let answer: Response;
    try {
      answer = await this.#fetch("/api/auth/token", {
        cache: "no-store",
        credentials: "same-origin",
        signal: AbortSignal.timeout(15_000),
      });
    } catch (error) {
      throw connectionError(error);
    }
    if (answer.status === 401) throw new SessionEnded();
    if (!answer.ok) throw statusError(answer);
    const body: unknown = await answer.json().catch(() => null);
    const token = isTokenBody(body) ? body.token : null;
    const claims = token === null ? null : readClaims(token);
    if (token === null || claims === null) {
      throw new APIError({ status: answer.status, code: "unexpected_answer", message: "no token in the answer" });
    }
    if (claims.sub !== this.userId) throw new SessionChanged();
    // Durations only: the local clock may be wrong by hours.
    return { token, renewAt: asked + (claims.exp - claims.iat) * 1000 * RENEW_AFTER };
  }
}

/** The error for a request that got no answer. */
export function connectionError(error: unknown): unknown {
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError") return error;
  return name === "TimeoutError"
    ? new APIError({ status: 0, code: "timeout", message: "the server did not answer in time" })
    : new APIError({ status: 0, code: "no_connection", message: "the server cannot be reached" });
}

function statusError(answer: Response): APIError {
  const wait = Number(answer.headers.get("X-Retry-After") ?? answer.headers.get("Retry-After"));
  return new APIError({
    status: answer.status,
    code: answer.status === 429 ? "rate_limited" : "server_error",
    message: "the token could not be fetched",
    retryAfter: Number.isFinite(wait) && wait > 0 ? wait : null,
  });
}

function isTokenBody(body: unknown): body is { token: string } {
  return typeof body === "object" && body !== null && "token" in body && typeof body.token === "string";
}

interface Claims {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
}

/** Reads, without verifying, what the page needs to know about its own token. */
function readClaims(token: string): Claims | null {
  const payload = token.split(".")[1];
  if (!payload) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Claims>;
    return typeof claims.sub === "string" && typeof claims.iat === "number" && typeof claims.exp === "number"
      ? { sub: claims.sub, iat: claims.iat, exp: claims.exp }
      : null;
  } catch {
    return null;
  }
}
