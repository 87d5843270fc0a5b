"use client";

import Link from "next/link";
import { useRef, useState } from "react";

import { PersonId } from "@/components/sharing/person-id";
import { Alert, Button } from "@/components/ui";
import { describeError } from "@/lib/backend/errors";
import type { Invitation } from "@/lib/backend/types";
import { usePerson } from "@/lib/session/person-context";
import { describeAnswerError } from "@/lib/sharing/errors";
import { ROLE_NAMES, ROLE_RIGHTS } from "@/lib/sharing/roles";
import { useInvitations } from "@/lib/sharing/use-sharing";
import { announceTaskChange } from "@/lib/tasks/task-changes";

/** What others have invited the person to, and the id by which they do. */
export function InvitationsPage() {
  const { backend } = usePerson();
  const { invitations, error, loading, reload } = useInvitations({ lookedAt: true });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [told, setTold] = useState<"" | "accepted" | "declined">("");
  const status = useRef<HTMLParagraphElement>(null);

  async function answer(outcome: "accepted" | "declined", action: () => Promise<unknown>) {
    setBusy(true);
    setProblem(null);
    setTold("");
    try {
      await action();
      setTold(outcome);
      announceTaskChange(backend.userId);
    } catch (refusal) {
      setProblem(describeAnswerError(refusal));
    } finally {
      await reload();
      setBusy(false);
      // The button that was pressed is gone.
      status.current?.focus();
    }
  }

  return (
    <div className="mx-auto grid w-full max-w-3xl gap-8 pb-20">
      <h1 className="text-2xl font-semibold tracking-tight">Invitations</h1>
      <div className="grid gap-4">
        {problem ? <Alert>{problem}</Alert> : null}
        <p ref={status} role="status" tabIndex={-1} className={told ? "focus:outline-none" : "sr-only"}>
          {told === "accepted" ? (
            <>
              Accepted: the project is among{" "}
              <Link href="/tasks" prefetch={false} className="font-medium text-accent underline underline-offset-4">
                your projects
              </Link>{" "}
              now.
            </>
          ) : told === "declined" ? (
            "Declined. Whoever invited you is not told why."
          ) : null}
        </p>
        {error && !invitations ? <Alert>{describeError(error)}</Alert> : null}
        {loading ? (
          <p role="status" className="text-muted">
            Loading…
          </p>
        ) : null}
        {invitations && invitations.length > 0 ? (
          <ul aria-label="Invitations" className="divide-y divide-line rounded-2xl border border-line bg-surface shadow-card">
            {invitations.map((invitation) => (
              <Entry
                key={invitation.id}
                invitation={invitation}
                busy={busy}
                onAccept={() => void answer("accepted", () => backend.acceptInvitation(invitation.id))}
                onDecline={() => void answer("declined", () => backend.endInvitation(invitation.id))}
              />
            ))}
          </ul>
        ) : null}
        {invitations && invitations.length === 0 ? (
          <div className="grid justify-items-center gap-3 rounded-2xl border border-dashed border-edge px-6 py-14 text-center">
            <h2 className="text-lg font-medium">No invitations</h2>
            <p className="max-w-sm text-muted">
              Give your id to whoever wants to share a project with you. Their invitation appears here.
            </p>
          </div>
        ) : null}
      </div>
      <section aria-labelledby="your-id" className="grid gap-3">
        <h2 id="your-id" className="text-lg font-medium">
          Your id
        </h2>
        <p className="text-muted">
          Whoever has it can invite you, and nothing else. You see their project once you have accepted.
        </p>
        <PersonId id={backend.userId} />
      </section>
    </div>
  );
}

interface EntryProps {
  readonly invitation: Invitation;
  readonly busy: boolean;
  readonly onAccept: () => void;
  readonly onDecline: () => void;
}

function Entry({ invitation, busy, onAccept, onDecline }: EntryProps) {
  const sent = new Date(invitation.created_at);
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-3 px-4 py-4 sm:px-5">
      <div className="grid min-w-0 flex-1 basis-64 gap-0.5">
        <p className="font-medium">{invitation.role === "owner" ? "Take a project over" : `A project, as ${ROLE_NAMES[invitation.role].toLowerCase()}`}</p>
        <p className="text-sm text-muted">You would be able to {ROLE_RIGHTS[invitation.role]}.</p>
        <p className="text-sm break-all text-muted">
          From {invitation.owner_id}, <time dateTime={invitation.created_at}>{sent.toLocaleDateString()}</time>
        </p>
      </div>
      <div className="flex gap-2">
        <Button tone="primary" disabled={busy} aria-label={`Accept the invitation from ${invitation.owner_id}`} onClick={onAccept}>
          Accept
        </Button>
        <Button disabled={busy} aria-label={`Decline the invitation from ${invitation.owner_id}`} onClick={onDecline}>
          Decline
        </Button>
      </div>
    </li>
  );
}
