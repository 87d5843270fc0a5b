import type { AssistantMessage, AssistantText, Item, ItemUpdate, ThreadEvent, UserMessage } from "./protocol.ts";
import { asItem } from "./protocol.ts";

/**
 * What is known of one conversation, and how each event of a stream changes it.
 *
 * Pure values: the same events give the same conversation, whoever applies them.
 */

export interface Conversation {
  readonly threadId: string | null;
  readonly title: string | null;
  readonly items: readonly Item[];
  /** Where earlier items continue; null when all are here. */
  readonly earlier: string | null;
  readonly phase: "idle" | "loading" | "streaming";
  readonly progress: string | null;
  readonly canCancel: boolean;
  readonly failure: Failure | null;
  readonly notice: string | null;
  /** The answer that was stopped by the person, so that it can be marked. */
  readonly stoppedItem: string | null;
}

export interface Failure {
  readonly message: string;
  readonly retry: boolean;
}

/** Start of the ids of messages that the server has not confirmed. */
export const LOCAL = "local:";

export const EMPTY: Conversation = {
  threadId: null,
  title: null,
  items: [],
  earlier: null,
  phase: "idle",
  progress: null,
  canCancel: true,
  failure: null,
  notice: null,
  stoppedItem: null,
};

const DEFAULT_FAILURE = "The answer could not be completed.";

/** The conversation with a message of the person's that is on its way. */
export function withOwnMessage(state: Conversation, id: string, text: string): Conversation {
  const item: UserMessage = {
    id: `${LOCAL}${id}`,
    thread_id: state.threadId ?? "",
    type: "user_message",
    content: [{ type: "input_text", text }],
  };
  return begin({ ...state, items: [...state.items, item] });
}

/** The conversation while an answer is awaited. */
export function begin(state: Conversation): Conversation {
  return { ...state, phase: "streaming", progress: null, failure: null, notice: null, canCancel: true, stoppedItem: null };
}

/** The conversation without everything after its last own message, for another attempt. */
export function withoutAnswer(state: Conversation): Conversation {
  const last = lastOwnMessage(state);
  return last ? { ...state, items: state.items.slice(0, state.items.indexOf(last) + 1) } : state;
}

export function lastOwnMessage(state: Conversation): UserMessage | null {
  return state.items.findLast((item): item is UserMessage => item.type === "user_message") ?? null;
}

/** The conversation after one event; an event it does not know leaves it as it is. */
export function applyEvent(state: Conversation, event: ThreadEvent): Conversation {
  switch (event.type) {
    case "thread.created":
    case "thread.updated":
      return { ...state, threadId: event.thread.id, title: event.thread.title };
    case "stream_options":
      return { ...state, canCancel: event.stream_options.allow_cancel };
    case "progress_update":
      return { ...state, progress: event.text };
    case "thread.item.added":
    case "thread.item.done":
    case "thread.item.replaced": {
      const item = asItem(event.item);
      return item ? withItem(state, item) : state;
    }
    case "thread.item.updated":
      return {
        ...state,
        progress: null,
        items: state.items.map((item) =>
          item.id === event.item_id && item.type === "assistant_message" ? withUpdate(item, event.update) : item,
        ),
      };
    case "thread.item.removed":
      return { ...state, items: state.items.filter((item) => item.id !== event.item_id) };
    case "notice":
      return { ...state, notice: event.title ? `${event.title}: ${event.message}` : event.message };
    case "error":
      return {
        ...state,
        progress: null,
        failure: { message: event.message || DEFAULT_FAILURE, retry: event.allow_retry ?? false },
      };
    default:
      return state;
  }
}

function withItem(state: Conversation, item: Item): Conversation {
  if (state.items.some((other) => other.id === item.id)) {
    return { ...state, items: state.items.map((other) => (other.id === item.id ? item : other)) };
  }
  if (item.type === "user_message") {
    // The server's copy takes the place of the one that was shown on sending.
    const local = state.items.findIndex((other) => other.id.startsWith(LOCAL));
    if (local >= 0) return { ...state, items: state.items.with(local, item) };
  }
  return { ...state, items: [...state.items, item] };
}

function withUpdate(item: AssistantMessage, update: ItemUpdate): AssistantMessage {
  const parts: AssistantText[] = [...item.content];
  const index = update.content_index;
  switch (update.type) {
    case "assistant_message.content_part.added":
    case "assistant_message.content_part.done":
      parts[index] = update.content;
      break;
    case "assistant_message.content_part.text_delta":
      parts[index] = { type: "output_text", text: (parts[index]?.text ?? "") + update.delta };
      break;
    default:
      return item;
  }
  return { ...item, content: parts };
}
