import { describe, expect, it } from "vitest";

import { system } from "./system";

const ANN = { email: "ann@example.com", password: "correct horse", name: "Ann" };
const link = (text = "") => /http\S+/.exec(text)?.[0] ?? "";

describe("an address that has to be verified", () => {
  it("lets nobody in before its link was followed", async () => {
    const { ask, mails } = system({ verifies: true });
    expect((await ask("POST", "/sign-up/email", ANN)).cookie).toBe("");
    const early = await ask("POST", "/sign-in/email", ANN);
    expect([early.status, early.body.code]).toEqual([403, "EMAIL_NOT_VERIFIED"]);
    expect(mails.map(({ to }) => to)).toEqual([ANN.email, ANN.email]);
    await ask("GET", link(mails[0]?.text));
    const answer = await ask("POST", "/sign-in/email", ANN);
    expect(answer.status).toBe(200);
    expect(answer.cookie).toContain("crosstalk.session_token");
  });

  it("is answered at sign-up alike whether it is known or not", async () => {
    const { ask, mails } = system({ verifies: true });
    const fresh = await ask("POST", "/sign-up/email", ANN);
    await ask("GET", link(mails[0]?.text));
    const known = await ask("POST", "/sign-up/email", { ...ANN, password: "another horse" });
    const refused = { ...ANN, password: "short" };
    const reasons = await Promise.all(
      [ANN.email, "eve@example.com"].map((email) => ask("POST", "/sign-up/email", { ...refused, email })),
    );
    expect(reasons.map(({ status, body }) => [status, body.code])).toEqual(Array(2).fill([400, "PASSWORD_TOO_SHORT"]));
    const unknown = await ask("POST", "/sign-up/email", { ...ANN, email: "bob@example.com" });
    for (const answer of [known, unknown]) {
      expect(answer.status).toBe(fresh.status);
      expect(answer.cookie).toBe(fresh.cookie);
      expect(answer.body).toEqual(fresh.body);
    }
    // Its owner is told, and the password stays as it was.
    expect(mails.at(-2)).toMatchObject({ to: ANN.email, subject: "You have a Crosstalk account" });
    expect((await ask("POST", "/sign-in/email", { ...ANN, password: "another horse" })).status).toBe(401);
    expect((await ask("POST", "/sign-in/email", ANN)).status).toBe(200);
  });
});

describe("without a mail server", () => {
  it("sign-up signs in as before", async () => {
    const { ask, mails } = system({ verifies: false });
    expect((await ask("POST", "/sign-up/email", ANN)).cookie).toContain("crosstalk.session_token");
    expect(mails).toEqual([]);
  });
});
