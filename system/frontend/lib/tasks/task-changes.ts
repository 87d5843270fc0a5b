import { broadcast, onBroadcast } from "@/lib/session/tab-channel";

/**
 * Notices that a user's tasks changed: in this page, through the assistant, or in another tab.
 *
 * A notice carries no data; each list of tasks reads them again from the backend.
 */

const local = new EventTarget();

/** Tells every list of this user's tasks, in this tab and in others. */
export function announceTaskChange(userId: string): void {
  local.dispatchEvent(new CustomEvent<string>("changed", { detail: userId }));
  broadcast({ kind: "tasks-changed", userId });
}

/** Calls `handler` when tasks of `userId` changed, until the returned function is called. */
export function onTaskChange(userId: string, handler: () => void): () => void {
  const here = (event: Event) => {
    if ((event as CustomEvent<string>).detail === userId) handler();
  };
  local.addEventListener("changed", here);
  const unsubscribe = onBroadcast((message) => {
    if (message.kind === "tasks-changed" && message.userId === userId) handler();
  });
  return () => {
    local.removeEventListener("changed", here);
    unsubscribe();
  };
}
