import { expect, test } from "vitest";

import { readEvents } from "@/lib/chatkit/sse";
import { streamOf } from "./events.ts";

async function collect(body: ReadableStream<Uint8Array>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

test("SSE events are read however the stream is cut into chunks", async () => {
  const text = 'data: {"a":"ü"}\n\n: comment\n\ndata: {"b":\ndata: 2}\r\n\r\ndata: {"lost":1}';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        pieces.forEach((piece) => controller.enqueue(piece));
        controller.close();
      },
    });
    expect(await collect(body), `pieces of ${size}`).toEqual([{ a: "ü" }, { b: 2 }]);
  }
});

test("SSE data that is not JSON is an error", async () => {
  await expect(collect(streamOf("data: nonsense\n\n"))).rejects.toBeInstanceOf(SyntaxError);
});

test("an SSE line keeps U+2028, U+2029 and U+0085", async () => {
  const text = "a\u2028b\u2029c\u0085d";
  expect(await collect(streamOf(`data: ${JSON.stringify({ text })}\n\n`))).toEqual([{ text }]);
});
