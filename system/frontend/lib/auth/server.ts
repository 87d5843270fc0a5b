import "server-only";

import { betterAuth } from "better-auth";
import type { BetterAuthOptions } from "better-auth";
import { jwt } from "better-auth/plugins/jwt";
import type { JwtOptions } from "better-auth/plugins/jwt";
import { Pool, types } from "pg";

import { limiting } from "@/lib/auth/limiting";
import type { Settings, TokenAlgorithm } from "@/lib/server/settings";
import { settings } from "@/lib/server/settings";

/**
 * Who is signed in: Better Auth with e-mail and password over PostgreSQL, and its JWT plugin.
 *
 * The role in AUTH_DATABASE_URL owns the schema `auth` and can see no other table. A token says
 * who (`sub`), with which address (`email`) and for whom (`aud`), and nothing else of the user
 * row; it lives a few minutes, and the backend never sees the session cookie.
 */

const KEY_PAIRS = {
  EdDSA: { alg: "EdDSA", crv: "Ed25519" },
  ES256: { alg: "ES256" },
  RS256: { alg: "RS256", modulusLength: 2048 },
} as const satisfies Record<TokenAlgorithm, NonNullable<JwtOptions["jwks"]>["keyPairConfig"]>;

/** Options of the JWT plugin, also needed where signing keys are made ahead of use. */
export function jwtOptions(from: Settings): JwtOptions {
  return {
    disableSettingJwtHeader: true,
    jwks: {
      keyPairConfig: KEY_PAIRS[from.tokenAlgorithm],
      ...(from.keyRotationSeconds === null
        ? {}
        : { rotationInterval: from.keyRotationSeconds, gracePeriod: 3600 }),
    },
    jwt: {
      issuer: from.issuer,
      audience: from.audience,
      expirationTime: `${from.tokenLifetimeSeconds}s`,
      definePayload: ({ user }) => ({ email: user.email }),
    },
  };
}

function authOptions(from: Settings, database: Pool) {
  return {
    appName: "Crosstalk",
    baseURL: from.publicUrl,
    secret: from.secret,
    trustedOrigins: [from.publicUrl],
    database,
    emailAndPassword: { enabled: true, minPasswordLength: 8, maxPasswordLength: 128 },
    session: { expiresIn: 7 * 86_400, updateAge: 86_400, cookieCache: { enabled: false } },
    rateLimit: {
      enabled: true,
      storage: "database",
      customRules: {
        "/sign-in/*": { window: 10, max: from.signInAttempts },
        "/sign-up/*": { window: 10, max: from.signInAttempts },
        // A page asks for a token on every visit and for the session on none.
        "/token": { window: 10, max: 100 },
        "/jwks": false,
      },
    },
    hooks: { before: limiting(from.accountAttempts) },
    advanced: {
      cookiePrefix: "crosstalk",
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax" },
      ipAddress: { ipAddressHeaders: [from.addressHeader] },
    },
    telemetry: { enabled: false },
    logger: { level: "error" },
    plugins: [jwt(jwtOptions(from))],
  } satisfies BetterAuthOptions;
}

function open(from: Settings) {
  const pool = new Pool({
    connectionString: from.databaseUrl,
    options: "-c search_path=auth",
    max: 8,
    connectionTimeoutMillis: 8_000,
    idleTimeoutMillis: 30_000,
    application_name: "crosstalk-frontend",
    // Times in milliseconds are int8, which pg gives as text; Better Auth adds to them.
    types: { getTypeParser: (oid, format) => (oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format)) },
  });
  // A connection that the server drops while idle must not end the process.
  pool.on("error", () => undefined);
  return { pool, options: authOptions(from, pool) };
}

type Storage = ReturnType<typeof open>;
type Auth = ReturnType<typeof betterAuth<Storage["options"]>>;

// Kept on the global object: bundles that load this module twice share one pool.
const holder = globalThis as typeof globalThis & { crosstalkStorage?: Storage; crosstalkAuth?: Auth };

/** The connection pool and the options, which are there before any table is. */
export function storage(): Storage {
  holder.crosstalkStorage ??= open(settings());
  return holder.crosstalkStorage;
}

/** The one Better Auth instance of this process. It expects its tables. */
export function auth(): Auth {
  holder.crosstalkAuth ??= betterAuth(storage().options);
  return holder.crosstalkAuth;
}
