"use client";

import { Button } from "@/components/ui";
import type { Invitation } from "@/lib/backend/types";
import { ROLE_NAMES } from "@/lib/sharing/roles";

interface OpenInvitationsProps {
  /** Undefined while they are loaded. */
  readonly invitations: readonly Invitation[] | undefined;
  readonly busy: boolean;
  readonly onWithdraw: (id: string) => Promise<boolean>;
}

/** The invitations to a project that nobody has answered; nothing is shown where there are none. */
export function OpenInvitations({ invitations, busy, onWithdraw }: OpenInvitationsProps) {
  if (!invitations || invitations.length === 0) return null;
  return (
    <section aria-label="Open invitations" className="grid gap-2">
      <h3 className="text-sm font-medium text-muted">Invited, not answered yet</h3>
      <ul className="divide-y divide-line rounded-xl border border-line">
        {invitations.map((invitation) => (
          <li key={invitation.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
            <span className="min-w-0 flex-1 basis-40 text-sm break-all">{invitation.invitee_id}</span>
            <span className="-mr-3 ml-auto flex items-center gap-1 text-sm text-muted">
              {ROLE_NAMES[invitation.role]}
              <Button
                compact
                tone="quiet"
                disabled={busy}
                aria-label={`Withdraw the invitation of ${invitation.invitee_id}`}
                onClick={() => void onWithdraw(invitation.id)}
              >
                Withdraw
              </Button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
