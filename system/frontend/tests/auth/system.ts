import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";

import { authOptions } from "@/lib/auth/options";
import { Mailer } from "@/lib/mail/mailer";
import type { Mail } from "@/lib/mail/mailer";
import type { Settings } from "@/lib/server/settings";

const ORIGIN = "http://localhost:3000";
const SETTINGS: Settings = {
  publicUrl: ORIGIN,
  databaseUrl: "postgresql://unused",
  secret: "a secret of a test, long enough to be one",
  issuer: ORIGIN,
  audience: "crosstalk-backend",
  tokenAlgorithm: "EdDSA",
  tokenLifetimeSeconds: 300,
  keyRotationSeconds: null,
  backendUrl: "http://localhost:8000",
  backendInternalUrl: "http://localhost:8000",
  chat: { kind: "local" },
  signInAttempts: 1000,
  accountAttempts: 1000,
  addressHeader: "x-test",
  mail: { kind: "off" },
  prepareOnly: false,
  production: false,
};

export interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly cookie: string;
}

/** The whole of Better Auth as it is configured, over memory; `mails` holds what was sent. */
export function system({ verifies }: { readonly verifies: boolean }) {
  const mails: Mail[] = [];
  const mailer = verifies ? new Mailer(async (mail) => void mails.push(mail)) : null;
  const tables = {
    user: [],
    session: [],
    account: [],
    verification: [],
    jwks: [],
    rateLimit: [],
    revokedSession: [],
  };
  const auth = betterAuth({ ...authOptions(SETTINGS, memoryAdapter(tables), mailer), rateLimit: { enabled: false } });
  async function ask(method: string, path: string, body?: unknown, cookie = ""): Promise<Answered> {
    const url = path.startsWith("http") ? path : `${ORIGIN}/api/auth${path}`;
    const headers = { "content-type": "application/json", origin: ORIGIN, cookie };
    const answer = await auth.handler(
      new Request(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    );
    const text = await answer.text();
    return {
      status: answer.status,
      body: (text.startsWith("{") ? JSON.parse(text) : {}) as Record<string, unknown>,
      cookie: answer.headers.getSetCookie().map((each) => each.split(";")[0]).join("; "),
    };
  }
  return { ask, mails };
}
