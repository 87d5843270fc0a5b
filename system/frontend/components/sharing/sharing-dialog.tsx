"use client";

import { useRef, useState } from "react";

import { Dialog } from "@/components/dialog";
import { Confirm } from "@/components/sharing/confirm";
import { InviteForm } from "@/components/sharing/invite-form";
import { MemberList } from "@/components/sharing/member-list";
import { OpenInvitations } from "@/components/sharing/open-invitations";
import { Alert, Button } from "@/components/ui";
import type { Project } from "@/lib/backend/types";
import { usePerson } from "@/lib/session/person-context";
import { describeSharingError } from "@/lib/sharing/errors";
import { mayManage, ROLE_RIGHTS } from "@/lib/sharing/roles";
import { useMembers, useOpenInvitations } from "@/lib/sharing/use-sharing";
import { announceTaskChange } from "@/lib/tasks/task-changes";

interface SharingDialogProps {
  readonly project: Project;
  readonly onClose: () => void;
  readonly onLeft: () => void;
}

/** Who is in a project: its owner invites, changes roles, removes and hands over; a member can leave. */
export function SharingDialog({ project, onClose, onLeft }: SharingDialogProps) {
  const { backend } = usePerson();
  const owner = mayManage(project);
  const { members, error: membersError, reload: reloadMembers } = useMembers(project.id);
  const { invitations, error: invitationsError, reload: reloadInvitations } = useOpenInvitations(project.id, owner);
  const [busy, setBusy] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [told, setTold] = useState("");
  const status = useRef<HTMLParagraphElement>(null);

  /** Does something among the members, says that it is done, and reads everything again. */
  async function act(done: string, action: () => Promise<unknown>): Promise<boolean> {
    setBusy(true);
    setProblem(null);
    setTold("");
    try {
      await action();
      await Promise.all([reloadMembers(), owner ? reloadInvitations() : null]);
      announceTaskChange(backend.userId);
      setTold(done);
      // What was clicked may be gone; the keyboard stays in the dialog.
      status.current?.focus();
      return true;
    } catch (error) {
      setProblem(describeSharingError(error));
      return false;
    } finally {
      setBusy(false);
    }
  }

  async function leave() {
    setBusy(true);
    try {
      await backend.removeMember(project.id, backend.userId);
      announceTaskChange(backend.userId);
      onLeft();
    } catch (error) {
      setProblem(describeSharingError(error));
      setBusy(false);
    }
  }

  const failed = membersError ?? invitationsError;
  return (
    <Dialog title={owner ? `Share “${project.name}”` : `Members of “${project.name}”`} onClose={onClose}>
      <div className="grid gap-6">
        {problem ? <Alert>{problem}</Alert> : null}
        {failed && !problem ? <Alert>{describeSharingError(failed)}</Alert> : null}
        <p ref={status} role="status" tabIndex={-1} className={told ? "text-sm focus:outline-none" : "sr-only"}>
          {told}
        </p>
        {owner ? (
          <InviteForm
            busy={busy}
            onInvite={(id, role) => act("Invited. They see the project once they have accepted.", () => backend.invite(project.id, id, role))}
          />
        ) : (
          <p className="text-sm text-muted">You may {ROLE_RIGHTS[project.role]}.</p>
        )}
        <MemberList
          members={members}
          self={backend.userId}
          manages={owner}
          busy={busy}
          onRole={(id, role) => act("Role changed.", () => backend.changeRole(project.id, id, role))}
          onRemove={(id) => act("Removed. They see the project no more.", () => backend.removeMember(project.id, id))}
          onHandOver={(id) => act("Offered. The project is theirs once they have accepted.", () => backend.invite(project.id, id, "owner"))}
        />
        {owner ? (
          <OpenInvitations
            invitations={invitations}
            busy={busy}
            onWithdraw={(id) => act("Withdrawn.", () => backend.endInvitation(id))}
          />
        ) : leaving ? (
          <Confirm verb="Leave" busy={busy} onConfirm={() => void leave()} onCancel={() => setLeaving(false)}>
            You will see this project and its tasks no more, unless its owner invites you again.
          </Confirm>
        ) : (
          <Button className="justify-self-start" tone="danger" onClick={() => setLeaving(true)}>
            Leave the project
          </Button>
        )}
      </div>
    </Dialog>
  );
}
