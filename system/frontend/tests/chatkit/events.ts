import type { ThreadEvent } from "@/lib/chatkit/protocol";

/** Event streams of a conversation, as the backend sends them. */

export function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
}

export const user = { id: "u1", thread_id: "t1", type: "user_message", content: [{ type: "input_text", text: "hello" }] } as const;
export const answer = { id: "a1", thread_id: "t1", type: "assistant_message", content: [] } as const;
export const part = (text: string) => ({ type: "output_text", text }) as const;

export const ANSWERED: ThreadEvent[] = [
  { type: "thread.created", thread: { id: "t1", title: null, created_at: "" } },
  { type: "thread.item.done", item: user },
  { type: "stream_options", stream_options: { allow_cancel: true } },
  { type: "progress_update", text: "Looking" },
  { type: "thread.updated", thread: { id: "t1", title: "Hello", created_at: "" } },
  { type: "thread.item.added", item: answer },
  { type: "thread.item.updated", item_id: "a1", update: { type: "assistant_message.content_part.added", content_index: 0, content: part("") } },
  { type: "thread.item.updated", item_id: "a1", update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: "Good " } },
  { type: "thread.item.updated", item_id: "a1", update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: "day" } },
];

export const frames = (events: readonly ThreadEvent[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
