/**
 * Work that must be finished before a page is left: deletions that could still have been undone.
 *
 * The task list registers here and the shell calls it before signing out.
 */

type Finish = () => Promise<void>;

const waiting = new Set<Finish>();

/** Registers work until the returned function is called. */
export function beforeLeaving(finish: Finish): () => void {
  waiting.add(finish);
  return () => {
    waiting.delete(finish);
  };
}

/** Finishes everything that is registered; failures do not keep anybody signed in. */
export async function finishEverything(): Promise<void> {
  await Promise.allSettled([...waiting].map((finish) => finish()));
}
