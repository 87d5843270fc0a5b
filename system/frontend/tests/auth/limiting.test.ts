import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { describe, expect, it } from "vitest";

import { limiting } from "@/lib/auth/limiting";

const ORIGIN = "http://localhost:3000";

/** Better Auth over memory, with our limits; posts a body to one of its paths. */
function signing(accountAttempts: number) {
  const auth = betterAuth({
    baseURL: ORIGIN,
    secret: "a secret of a test, long enough to be one",
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    hooks: { before: limiting(accountAttempts) },
    logger: { level: "error" },
    telemetry: { enabled: false },
  });
  return async (path: string, body: Record<string, string>) =>
    auth.handler(
      new Request(`${ORIGIN}/api/auth${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: ORIGIN },
        body: JSON.stringify(body),
      }),
    );
}

const ANN = { email: "ann@example.com", password: "correct horse", name: "Ann" };

describe("limiting", () => {
  it("signs up and in as before", async () => {
    const post = signing(5);
    expect((await post("/sign-up/email", ANN)).status).toBe(200);
    expect((await post("/sign-in/email", ANN)).status).toBe(200);
  });

  it("refuses a name that is too long", async () => {
    const answer = await signing(5)("/sign-up/email", { ...ANN, name: "x".repeat(101) });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ message: "name may have 100 characters" });
  });

  it("refuses further guesses at one account, and none at another", async () => {
    const post = signing(2);
    const guess = { email: ANN.email, password: "wrong wrong" };
    const statuses = [];
    for (let number = 0; number < 3; number += 1) statuses.push((await post("/sign-in/email", guess)).status);
    expect(statuses).toEqual([401, 401, 429]);
    const refused = await post("/sign-in/email", guess);
    expect(Number(refused.headers.get("X-Retry-After"))).toBeGreaterThan(200);
    expect((await post("/sign-in/email", { ...guess, email: "bob@example.com" })).status).toBe(401);
  });
});
