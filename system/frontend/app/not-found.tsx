import Link from "next/link";

export default function NotFound() {
  return (
    <main className="mx-auto grid min-h-dvh max-w-md place-content-center gap-3 px-6 text-center">
      <h1 className="text-2xl font-semibold">There is nothing here</h1>
      <p className="text-muted">The address may be mistyped, or the page has gone.</p>
      <p>
        <Link href="/" className="font-medium text-accent underline underline-offset-4">
          Go to your tasks
        </Link>
      </p>
    </main>
  );
}
