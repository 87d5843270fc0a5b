import { listen, tell } from "./tabs.ts";

/**
 * News that somebody's tasks changed: from this page, from the assistant, or from another tab.
 *
 * Only the fact travels; whoever shows tasks asks the backend again.
 */

const local = new EventTarget();

/** Tells every list of this person, in this tab and the others. */
export function tasksChanged(userId: string): void {
  local.dispatchEvent(new CustomEvent<string>("changed", { detail: userId }));
  tell({ kind: "tasks-changed", userId });
}

/** Calls `handler` on news about `userId` until the returned function is called. */
export function onTasksChanged(userId: string, handler: () => void): () => void {
  const here = (event: Event) => {
    if ((event as CustomEvent<string>).detail === userId) handler();
  };
  local.addEventListener("changed", here);
  const silence = listen((message) => {
    if (message.kind === "tasks-changed" && message.userId === userId) handler();
  });
  return () => {
    local.removeEventListener("changed", here);
    silence();
  };
}
