import { describe, expect, it } from "vitest";

import { Mailer, delivery } from "@/lib/mail/mailer";
import type { Mail } from "@/lib/mail/mailer";

const MAIL: Mail = { to: "ann@example.com", subject: "Confirm", text: "a link" };
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("Mailer", () => {
  it("is not waited for", async () => {
    let finish: (() => void) | undefined;
    const mailer = new Mailer(() => new Promise((resolve) => (finish = resolve)));
    expect(mailer.send(MAIL)).toBeUndefined();
    finish?.();
    await settled();
  });

  it("sends few messages to one address within an hour, and others to another", async () => {
    const sent: string[] = [];
    const lines: string[] = [];
    let now = 0;
    const mailer = new Mailer(async ({ to }) => void sent.push(to), (line) => lines.push(line), () => now);
    for (let number = 0; number < 7; number += 1) mailer.send({ ...MAIL, to: number % 2 ? "ANN@example.com" : MAIL.to });
    mailer.send({ ...MAIL, to: "bob@example.com" });
    expect(sent).toHaveLength(6);
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain("@");
    now = 3_600_001;
    mailer.send(MAIL);
    expect(sent).toHaveLength(7);
  });

  it("logs a failure by its code, without the address or the server's words", async () => {
    const lines: string[] = [];
    const failure = Object.assign(new Error("535 ann@example.com hunter2"), { code: "EAUTH" });
    new Mailer(() => Promise.reject(failure), (line) => lines.push(line)).send(MAIL);
    await settled();
    expect(lines).toEqual(["a message was not sent: EAUTH; see SMTP_URL"]);
  });
});

describe("delivery", () => {
  it("sends nothing where it is off", () => {
    expect(delivery({ kind: "off" })).toBeNull();
  });

  it("fails where no server answers", async () => {
    const deliver = delivery({ kind: "smtp", url: "smtp://127.0.0.1:9", from: "crosstalk@example.com" });
    await expect(deliver?.(MAIL)).rejects.toMatchObject({ code: "ESOCKET" });
  });
});
