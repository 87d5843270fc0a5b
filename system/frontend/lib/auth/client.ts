import { landingPath } from "@/lib/session/protected-paths";

/**
 * Sign-up, sign-in and sign-out from the browser, against Better Auth's endpoints.
 *
 * Both ways through the door load a new document, so that nothing in the memory of the page (SWR
 * cache, token, router cache) belongs to two people.
 */

export type AuthOutcome = { readonly ok: true } | { readonly ok: false; readonly message: string };

async function post(path: string, body: Record<string, string>): Promise<AuthOutcome> {
  let answer: Response;
  try {
    answer = await fetch(`/api/auth/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    return { ok: false, message: "There is no connection to the server. Check your network and try again." };
  }
  if (answer.ok) return { ok: true };
  const problem = (await answer.json().catch(() => null)) as { code?: unknown } | null;
  return { ok: false, message: explain(answer, typeof problem?.code === "string" ? problem.code : "") };
}

function explain(answer: Response, code: string): string {
  if (answer.status === 429) {
    const wait = Number(answer.headers.get("X-Retry-After")) || 10;
    return `Too many attempts. Try again in ${wait === 1 ? "one second" : `${wait} seconds`}.`;
  }
  if (answer.status >= 500) return "The service is not available right now. Try again in a moment.";
  switch (code) {
    case "INVALID_EMAIL_OR_PASSWORD":
      return "The e-mail address or the password is not right.";
    case "USER_ALREADY_EXISTS":
    case "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL":
      return "There is an account with this e-mail address already. Sign in instead.";
    case "EMAIL_NOT_VERIFIED":
      return "Confirm your address first: a message with a link is on its way to you.";
    case "INVALID_EMAIL":
      return "This does not look like an e-mail address.";
    case "PASSWORD_TOO_SHORT":
      return "The password needs at least 8 characters.";
    case "PASSWORD_TOO_LONG":
      return "The password can have at most 128 characters.";
  }
  return "That did not work. Check what you entered and try again.";
}

/** Where addresses are verified, nobody is signed in by this, and the answer is the same for all. */
export function signUp(name: string, email: string, password: string): Promise<AuthOutcome> {
  return post("sign-up/email", { name, email, password, callbackURL: "/sign-in" });
}

export function signIn(email: string, password: string): Promise<AuthOutcome> {
  return post("sign-in/email", { email, password });
}

export function signOut(): Promise<AuthOutcome> {
  return post("sign-out", {});
}

/** Loads the page a person wanted, as a new document. */
export function enter(next: string | null): void {
  window.location.replace(landingPath(next));
}
