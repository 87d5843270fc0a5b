/**
 * The part of the ChatKit protocol that the local component speaks, as the openai-chatkit server
 * package (1.6) reads and writes it. Item and event types that are not named here can arrive and
 * are passed over.
 */

export interface ResultPage<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly after: string | null;
}

export interface Thread {
  readonly id: string;
  readonly title: string | null;
  readonly created_at: string;
}

interface ItemBase {
  readonly id: string;
  readonly thread_id: string;
}

export interface UserMessage extends ItemBase {
  readonly type: "user_message";
  readonly content: readonly { readonly type: string; readonly text: string }[];
}

export interface AssistantText {
  readonly type: "output_text";
  readonly text: string;
}

export interface AssistantMessage extends ItemBase {
  readonly type: "assistant_message";
  readonly content: readonly AssistantText[];
}

/** Anything the server stores that this component has no picture for. */
export interface OtherItem extends ItemBase {
  readonly type: "other";
}

export type Item = UserMessage | AssistantMessage | OtherItem;

export type ItemUpdate =
  | {
      readonly type: "assistant_message.content_part.added" | "assistant_message.content_part.done";
      readonly content_index: number;
      readonly content: AssistantText;
    }
  | {
      readonly type: "assistant_message.content_part.text_delta";
      readonly content_index: number;
      readonly delta: string;
    };

export type ThreadEvent =
  | { readonly type: "thread.created" | "thread.updated"; readonly thread: Thread }
  | {
      readonly type: "thread.item.added" | "thread.item.done" | "thread.item.replaced";
      readonly item: Item;
    }
  | { readonly type: "thread.item.updated"; readonly item_id: string; readonly update: ItemUpdate }
  | { readonly type: "thread.item.removed"; readonly item_id: string }
  | { readonly type: "stream_options"; readonly stream_options: { readonly allow_cancel: boolean } }
  | { readonly type: "progress_update"; readonly text: string }
  | { readonly type: "client_effect"; readonly name: string; readonly data?: Record<string, unknown> }
  | { readonly type: "notice"; readonly level: string; readonly message: string; readonly title?: string | null }
  | { readonly type: "error"; readonly message?: string | null; readonly allow_retry?: boolean };

export type StreamingRequest =
  | { readonly type: "threads.create"; readonly params: { readonly input: MessageInput } }
  | {
      readonly type: "threads.add_user_message";
      readonly params: { readonly thread_id: string; readonly input: MessageInput };
    }
  | {
      readonly type: "threads.retry_after_item";
      readonly params: { readonly thread_id: string; readonly item_id: string };
    };

export type PlainRequest =
  | { readonly type: "threads.get_by_id"; readonly params: { readonly thread_id: string } }
  | {
      readonly type: "threads.list";
      readonly params: { readonly limit: number; readonly order: "desc"; readonly after: string | null };
    }
  | { readonly type: "threads.update"; readonly params: { readonly thread_id: string; readonly title: string } }
  | { readonly type: "threads.delete"; readonly params: { readonly thread_id: string } }
  | {
      readonly type: "items.list";
      readonly params: {
        readonly thread_id: string;
        readonly limit: number;
        readonly order: "desc";
        readonly after: string | null;
      };
    }
  | {
      readonly type: "items.feedback";
      readonly params: {
        readonly thread_id: string;
        readonly item_ids: readonly string[];
        readonly kind: "positive" | "negative";
      };
    };

export interface MessageInput {
  readonly content: readonly { readonly type: "input_text"; readonly text: string }[];
  readonly attachments: readonly string[];
  readonly quoted_text: string | null;
  readonly inference_options: Readonly<Record<string, unknown>>;
}

export function messageInput(text: string): MessageInput {
  return {
    content: [{ type: "input_text", text }],
    attachments: [],
    quoted_text: null,
    inference_options: {},
  };
}

/** The item with unknown types folded into `other`; null for what is not an item at all. */
export function asItem(value: unknown): Item | null {
  if (typeof value !== "object" || value === null) return null;
  const item = value as { id?: unknown; thread_id?: unknown; type?: unknown; content?: unknown };
  if (typeof item.id !== "string") return null;
  const known = item.type === "user_message" || item.type === "assistant_message";
  if (known && Array.isArray(item.content)) return value as UserMessage | AssistantMessage;
  return { id: item.id, thread_id: String(item.thread_id ?? ""), type: "other" };
}

/** The plain text of a message. */
export function textOf(item: Item): string {
  return item.type === "other" ? "" : item.content.map((part) => part.text ?? "").join("\n\n");
}
