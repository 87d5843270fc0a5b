/**
 * Word between the tabs of one browser: somebody signed out or in, or tasks changed.
 *
 * Messages carry the user's id and nothing else; a tab acts only on those for its own person.
 */

export type TabMessage =
  | { readonly kind: "signed-out"; readonly userId: string }
  | { readonly kind: "tasks-changed"; readonly userId: string };

const CHANNEL = "crosstalk";

export function tell(message: TabMessage): void {
  if (typeof BroadcastChannel === "undefined") return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(message);
  channel.close();
}

/** Listens until the returned function is called. */
export function listen(handler: (message: TabMessage) => void): () => void {
  if (typeof BroadcastChannel === "undefined") return () => undefined;
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = (event: MessageEvent<TabMessage>) => handler(event.data);
  return () => channel.close();
}
