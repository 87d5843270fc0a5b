/**
 * Limits of sign-in that Better Auth does not have: the length of fields, and attempts by account.
 *
 * Its own limit counts by network address, so that many addresses can try one account's passwords.
 * Counts are kept in this process, as the backend's rate limits are.
 */

/** RFC 5321 section 4.5.3.1.3 leaves 254 characters for an address. */
export const LONGEST = { name: 100, email: 254, image: 2048, callbackURL: 2048, password: 128 } as const;

const ACCOUNTS_KEPT = 100_000;

/** What is too long in a request's body, as a sentence; null where nothing is. */
export function fieldProblem(body: unknown): string | null {
  if (typeof body !== "object" || body === null) return null;
  for (const [field, most] of Object.entries(LONGEST)) {
    const value: unknown = (body as Record<string, unknown>)[field];
    if (typeof value === "string" && value.length > most) return `${field} may have ${most} characters`;
  }
  return null;
}

interface Account {
  count: number;
  readonly endsAt: number;
}

/** Attempts at one account, at most `most` in a window that begins with the first. */
export class AccountAttempts {
  private readonly accounts = new Map<string, Account>();

  constructor(
    private readonly most: number,
    private readonly windowSeconds: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Counts an attempt; the seconds to wait where it is one too many, else null. */
  take(address: string): number | null {
    const key = address.trim().toLowerCase();
    const now = this.now();
    const known = this.accounts.get(key);
    if (known === undefined || known.endsAt <= now) {
      this.accounts.delete(key);
      this.accounts.set(key, { count: 1, endsAt: now + this.windowSeconds * 1000 });
      this.forget(now);
      return null;
    }
    if (known.count >= this.most) return Math.ceil((known.endsAt - now) / 1000);
    known.count += 1;
    return null;
  }

  /** A map keeps the order of insertion: the first window is the first to end. */
  private forget(now: number): void {
    for (const [key, { endsAt }] of this.accounts) {
      if (endsAt > now && this.accounts.size <= ACCOUNTS_KEPT) return;
      this.accounts.delete(key);
    }
  }
}
