import type { Metadata } from "next";

import { AppShell } from "@/components/app-shell";
import { Dashboard } from "@/components/tasks/dashboard";
import { requireUser } from "@/lib/session/current-user";
import { settings } from "@/lib/server/settings";

export const metadata: Metadata = { title: "Tasks" };

export default async function Tasks() {
  const user = await requireUser("/tasks");
  return (
    <AppShell user={user} backendUrl={settings().backendUrl} current="/tasks">
      <Dashboard key={user.id} />
    </AppShell>
  );
}
