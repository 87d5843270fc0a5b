import { describe, expect, it } from "vitest";

import { system } from "./system";

const ANN = { email: "ann@example.com", password: "correct horse", name: "Ann" };

/** The claims of a token, unverified. */
function claims(token: unknown): Record<string, unknown> {
  const payload = String(token).split(".")[1] ?? "";
  return JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
}

describe("revocations", () => {
  it("lists the session of a token once it has been signed out, and no other", async () => {
    const { ask } = system({ verifies: false });
    const { cookie } = await ask("POST", "/sign-up/email", ANN);
    const other = await ask("POST", "/sign-in/email", ANN);
    const [hers, others] = await Promise.all(
      [cookie, other.cookie].map(async (each) => claims((await ask("GET", "/token", undefined, each)).body.token)),
    );
    expect(hers?.sid).toEqual(expect.any(String));
    expect(others?.sid).not.toBe(hers?.sid);
    expect((await ask("POST", "/sign-out", {}, cookie)).status).toBe(200);
    const { body } = await ask("GET", "/revoked");
    expect(body).toEqual({ sids: [hers?.sid] });
    // The id is not what the cookie holds.
    expect(cookie).not.toContain(String(hers?.sid));
  });
});
