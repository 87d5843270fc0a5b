import { expect, test } from "vitest";

import { EMPTY } from "@/lib/chatkit/conversation";
import type { ThreadEvent } from "@/lib/chatkit/protocol";
import { textOf } from "@/lib/chatkit/protocol";
import { ChatSession } from "@/lib/chatkit/session";
import { answer, ANSWERED, frames, streamOf, user } from "./events.ts";

interface Sent {
  readonly type: string;
  readonly params: Record<string, unknown>;
}

function sessionWith(answers: ((signal: AbortSignal) => Response)[]) {
  const sent: Sent[] = [];
  const told: string[] = [];
  const session = new ChatSession(
    {
      url: "/chatkit",
      fetch: async (_url, init) => {
        sent.push(JSON.parse(String(init?.body)) as Sent);
        const next = answers[sent.length - 1];
        if (!next) throw new TypeError("fetch failed");
        return next(init?.signal as AbortSignal);
      },
    },
    {
      changed: () => undefined,
      threadChanged: (id) => told.push(`thread ${id}`),
      loading: (_id, done) => told.push(done ? "loaded" : "loading"),
      responding: (done) => told.push(done ? "end" : "start"),
      effect: (name) => told.push(`effect ${name}`),
      failed: () => told.push("failed"),
    },
  );
  return { session, sent, told };
}

const stream = (...events: ThreadEvent[]) => () => new Response(streamOf(frames(events)));

test("the first message creates a thread and the second continues it", async () => {
  const { session, sent, told } = sessionWith([stream(...ANSWERED), stream()]);
  await session.send("hello");
  await session.send("more");
  expect(sent.map((request) => request.type)).toEqual(["threads.create", "threads.add_user_message"]);
  expect(sent[1]?.params.thread_id).toBe("t1");
  expect(told).toEqual(["start", "thread t1", "end", "start", "end"]);
});

test("a retry sends a lost message again, and has a stored message answered again", async () => {
  const lost = sessionWith([]);
  await lost.session.send("hello");
  expect(lost.session.state.failure?.retry).toEqual(true);
  await lost.session.retry();
  expect(lost.sent.map((request) => request.type)).toEqual(["threads.create", "threads.create"]);

  const failed = sessionWith([stream(...ANSWERED.slice(0, 3), { type: "error", allow_retry: true }), stream(...ANSWERED.slice(5))]);
  await failed.session.send("hello");
  expect(failed.session.state.failure?.retry).toBe(true);
  await failed.session.retry();
  expect(failed.sent[1]).toEqual({ type: "threads.retry_after_item", params: { thread_id: "t1", item_id: "u1" }, metadata: {} });
  expect(failed.session.state.failure).toBe(null);
  expect(textOf(failed.session.state.items.at(-1) as never)).toBe("Good day");
});

test("stopping an answer keeps the received part and is not a failure", async () => {
  const { session } = sessionWith([
    (signal) =>
      new Response(
        new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(new TextEncoder().encode(frames(ANSWERED)));
            signal.addEventListener("abort", () => controller.error(new DOMException("stopped", "AbortError")));
          },
        }),
      ),
  ]);
  const sending = session.send("hello");
  while (session.state.items.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  session.stop();
  await sending;
  expect(session.state.phase).toBe("idle");
  expect(session.state.failure).toBe(null);
  expect(session.state.stoppedItem).toBe("a1");
});

test("an answer to a conversation that was left is dropped", async () => {
  let release: () => void = () => undefined;
  const { session } = sessionWith([
    () =>
      new Response(
        new ReadableStream<Uint8Array>({
          start(controller) {
            release = () => {
              controller.enqueue(new TextEncoder().encode(frames(ANSWERED)));
              controller.close();
            };
          },
        }),
      ),
  ]);
  const sending = session.send("hello");
  await new Promise((resolve) => setTimeout(resolve, 1));
  await session.open(null);
  release();
  await sending;
  expect(session.state).toEqual(EMPTY);
});

test("a deleted thread is reported and forgotten", async () => {
  const gone = () => new Response(null, { status: 404 });
  const { session, told } = sessionWith([gone, gone]);
  await session.open("t9");
  expect(session.state.threadId).toBe(null);
  expect(session.state.failure?.message ?? "").toMatch(/no longer there/);
  expect(told).toEqual(["thread t9", "loading", "thread null", "failed", "loaded"]);
});

test("a thread opens with its items in the order they were written", async () => {
  const { session } = sessionWith([
    () => Response.json({ id: "t1", title: "Hello", created_at: "" }),
    () => Response.json({ data: [answer, user], has_more: true, after: "u1" }),
    () => Response.json({ data: [{ ...user, id: "u0" }], has_more: false, after: "u0" }),
  ]);
  await session.open("t1");
  expect(session.state.items.map((item) => item.id)).toEqual(["u1", "a1"]);
  await session.loadEarlier();
  expect(session.state.items.map((item) => item.id)).toEqual(["u0", "u1", "a1"]);
  expect(session.state.earlier).toBe(null);
});
