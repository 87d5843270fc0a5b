import "server-only";

import { betterAuth } from "better-auth";
import { Pool, types } from "pg";

import { authOptions } from "@/lib/auth/options";
import { Mailer, delivery } from "@/lib/mail/mailer";
import type { Settings } from "@/lib/server/settings";
import { settings } from "@/lib/server/settings";

/**
 * Who is signed in: Better Auth with e-mail and password over PostgreSQL, and its JWT plugin.
 *
 * The role in AUTH_DATABASE_URL owns the schema `auth` and can see no other table. A token says
 * who (`sub`), with which address (`email`), in which session (`sid`) and for whom (`aud`), and
 * nothing else of the user row; it lives a few minutes, and the backend never sees the session cookie.
 */

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
  const deliver = delivery(from.mail);
  return { pool, options: authOptions(from, pool, deliver && new Mailer(deliver)) };
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
