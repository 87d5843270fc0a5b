import type { Metadata } from "next";

import { AccountsPage } from "@/components/accounts/accounts-page";
import { AppShell } from "@/components/app-shell";
import { settings } from "@/lib/server/settings";
import { requireUser } from "@/lib/session/current-user";

export const metadata: Metadata = { title: "Accounts" };

export default async function Accounts() {
  const user = await requireUser("/accounts");
  return (
    <AppShell user={user} backendUrl={settings().backendUrl} current="/accounts">
      <AccountsPage key={user.id} />
    </AppShell>
  );
}
