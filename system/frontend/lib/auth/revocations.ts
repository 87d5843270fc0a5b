import type { BetterAuthPlugin } from "better-auth";
import { createAuthEndpoint } from "better-auth/api";

/**
 * Sessions that ended while one of their tokens may still be valid.
 *
 * A token outlives its session by its lifetime at most. `GET /api/auth/revoked` lists the ids (the
 * tokens' `sid`, OpenID Connect Front-Channel Logout 1.0 section 3) of sessions that ended within
 * it; a backend that is given the address refuses them. An id is not a credential: the cookie holds
 * the session's token, which is another text.
 */

const MODEL = "revokedSession";
const MOST_LISTED = 100_000;
const KEPT_MILLISECONDS = 1_000;

interface Revoked {
  readonly sid: string;
}

export function revocations(lifetimeSeconds: number, now: () => number = Date.now) {
  let listed: { readonly until: number; readonly sids: Promise<string[]> } | null = null;
  return {
    id: "revocations",
    schema: {
      revokedSession: {
        fields: {
          sid: { type: "string", required: true },
          expiresAt: { type: "date", required: true },
        },
      },
    },
    init(context) {
      return {
        options: {
          databaseHooks: {
            session: {
              delete: {
                // Before: a sign-out that was answered has ended its tokens too.
                async before(session) {
                  const expiresAt = new Date(now() + lifetimeSeconds * 1000);
                  const past = [{ field: "expiresAt", operator: "lt" as const, value: new Date(now()) }];
                  await context.adapter.deleteMany({ model: MODEL, where: past });
                  await context.adapter.create({ model: MODEL, data: { sid: session.id, expiresAt } });
                },
              },
            },
          },
        },
      };
    },
    endpoints: {
      revoked: createAuthEndpoint("/revoked", { method: "GET" }, async (context) => {
        if (listed === null || listed.until <= now()) {
          const current = [{ field: "expiresAt", operator: "gt" as const, value: new Date(now()) }];
          const found = context.context.adapter.findMany<Revoked>({ model: MODEL, where: current, limit: MOST_LISTED });
          const sids = found.then((each) => each.map(({ sid }) => sid));
          // A list that could not be read is not kept.
          sids.catch(() => (listed = null));
          listed = { until: now() + KEPT_MILLISECONDS, sids };
        }
        return context.json({ sids: await listed.sids });
      }),
    },
  } satisfies BetterAuthPlugin;
}
