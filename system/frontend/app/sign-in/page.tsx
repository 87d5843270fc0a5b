import type { Metadata } from "next";
import { redirect } from "next/navigation";

import { AuthForm } from "@/components/auth-form";
import { landingPath } from "@/lib/session/protected-paths";
import { currentUser } from "@/lib/session/current-user";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignIn({ searchParams }: PageProps<"/sign-in">) {
  const { next, ended } = await searchParams;
  if (await currentUser()) redirect(landingPath(next));
  return <AuthForm purpose="sign-in" next={landingPath(next)} sessionEnded={ended !== undefined} />;
}
