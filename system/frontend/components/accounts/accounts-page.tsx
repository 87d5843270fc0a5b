"use client";

import { useRef, useState } from "react";

import { Confirm } from "@/components/sharing/confirm";
import { Alert, Button } from "@/components/ui";
import { useAccounts } from "@/lib/accounts/use-accounts";
import { APIError, describeError } from "@/lib/backend/errors";
import type { Account } from "@/lib/backend/types";
import { usePerson } from "@/lib/session/person-context";

/** The accounts that an administrator lists and disables; nothing of what they hold. */
export function AccountsPage() {
  const { backend } = usePerson();
  const { accounts, error, loading, reload } = useAccounts();
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [told, setTold] = useState("");
  const status = useRef<HTMLParagraphElement>(null);

  async function set(account: Account, disabled: boolean) {
    setBusy(true);
    setProblem(null);
    setTold("");
    try {
      await backend.setAccountDisabled(account.account_id, disabled);
      setTold(disabled ? "Disabled: the account is served nothing from now on." : "Enabled.");
      await reload();
    } catch (refusal) {
      setProblem(describeError(refusal));
    } finally {
      setAsked(null);
      setBusy(false);
      // The button that was pressed is gone.
      status.current?.focus();
    }
  }

  const refused = error instanceof APIError && error.status === 403;
  return (
    <div className="mx-auto grid w-full max-w-3xl gap-4 pb-20">
      <h1 className="text-2xl font-semibold tracking-tight">Accounts</h1>
      {problem ? <Alert>{problem}</Alert> : null}
      <p ref={status} role="status" tabIndex={-1} className={told ? "focus:outline-none" : "sr-only"}>
        {told}
      </p>
      {refused ? <Alert>This page is for administrators.</Alert> : error && !accounts ? <Alert>{describeError(error)}</Alert> : null}
      {loading ? (
        <p role="status" className="text-muted">
          Loading…
        </p>
      ) : null}
      {accounts && !refused ? (
        <ul aria-label="Accounts" className="divide-y divide-line rounded-2xl border border-line bg-surface shadow-card">
          {accounts.map((account) => (
            <li key={account.account_id} className="grid gap-3 px-4 py-4 sm:px-5">
              <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
                <div className="grid min-w-0 flex-1 basis-64 gap-0.5">
                  <p className="font-medium break-all">{account.account_id}</p>
                  <p className="text-sm text-muted">{stateOf(account, backend.userId)}</p>
                </div>
                {account.account_id === backend.userId ? null : (
                  <Button
                    disabled={busy}
                    aria-label={`${account.disabled_at ? "Enable" : "Disable"} ${account.account_id}`}
                    onClick={() => (account.disabled_at ? void set(account, false) : setAsked(account.account_id))}
                  >
                    {account.disabled_at ? "Enable" : "Disable"}
                  </Button>
                )}
              </div>
              {asked === account.account_id ? (
                <Confirm verb="Disable" busy={busy} onConfirm={() => void set(account, true)} onCancel={() => setAsked(null)}>
                  Pages, tools and the assistant stop for this account at once. What it stored stays.
                </Confirm>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function stateOf(account: Account, own: string): string {
  if (account.account_id === own) return "You";
  if (account.disabled_at) return `Disabled on ${new Date(account.disabled_at).toLocaleDateString()}`;
  return account.created_at ? `Since ${new Date(account.created_at).toLocaleDateString()}` : "Has stored nothing";
}
