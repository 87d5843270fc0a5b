/**
 * What can go wrong between the browser and the backend, and how to say it to a person.
 */

/** Codes of the backend's envelope, and those that only a client can know. */
export type ErrorCode =
  | "validation_error"
  | "not_found"
  | "unauthorized"
  | "forbidden"
  | "conflict"
  | "rate_limited"
  | "unavailable"
  | "server_error"
  | "no_connection"
  | "timeout"
  | "unexpected_answer";

export interface ErrorFacts {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Argument name to reason, from the envelope. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds after which a repeat can succeed (RFC 9110 section 10.2.3). */
  readonly retryAfter?: number | null;
  readonly requestId?: string | null;
}

/** A call that the backend refused or that never reached it. */
export class APIError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | null;
  readonly requestId: string | null;

  constructor(facts: ErrorFacts) {
    super(facts.message);
    this.name = "APIError";
    this.status = facts.status;
    this.code = facts.code;
    this.details = facts.details ?? {};
    this.retryAfter = facts.retryAfter ?? null;
    this.requestId = facts.requestId ?? null;
  }

  /** Whether the same call can succeed later without anybody changing it. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The sign-in is over: the session ended or was ended elsewhere. */
export class SessionEnded extends Error {
  constructor() {
    super("the session has ended");
    this.name = "SessionEnded";
  }
}

/** Somebody else is signed in to this browser now than the page was made for. */
export class SessionChanged extends Error {
  constructor() {
    super("another account is signed in");
    this.name = "SessionChanged";
  }
}

/** One or two sentences for the person at the screen. */
export function describeError(error: unknown): string {
  if (error instanceof SessionEnded) return "You have been signed out. Sign in again to go on.";
  if (error instanceof SessionChanged) return "Another account is signed in here now. This page will reload.";
  if (!(error instanceof APIError)) return "Something unexpected happened. Reload the page and try again.";
  switch (error.code) {
    case "no_connection":
      return "There is no connection to the server. Check your network and try again.";
    case "timeout":
      return "The server took too long to answer. Try again in a moment.";
  }
  switch (error.status) {
    case 401:
      return "Your sign-in is no longer valid. Sign in again to go on.";
    case 403:
      return "This belongs to another account, so it cannot be shown or changed here.";
    case 404:
      return "It is no longer there. It may have been deleted in the meantime.";
    case 409:
      return "That name is already taken. Choose another one.";
    case 413:
      return "That is too long to be saved. Shorten it and try again.";
    case 422:
      return fieldProblems(error) ?? "Something in the form is not valid. Check it and try again.";
    case 429:
      return error.retryAfter
        ? `That was a little too fast. Try again in ${seconds(error.retryAfter)}.`
        : "That was a little too fast. Wait a moment and try again.";
    case 503:
      return "The service is not available right now. Your data is safe; try again in a moment.";
  }
  if (error.status >= 500) {
    return error.requestId
      ? `The server could not do that. Try again; if it stays, quote the reference ${error.requestId}.`
      : "The server could not do that. Try again in a moment.";
  }
  return "That did not work. Try again in a moment.";
}

function seconds(count: number): string {
  return count === 1 ? "one second" : `${count} seconds`;
}

function fieldProblems(error: APIError): string | null {
  const problems = Object.entries(error.details).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  if (problems.length === 0) return null;
  return problems.map(([field, reason]) => `${field.replaceAll("_", " ")}: ${reason}`).join(". ") + ".";
}
