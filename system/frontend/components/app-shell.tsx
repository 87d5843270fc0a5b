"use client";

import Link from "next/link";
import { useEffect, useMemo, useState } from "react";
import type { ReactNode } from "react";
import { SWRConfig, useSWRConfig } from "swr";

import { InboxIcon } from "@/components/icons";
import { NoticesProvider, useNotices } from "@/components/notices";
import { Button } from "@/components/ui";
import { Wordmark } from "@/components/wordmark";
import { useIsAdministrator } from "@/lib/accounts/use-accounts";
import { Backend } from "@/lib/backend/client";
import { APIError, SessionEnded } from "@/lib/backend/errors";
import { signOut } from "@/lib/auth/client";
import { PersonContext } from "@/lib/session/person-context";
import { finishPendingWork } from "@/lib/session/before-sign-out";
import type { ProtectedPath } from "@/lib/session/protected-paths";
import type { SignedIn } from "@/lib/session/current-user";
import { useInvitations } from "@/lib/sharing/use-sharing";
import { broadcast, onBroadcast } from "@/lib/session/tab-channel";

interface ShellProps {
  readonly user: SignedIn;
  readonly backendUrl: string;
  readonly current: ProtectedPath;
  readonly children: ReactNode;
}

/** Frame of the protected pages: navigation, sign-out, cache policy, and the watch over the session. */
export function AppShell(props: ShellProps) {
  return (
    <SWRConfig
      value={{
        dedupingInterval: 1_000,
        errorRetryCount: 3,
        shouldRetryOnError: (error: unknown) => error instanceof APIError && error.passing,
      }}
    >
      <NoticesProvider>
        <Frame {...props} />
      </NoticesProvider>
    </SWRConfig>
  );
}

/** Loads the sign-in page as a new document; the old one keeps nothing on screen meanwhile. */
function leave(ended: boolean): void {
  window.location.replace(ended ? "/sign-in?ended" : "/sign-in");
}

function Frame({ user, backendUrl, current, children }: ShellProps) {
  const { cache } = useSWRConfig();
  const notices = useNotices();
  const [leaving, setLeaving] = useState(false);

  const backend = useMemo(
    () =>
      new Backend({
        backendUrl,
        userId: user.id,
        onSessionLost: (error) => {
          setLeaving(true);
          if (error instanceof SessionEnded) leave(true);
          else window.location.reload();
        },
      }),
    [backendUrl, user.id],
  );
  const person = useMemo(() => ({ user, backend }), [user, backend]);

  useEffect(() => {
    // Another account may have signed in while this document stayed: forget the former person.
    for (const key of cache.keys()) {
      if (!key.includes(JSON.stringify(user.id))) cache.delete(key);
    }
  }, [cache, user.id]);

  useEffect(() => {
    const restored = (event: PageTransitionEvent) => {
      // A page kept by the back button may show somebody who has signed out since.
      if (event.persisted) window.location.reload();
    };
    window.addEventListener("pageshow", restored);
    const unsubscribe = onBroadcast((message) => {
      if (message.kind !== "signed-out" || message.userId !== user.id) return;
      setLeaving(true);
      leave(true);
    });
    return () => {
      window.removeEventListener("pageshow", restored);
      unsubscribe();
    };
  }, [user.id]);

  async function goodbye() {
    await finishPendingWork();
    setLeaving(true);
    const outcome = await signOut();
    if (!outcome.ok) {
      setLeaving(false);
      notices.show(outcome.message);
      return;
    }
    for (const key of cache.keys()) cache.delete(key);
    broadcast({ kind: "signed-out", userId: user.id });
    leave(false);
  }

  if (leaving) {
    return (
      <main className="grid min-h-dvh place-content-center">
        <p role="status" className="text-muted">
          One moment…
        </p>
      </main>
    );
  }

  return (
    <PersonContext value={person}>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-surface focus:px-4 focus:py-2"
      >
        Skip to the content
      </a>
      <div className="flex min-h-dvh flex-col">
        <header className="sticky top-0 z-30 border-b border-line bg-paper/95 backdrop-blur-sm">
          <div className="mx-auto flex w-full max-w-7xl items-center gap-x-2 px-4 py-2 sm:gap-x-6 sm:px-6">
            <Link href="/tasks" prefetch={false} aria-label="Crosstalk: your tasks" className="flex rounded-lg py-1.5">
              <Wordmark short />
            </Link>
            <nav aria-label="Main" className="flex gap-0.5 sm:gap-1">
              <NavLink href="/tasks" current={current}>
                Tasks
              </NavLink>
              <NavLink href="/chat" current={current}>
                Assistant
              </NavLink>
              <InvitationsLink current={current} />
              <AccountsLink current={current} />
            </nav>
            <div className="ml-auto flex min-w-0 items-center gap-3">
              <span className="hidden max-w-56 truncate text-sm text-muted md:inline" title={user.email}>
                {user.name || user.email}
              </span>
              <Button compact className="whitespace-nowrap" onClick={goodbye}>
                Sign out
              </Button>
            </div>
          </div>
        </header>
        <main id="content" tabIndex={-1} className="mx-auto flex w-full max-w-7xl flex-1 flex-col px-4 py-6 sm:px-6 focus:outline-none">
          {children}
        </main>
      </div>
    </PersonContext>
  );
}

/** Its name is left out where there is no room for it; how many wait is told in every width. */
function InvitationsLink({ current }: { readonly current: ProtectedPath }) {
  const waiting = useInvitations().invitations?.length ?? 0;
  return (
    <NavLink href="/invitations" current={current}>
      <span className="relative flex items-center gap-1.5">
        <InboxIcon className="size-5 sm:hidden" />
        <span className="sr-only sm:not-sr-only">Invitations</span>
        {waiting > 0 ? (
          // Over the icon, where there is no room beside it.
          <span className="absolute -top-2 left-3 min-w-5 rounded-full bg-accent px-1.5 text-center text-xs leading-5 text-on-accent tabular-nums sm:static">
            {waiting}
            <span className="sr-only"> waiting</span>
          </span>
        ) : null}
      </span>
    </NavLink>
  );
}

/** Shown to administrators alone; the backend refuses the page's data to everybody else. */
function AccountsLink({ current }: { readonly current: ProtectedPath }) {
  if (!useIsAdministrator()) return null;
  return (
    <NavLink href="/accounts" current={current}>
      Accounts
    </NavLink>
  );
}

function NavLink({ href, current, children }: { href: ProtectedPath; current: ProtectedPath; children: ReactNode }) {
  const here = href === current;
  return (
    <Link
      href={href}
      // Pages are made for their request; one fetched ahead could belong to the former person.
      prefetch={false}
      aria-current={here ? "page" : undefined}
      className={`rounded-lg px-2 py-2 text-sm font-medium whitespace-nowrap sm:px-3 ${
        here ? "bg-accent-soft text-accent-strong" : "text-muted hover:bg-sunken hover:text-ink"
      }`}
    >
      {children}
    </Link>
  );
}
