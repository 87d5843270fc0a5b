"use client";

import type { FormEvent } from "react";

import { Button, Field } from "@/components/ui";
import type { MemberRole } from "@/lib/backend/types";

interface InviteFormProps {
  readonly busy: boolean;
  /** Resolves to whether the person was invited; what was typed stays where they were not. */
  readonly onInvite: (id: string, role: MemberRole) => Promise<boolean>;
}

/** Invites a person by the id that their page of invitations shows. */
export function InviteForm({ busy, onInvite }: InviteFormProps) {
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const values = new FormData(form);
    const id = String(values.get("person") ?? "").trim();
    if (id && (await onInvite(id, String(values.get("role")) as MemberRole))) form.reset();
  }

  return (
    <form onSubmit={submit} aria-label="Invite a person" className="grid grid-cols-[minmax(0,1fr)_auto] items-end gap-3">
      <Field label="Person’s id" hint="They find it on their page “Invitations”." className="col-span-2">
        {({ id, describedBy }) => (
          <input
            id={id}
            aria-describedby={describedBy}
            name="person"
            className="field"
            required
            maxLength={255}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            data-first
          />
        )}
      </Field>
      <Field label="Role">
        {({ id }) => (
          <select id={id} name="role" className="field" defaultValue="viewer">
            <option value="viewer">Viewer</option>
            <option value="editor">Editor</option>
          </select>
        )}
      </Field>
      <Button type="submit" tone="primary" disabled={busy}>
        Invite
      </Button>
      <p className="col-span-2 text-sm text-muted">A viewer sees the tasks, an editor changes them as well.</p>
    </form>
  );
}
