"use client";

import { useState } from "react";

import { Confirm } from "@/components/sharing/confirm";
import { Button } from "@/components/ui";
import type { Member, MemberRole } from "@/lib/backend/types";
import { ROLE_NAMES } from "@/lib/sharing/roles";

interface MemberListProps {
  /** Undefined while they are loaded. */
  readonly members: readonly Member[] | undefined;
  readonly self: string;
  readonly manages: boolean;
  readonly busy: boolean;
  readonly onRole: (id: string, role: MemberRole) => Promise<boolean>;
  readonly onRemove: (id: string) => Promise<boolean>;
  readonly onHandOver: (id: string) => Promise<boolean>;
}

/** The people in a project; its owner changes roles, removes, and hands the project over. */
export function MemberList({ members, self, manages, busy, onRole, onRemove, onHandOver }: MemberListProps) {
  const [asked, setAsked] = useState<{ readonly id: string; readonly what: "remove" | "hand-over" } | null>(null);

  async function confirmed(action: (id: string) => Promise<boolean>, id: string) {
    await action(id);
    setAsked(null);
  }

  return (
    <section aria-label="People" className="grid gap-2">
      <h3 className="text-sm font-medium text-muted">People</h3>
      {members === undefined ? (
        <p role="status" className="text-sm text-muted">
          Loading…
        </p>
      ) : (
        <ul className="divide-y divide-line rounded-xl border border-line">
          {members.map((member) => (
            <li key={member.member_id} className="grid gap-2 px-3 py-2.5">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
                <span className="min-w-0 flex-1 basis-40 text-sm break-all">
                  {member.member_id === self ? "You" : member.member_id}
                </span>
                {manages && member.role !== "owner" ? (
                  <select
                    aria-label={`Role of ${member.member_id}`}
                    className="field ml-auto min-h-9 w-auto py-1 text-sm"
                    value={member.role}
                    disabled={busy}
                    onChange={(event) => void onRole(member.member_id, event.target.value as MemberRole)}
                  >
                    <option value="viewer">{ROLE_NAMES.viewer}</option>
                    <option value="editor">{ROLE_NAMES.editor}</option>
                  </select>
                ) : (
                  <span className="text-sm text-muted">{ROLE_NAMES[member.role]}</span>
                )}
              </div>
              {manages && member.role !== "owner" && asked?.id !== member.member_id ? (
                <div className="flex flex-wrap gap-2">
                  <Button
                    compact
                    tone="quiet"
                    className="-ml-3"
                    disabled={busy}
                    aria-label={`Hand over the project to ${member.member_id}`}
                    onClick={() => setAsked({ id: member.member_id, what: "hand-over" })}
                  >
                    Hand over
                  </Button>
                  <Button
                    compact
                    tone="quiet"
                    disabled={busy}
                    aria-label={`Remove ${member.member_id}`}
                    onClick={() => setAsked({ id: member.member_id, what: "remove" })}
                  >
                    Remove
                  </Button>
                </div>
              ) : null}
              {asked?.id === member.member_id ? (
                asked.what === "remove" ? (
                  <Confirm
                    verb="Remove"
                    busy={busy}
                    onConfirm={() => void confirmed(onRemove, member.member_id)}
                    onCancel={() => setAsked(null)}
                  >
                    They will see this project and its tasks no more. What they have added stays.
                  </Confirm>
                ) : (
                  <Confirm
                    verb="Offer"
                    busy={busy}
                    onConfirm={() => void confirmed(onHandOver, member.member_id)}
                    onCancel={() => setAsked(null)}
                  >
                    The project is offered to them. Once they accept, it is theirs with all tasks and members, and you
                    are no longer in it.
                  </Confirm>
                )
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
