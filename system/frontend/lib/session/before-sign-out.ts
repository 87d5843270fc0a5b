/**
 * Work that must be finished before the person signs out: deletions that could still be undone.
 *
 * The task list registers its work here, and the shell waits for it before it ends the session.
 */

type Work = () => Promise<void>;

const pending = new Set<Work>();

/** Registers work until the returned function is called. */
export function finishBeforeSignOut(work: Work): () => void {
  pending.add(work);
  return () => {
    pending.delete(work);
  };
}

/** Finishes all registered work; a failure does not keep the person signed in. */
export async function finishPendingWork(): Promise<void> {
  await Promise.allSettled([...pending].map((work) => work()));
}
