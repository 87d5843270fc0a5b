"use client";

import Link from "next/link";
import { useRef, useState, useSyncExternalStore } from "react";
import type { FormEvent } from "react";

import { Wordmark } from "@/components/wordmark";
import { Alert, Button, Field } from "@/components/ui";
import { enter, signIn, signUp } from "@/lib/auth/client";
import type { ProtectedPath } from "@/lib/session/protected-paths";

interface AuthFormProps {
  readonly purpose: "sign-in" | "sign-up";
  readonly next: ProtectedPath;
  readonly sessionEnded: boolean;
  /** Whether an address has to be confirmed by a link before the first sign-in. */
  readonly verifies?: boolean;
}

const never = () => () => undefined;

/** The form of both doors. It sends nothing until scripts run, so a password never reaches a URL. */
export function AuthForm({ purpose, next, sessionEnded, verifies = false }: AuthFormProps) {
  const newcomer = purpose === "sign-up";
  const live = useSyncExternalStore(never, () => true, () => false);
  const [busy, setBusy] = useState(false);
  const [sent, setSent] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const email = useRef<HTMLInputElement>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const text = (name: string) => String(values.get(name) ?? "");
    setBusy(true);
    setProblem(null);
    const outcome = newcomer
      ? await signUp(text("name").trim(), text("email").trim(), text("password"))
      : await signIn(text("email").trim(), text("password"));
    if (outcome.ok && newcomer && verifies) {
      setBusy(false);
      setSent(true);
      return;
    }
    if (outcome.ok) {
      enter(next);
      return;
    }
    setBusy(false);
    setProblem(outcome.message);
    email.current?.focus();
  }

  const other = newcomer ? "/sign-in" : "/sign-up";
  return (
    <main className="mx-auto grid min-h-dvh w-full max-w-md content-center gap-8 px-5 py-10">
      <div className="grid gap-3">
        <Wordmark />
        <h1 className="text-3xl font-semibold tracking-tight">{newcomer ? "Create your account" : "Welcome back"}</h1>
        <p className="text-muted">
          {newcomer
            ? "A calm place for your tasks, and an assistant that can only ever see yours."
            : "Sign in to see your tasks and talk to the assistant."}
        </p>
      </div>
      <form
        method="post"
        onSubmit={submit}
        className="grid gap-5 rounded-2xl border border-line bg-surface p-6 shadow-card sm:p-8"
      >
        {sessionEnded && !problem ? (
          <p role="status" className="rounded-lg bg-warn-soft px-4 py-3 text-sm text-warn">
            You have been signed out. Sign in again to go on.
          </p>
        ) : null}
        {sent && !problem ? (
          <p role="status" className="rounded-lg bg-warn-soft px-4 py-3 text-sm text-warn">
            A message is on its way to you. Follow its link to confirm your address, then sign in.
          </p>
        ) : null}
        {problem ? <Alert>{problem}</Alert> : null}
        {newcomer ? (
          <Field label="Your name">
            {({ id }) => <input id={id} name="name" className="field" autoComplete="name" required maxLength={80} />}
          </Field>
        ) : null}
        <Field label="E-mail address">
          {({ id }) => (
            <input
              ref={email}
              id={id}
              name="email"
              type="email"
              className="field"
              autoComplete="username"
              required
              maxLength={254}
            />
          )}
        </Field>
        <Field label="Password" hint={newcomer ? "At least 8 characters." : undefined}>
          {({ id, describedBy }) => (
            <input
              id={id}
              name="password"
              type="password"
              className="field"
              aria-describedby={describedBy}
              autoComplete={newcomer ? "new-password" : "current-password"}
              required
              minLength={newcomer ? 8 : undefined}
              maxLength={128}
            />
          )}
        </Field>
        <Button type="submit" tone="primary" disabled={!live || busy}>
          {busy ? "One moment…" : newcomer ? "Create account" : "Sign in"}
        </Button>
      </form>
      <p className="text-center text-muted">
        {newcomer ? "You have an account already?" : "You are new here?"}{" "}
        <Link
          href={next === "/tasks" ? other : `${other}?next=${encodeURIComponent(next)}`}
          className="font-medium text-accent underline underline-offset-4"
        >
          {newcomer ? "Sign in" : "Create an account"}
        </Link>
      </p>
    </main>
  );
}
