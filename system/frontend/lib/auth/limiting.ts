import { APIError, createAuthMiddleware } from "better-auth/api";

import { AccountAttempts, fieldProblem } from "@/lib/auth/limits";

const ACCOUNT_WINDOW_SECONDS = 300;

/** Refuses fields that are too long, and sign-ins at an account that many have tried. */
export function limiting(accountAttempts: number) {
  const attempts = new AccountAttempts(accountAttempts, ACCOUNT_WINDOW_SECONDS);
  return createAuthMiddleware(async (context) => {
    const body: unknown = context.body;
    const problem = fieldProblem(body);
    if (problem !== null) throw new APIError("BAD_REQUEST", { message: problem, code: "FIELD_TOO_LONG" });
    const address: unknown = (body as { email?: unknown } | undefined)?.email;
    if (context.path !== "/sign-in/email" || typeof address !== "string") return;
    const wait = attempts.take(address);
    if (wait === null) return;
    const refusal = { message: "Too many attempts at this account. Please try again later.", code: "TOO_MANY_ATTEMPTS" };
    throw new APIError("TOO_MANY_REQUESTS", refusal, { "X-Retry-After": String(wait) });
  });
}
