import type { Metadata } from "next";
import { redirect } from "next/navigation";

import { AuthForm } from "@/components/auth-form";
import { landingPath } from "@/lib/session/protected-paths";
import { settings } from "@/lib/server/settings";
import { currentUser } from "@/lib/session/current-user";

export const metadata: Metadata = { title: "Create an account" };

export default async function SignUp({ searchParams }: PageProps<"/sign-up">) {
  const { next } = await searchParams;
  if (await currentUser()) redirect(landingPath(next));
  return <AuthForm purpose="sign-up" next={landingPath(next)} sessionEnded={false} verifies={settings().mail.kind !== "off"} />;
}
