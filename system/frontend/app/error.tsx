"use client";

import { Button } from "@/components/ui";

/** What a person sees when a page cannot be made, for example because the database is away. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="mx-auto grid min-h-dvh max-w-md place-content-center justify-items-center gap-4 px-6 text-center">
      <h1 className="text-2xl font-semibold">This page could not be shown</h1>
      <p className="text-muted">
        The service is not available right now. Nothing of yours is lost; try again in a moment.
      </p>
      {error.digest ? <p className="text-sm text-muted">Reference {error.digest}</p> : null}
      <Button tone="primary" onClick={reset}>
        Try again
      </Button>
    </main>
  );
}
