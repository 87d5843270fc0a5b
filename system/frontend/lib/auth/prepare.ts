import "server-only";

import { getMigrations } from "better-auth/db/migration";
import { createJwk, resolveSigningKey } from "better-auth/plugins/jwt";
import type { GenericEndpointContext } from "better-auth";

import { jwtOptions } from "./options.ts";
import { auth, storage } from "./server.ts";
import { settings } from "@/lib/server/settings";

/**
 * What has to be true before the first request: tables exist and a usable signing key is there.
 *
 * Done under an advisory lock, because servers that start together would each add tables and make
 * a key. A key of the configured algorithm is made when none is live: Better Auth would otherwise
 * go on signing with a key of the former algorithm.
 */

// Any constant will do; it names this preparation among the database's advisory locks.
const LOCK = 0x63727374;

/** @throws when the database cannot be reached, or the secret does not fit the stored keys. */
export async function prepareIdentity(): Promise<void> {
  const { options, pool } = storage();
  const lock = await pool.connect();
  try {
    await lock.query("select pg_advisory_lock($1)", [LOCK]);
    const { runMigrations } = await getMigrations(options);
    await runMigrations();
    const context = { context: await auth().$context } as unknown as GenericEndpointContext;
    const plugin = jwtOptions(settings());
    const key = await resolveSigningKey(context, plugin).catch(() => {
      throw new Error("BETTER_AUTH_SECRET is not the one that the stored signing keys were encrypted with");
    });
    if (settings().production && settings().mail.kind === "off") {
      process.stderr.write("frontend: addresses are not verified, and sign-up tells a known one: set AUTH_MAIL=smtp\n");
    }
    if (key?.alg !== settings().tokenAlgorithm) await createJwk(context, plugin);
  } finally {
    await lock.query("select pg_advisory_unlock($1)", [LOCK]).catch(() => undefined);
    lock.release();
  }
}

/**
 * As `prepareIdentity`; a failure ends the process with one line that says why, and so does success
 * where nothing else was asked for.
 */
export async function prepareOrExit(): Promise<void> {
  try {
    await prepareIdentity();
    if (settings().prepareOnly) process.exit(0);
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    process.stderr.write(`frontend: cannot start: ${reason.replace(/\s+/g, " ")}\n`);
    process.exit(1);
  }
}
