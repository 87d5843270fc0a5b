import type { Metadata } from "next";

import { AppShell } from "@/components/app-shell";
import { InvitationsPage } from "@/components/sharing/invitations-page";
import { requireUser } from "@/lib/session/current-user";
import { settings } from "@/lib/server/settings";

export const metadata: Metadata = { title: "Invitations" };

export default async function Invitations() {
  const user = await requireUser("/invitations");
  return (
    <AppShell user={user} backendUrl={settings().backendUrl} current="/invitations">
      <InvitationsPage key={user.id} />
    </AppShell>
  );
}
