import "server-only";

import type { MailSettings } from "@/lib/mail/mailer";

/**
 * The frontend server's settings: read from the environment once, checked, and handed down.
 *
 * Nothing else in the server reads `process.env`. Values that the browser needs (the backend's
 * address, the ChatKit mode) travel as props of a page, because one build serves every deployment.
 */

export type TokenAlgorithm = "EdDSA" | "ES256" | "RS256";

export type ChatSource =
  | { readonly kind: "local" }
  | { readonly kind: "cdn"; readonly scriptUrl: string; readonly domainKey: string };

export interface Settings {
  /** Origin under which people reach this server, without a trailing slash. */
  readonly publicUrl: string;
  readonly databaseUrl: string;
  readonly secret: string;
  /** `iss` of the tokens (RFC 7519 section 4.1.1). */
  readonly issuer: string;
  /** `aud` of the tokens (RFC 7519 section 4.1.3). */
  readonly audience: string;
  readonly tokenAlgorithm: TokenAlgorithm;
  readonly tokenLifetimeSeconds: number;
  /** Seconds after which a new signing key is made; null keeps the first one. */
  readonly keyRotationSeconds: number | null;
  /** The backend's address as the browser sees it. */
  readonly backendUrl: string;
  /** The backend's address as this server sees it. */
  readonly backendInternalUrl: string;
  readonly chat: ChatSource;
  /** Sign-in and sign-up attempts that one address may make within ten seconds. */
  readonly signInAttempts: number;
  /** Sign-in attempts at one account within five minutes, from whichever addresses. */
  readonly accountAttempts: number;
  /** Header with the client's address, which whoever stands in front of this server overwrites. */
  readonly addressHeader: string;
  /** How addresses are verified; off leaves them as they are given. */
  readonly mail: MailSettings;
  /** End once tables and signing key are up to date; the start script's argument `prepare`. */
  readonly prepareOnly: boolean;
  readonly production: boolean;
}

/** Every problem of the environment at once, in words that say what to set. */
export class SettingsError extends Error {
  constructor(problems: readonly string[]) {
    super(`the frontend is not configured: ${problems.join("; ")}`);
    this.name = "SettingsError";
  }
}

const CHATKIT_CDN = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
/** Filled from the connection by the start script, whatever a client sends. */
const CLIENT_ADDRESS_HEADER = "x-crosstalk-client-address";
/** There the start script does not run; the platform overwrites this one. */
const VERCEL_ADDRESS_HEADER = "x-vercel-forwarded-for";
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

class Reader {
  readonly problems: string[] = [];

  constructor(private readonly values: NodeJS.ProcessEnv) {}

  text(name: string, fallback?: string): string {
    const value = this.values[name]?.trim();
    if (value) return value;
    if (fallback === undefined) this.problems.push(`set ${name}`);
    return fallback ?? "";
  }

  origin(name: string, fallback?: string): string {
    const value = this.text(name, fallback);
    if (!value) return "";
    const url = URL.canParse(value) ? new URL(value) : null;
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.hash) {
      this.problems.push(`set ${name} to an origin such as http://localhost:3000`);
      return "";
    }
    return url.origin;
  }

  choice<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.text(name, fallback);
    if ((allowed as readonly string[]).includes(value)) return value as T;
    this.problems.push(`set ${name} to one of ${allowed.join(", ")}`);
    return fallback;
  }

  integer(name: string, least: number, most: number, fallback: number): number {
    const raw = this.text(name, String(fallback));
    const value = Number(raw);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    this.problems.push(`set ${name} to a whole number from ${least} to ${most}`);
    return fallback;
  }
}

function readMail(read: Reader, production: boolean): MailSettings {
  const kind = read.choice("AUTH_MAIL", ["off", "console", "smtp"], "off");
  if (kind === "off") return { kind };
  if (kind === "console") {
    if (production) read.problems.push("set AUTH_MAIL to smtp: the console is for development");
    return { kind };
  }
  const url = read.text("SMTP_URL");
  if (url && !/^smtps?:\/\/[^/]/.test(url)) {
    read.problems.push("set SMTP_URL to an address such as smtps://user:password@mail.example.com:465");
  }
  return { kind, url, from: read.text("MAIL_FROM") };
}

/**
 * Reads and checks the settings.
 *
 * @throws {SettingsError} naming every variable that is missing or wrong.
 */
export function readSettings(values: NodeJS.ProcessEnv): Settings {
  const read = new Reader(values);
  const production = read.choice("ENVIRONMENT", ["development", "production"], "development") === "production";
  const publicUrl = read.origin("BETTER_AUTH_URL");
  const backendUrl = read.origin("BACKEND_URL", production ? undefined : "http://localhost:8000");
  const databaseUrl = read.text("AUTH_DATABASE_URL");
  if (databaseUrl && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    read.problems.push("set AUTH_DATABASE_URL to a postgresql:// address");
  }
  const secret = read.text("BETTER_AUTH_SECRET");
  if (secret && secret.length < 32) {
    read.problems.push("set BETTER_AUTH_SECRET to at least 32 random characters");
  }
  const rotation = read.integer("AUTH_KEY_ROTATION_SECONDS", 0, 366 * 86_400, 0);
  const source = read.choice("CHATKIT_SOURCE", ["local", "cdn"], "local");
  const settings: Settings = {
    publicUrl,
    databaseUrl,
    secret,
    issuer: read.text("AUTH_ISSUER", publicUrl || "http://localhost:3000"),
    audience: read.text("AUTH_AUDIENCE", "crosstalk-backend"),
    tokenAlgorithm: read.choice("AUTH_TOKEN_ALGORITHM", ["EdDSA", "ES256", "RS256"], "EdDSA"),
    tokenLifetimeSeconds: read.integer("AUTH_TOKEN_LIFETIME_SECONDS", 5, 3600, 300),
    keyRotationSeconds: rotation || null,
    backendUrl,
    backendInternalUrl: read.origin("BACKEND_INTERNAL_URL", backendUrl || "http://localhost:8000"),
    chat:
      source === "cdn"
        ? {
            kind: "cdn",
            scriptUrl: read.text("CHATKIT_SCRIPT_URL", CHATKIT_CDN),
            domainKey: read.text("CHATKIT_DOMAIN_KEY"),
          }
        : { kind: "local" },
    signInAttempts: read.integer("AUTH_SIGN_IN_ATTEMPTS", 1, 10_000, 5),
    accountAttempts: read.integer("AUTH_ACCOUNT_ATTEMPTS", 1, 10_000, 20),
    addressHeader: read.text("AUTH_ADDRESS_HEADER", values.VERCEL ? VERCEL_ADDRESS_HEADER : CLIENT_ADDRESS_HEADER),
    mail: readMail(read, production),
    prepareOnly: read.text("PREPARE_ONLY", "") !== "",
    production,
  };
  if (production) {
    for (const [name, value] of [
      ["BETTER_AUTH_URL", publicUrl],
      ["BACKEND_URL", backendUrl],
    ] as const) {
      if (!value) continue;
      const url = new URL(value);
      if (url.protocol !== "https:" || LOOPBACK.has(url.hostname)) {
        read.problems.push(`set ${name} to a public https address, or ENVIRONMENT=development`);
      }
    }
  }
  if (read.problems.length > 0) throw new SettingsError(read.problems);
  return Object.freeze(settings);
}

let current: Settings | undefined;

/** The process's settings, read on first use: a build needs none. */
export function settings(): Settings {
  current ??= readSettings(process.env);
  return current;
}
