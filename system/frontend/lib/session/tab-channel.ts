/**
 * Messages between the tabs of one browser: an account signed out, or its tasks changed.
 *
 * A message carries the user's id and nothing else; a tab acts only on messages for its own user.
 */

export type TabMessage =
  | { readonly kind: "signed-out"; readonly userId: string }
  | { readonly kind: "tasks-changed"; readonly userId: string };

const CHANNEL = "crosstalk";

/** Sends a message to the other tabs. */
export function broadcast(message: TabMessage): void {
  if (typeof BroadcastChannel === "undefined") return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(message);
  channel.close();
}

/** Calls `handler` with messages from other tabs until the returned function is called. */
export function onBroadcast(handler: (message: TabMessage) => void): () => void {
  if (typeof BroadcastChannel === "undefined") return () => undefined;
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event: MessageEvent<TabMessage>) => handler(event.data);
  return () => channel.close();
}
