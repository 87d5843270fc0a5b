import { expect, test } from "vitest";

import { applyEvent, EMPTY, withOwnMessage, withoutAnswer } from "@/lib/chatkit/conversation";
import type { Conversation } from "@/lib/chatkit/conversation";
import type { ThreadEvent } from "@/lib/chatkit/protocol";
import { textOf } from "@/lib/chatkit/protocol";
import { ANSWERED } from "./events.ts";

test("the events of a first message build the conversation", () => {
  const state = ANSWERED.reduce<Conversation>(applyEvent, withOwnMessage(EMPTY, "1", "hello"));
  expect(state.threadId).toBe("t1");
  expect(state.title).toBe("Hello");
  expect(state.items.map((item) => [item.id, textOf(item)])).toEqual([["u1", "hello"], ["a1", "Good day"]]);
  expect(state.progress).toBe(null);
});

test("an unknown event changes nothing, and an unknown item is kept as another kind", () => {
  const before = ANSWERED.reduce<Conversation>(applyEvent, EMPTY);
  expect(applyEvent(before, { type: "something.new" } as unknown as ThreadEvent)).toBe(before);
  const after = applyEvent(before, { type: "thread.item.added", item: { id: "w", thread_id: "t1", type: "widget" } as never });
  expect(after.items.at(-1)?.type).toBe("other");
});

test("a retry drops the items after the person's last message", () => {
  const state = ANSWERED.reduce<Conversation>(applyEvent, EMPTY);
  expect(withoutAnswer(state).items.map((item) => item.id)).toEqual(["u1"]);
});
