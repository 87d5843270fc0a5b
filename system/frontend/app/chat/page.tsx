import type { Metadata } from "next";
import { headers } from "next/headers";

import { AppShell } from "@/components/app-shell";
import { Assistant } from "@/components/chat/assistant";
import { requireUser } from "@/lib/session/current-user";
import { settings } from "@/lib/server/settings";

export const metadata: Metadata = { title: "Assistant" };

export default async function Chat() {
  const user = await requireUser("/chat");
  const { backendUrl, chat } = settings();
  const nonce = (await headers()).get("x-nonce") ?? "";
  return (
    <AppShell user={user} backendUrl={backendUrl} current="/chat">
      <Assistant key={user.id} source={chat} nonce={nonce} />
    </AppShell>
  );
}
