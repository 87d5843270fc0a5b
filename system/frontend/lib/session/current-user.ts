import "server-only";

import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";

import { auth } from "@/lib/auth/server";
import type { ProtectedPath } from "./protected-paths.ts";

/**
 * The signed-in person of a request, asked of the session table each time.
 *
 * Pages call this, not a layout: a layout is kept across navigations and would go on showing the
 * person it was first rendered for.
 */

export interface SignedIn {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** The person, or null; one look-up for each request. */
export const currentUser = cache(async (): Promise<SignedIn | null> => {
  const session = await auth().api.getSession({
    headers: await headers(),
    // A page cannot set the renewed cookie; the token endpoint can, and does.
    query: { disableRefresh: true },
  });
  if (!session) return null;
  const { id, name, email } = session.user;
  return { id, name, email };
});

/** The person, or a redirect to the sign-in page before anything is rendered. */
export async function requireUser(from: ProtectedPath): Promise<SignedIn> {
  const user = await currentUser();
  if (!user) redirect(`/sign-in?next=${encodeURIComponent(from)}`);
  return user;
}
