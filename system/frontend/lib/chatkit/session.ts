import type { Conversation } from "./conversation.ts";
import { applyEvent, begin, EMPTY, lastOwnMessage, LOCAL, withOwnMessage, withoutAnswer } from "./conversation.ts";
import type { Item, PlainRequest, ResultPage, StreamingRequest, Thread, ThreadEvent } from "./protocol.ts";
import { asItem, messageInput, textOf } from "./protocol.ts";
import { readEvents } from "./sse.ts";

/**
 * One conversation with a ChatKit server: sends the requests, follows the stream, keeps the state.
 *
 * Everything that happens is told through `Listener`; there is no DOM here. Attachments, widgets,
 * client tools and dictation are not part of it.
 */

export interface Transport {
  readonly url: string;
  readonly fetch: typeof fetch;
}

export interface Listener {
  changed(state: Conversation): void;
  threadChanged(threadId: string | null): void;
  loading(threadId: string, done: boolean): void;
  responding(done: boolean): void;
  effect(name: string, data: Record<string, unknown> | undefined): void;
  failed(error: Error): void;
}

/** A server's refusal, with the status for those who want to tell them apart. */
export class ChatError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ChatError";
    this.status = status;
  }
}

const ITEMS_PER_PAGE = 40;
const THREADS_PER_PAGE = 30;
/** Cannot happen often enough to matter: ids only tell own unsent messages apart. */
let serial = 0;

export class ChatSession {
  #transport: Transport;
  readonly #listener: Listener;
  #state: Conversation = EMPTY;
  #running: AbortController | null = null;
  /** Counts the conversations that were opened; late answers to an earlier one are dropped. */
  #opened = 0;

  constructor(transport: Transport, listener: Listener) {
    this.#transport = transport;
    this.#listener = listener;
  }

  get state(): Conversation {
    return this.#state;
  }

  set transport(transport: Transport) {
    this.#transport = transport;
  }

  /** Shows a thread, or an empty conversation for null. A running answer is left to end unseen. */
  async open(threadId: string | null): Promise<void> {
    this.#running?.abort();
    const turn = ++this.#opened;
    this.#set(threadId === null ? EMPTY : { ...EMPTY, threadId, phase: "loading" });
    this.#listener.threadChanged(threadId);
    if (threadId === null) return;
    this.#listener.loading(threadId, false);
    try {
      const [thread, page] = await Promise.all([
        this.#ask<Thread>({ type: "threads.get_by_id", params: { thread_id: threadId } }),
        this.#page(threadId, null),
      ]);
      if (turn !== this.#opened) return;
      this.#set({ ...EMPTY, threadId, title: thread.title, items: page.items, earlier: page.earlier });
    } catch (error) {
      if (turn !== this.#opened) return;
      const gone = error instanceof ChatError && error.status === 404;
      this.#set({
        ...EMPTY,
        ...(gone ? {} : { threadId }),
        failure: { message: gone ? "This conversation is no longer there." : messageOf(error), retry: false },
      });
      if (gone) this.#listener.threadChanged(null);
      this.#fail(error);
    }
    this.#listener.loading(threadId, true);
  }

  /** Adds the items before the first one that is shown. */
  async loadEarlier(): Promise<void> {
    const { threadId, earlier } = this.#state;
    if (threadId === null || earlier === null) return;
    const turn = this.#opened;
    try {
      const page = await this.#page(threadId, earlier);
      if (turn !== this.#opened) return;
      this.#set({ ...this.#state, items: [...page.items, ...this.#state.items], earlier: page.earlier });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Asks the server again for the items of the thread. */
  async refresh(): Promise<void> {
    const { threadId, phase } = this.#state;
    if (threadId === null || phase !== "idle") return;
    const turn = this.#opened;
    const page = await this.#page(threadId, null);
    if (turn === this.#opened && this.#state.phase === "idle") {
      this.#set({ ...this.#state, items: page.items, earlier: page.earlier });
    }
  }

  /** Sends a message and follows the answer to its end. */
  async send(text: string): Promise<void> {
    if (this.#state.phase !== "idle" || text.trim() === "") return;
    this.#set(withOwnMessage(this.#state, String(++serial), text));
    await this.#follow(this.#messageRequest(text));
  }

  /** Asks again for an answer to the last message of the person's. */
  async retry(): Promise<void> {
    if (this.#state.phase !== "idle") return;
    const message = lastOwnMessage(this.#state);
    if (!message) return;
    const { threadId } = this.#state;
    this.#set(begin(withoutAnswer(this.#state)));
    await this.#follow(
      threadId === null || message.id.startsWith(LOCAL)
        ? this.#messageRequest(textOf(message))
        : { type: "threads.retry_after_item", params: { thread_id: threadId, item_id: message.id } },
    );
  }

  /** Ends the running answer and keeps what has arrived of it. */
  stop(): void {
    if (this.#state.canCancel) this.#running?.abort();
  }

  /** Ends everything without telling anybody, for an element that is taken out of the page. */
  dispose(): void {
    this.#opened += 1;
    this.#running?.abort();
  }

  threads(after: string | null): Promise<ResultPage<Thread>> {
    return this.#ask({ type: "threads.list", params: { limit: THREADS_PER_PAGE, order: "desc", after } });
  }

  async rename(threadId: string, title: string): Promise<void> {
    await this.#ask({ type: "threads.update", params: { thread_id: threadId, title } });
    if (this.#state.threadId === threadId) this.#set({ ...this.#state, title });
  }

  async remove(threadId: string): Promise<void> {
    await this.#ask({ type: "threads.delete", params: { thread_id: threadId } });
    if (this.#state.threadId === threadId) await this.open(null);
  }

  async feedback(itemId: string, kind: "positive" | "negative"): Promise<void> {
    const { threadId } = this.#state;
    if (threadId === null) return;
    await this.#ask({ type: "items.feedback", params: { thread_id: threadId, item_ids: [itemId], kind } });
  }

  #messageRequest(text: string): StreamingRequest {
    const { threadId } = this.#state;
    const input = messageInput(text);
    return threadId === null
      ? { type: "threads.create", params: { input } }
      : { type: "threads.add_user_message", params: { thread_id: threadId, input } };
  }

  async #follow(request: StreamingRequest): Promise<void> {
    const turn = this.#opened;
    const abort = new AbortController();
    this.#running = abort;
    this.#listener.responding(false);
    try {
      const answer = await this.#post(request, abort.signal);
      if (!answer.body) throw new ChatError(answer.status, "The server sent no answer.");
      for await (const event of readEvents(answer.body)) {
        if (turn !== this.#opened) return;
        this.#receive(event);
      }
    } catch (error) {
      if (turn !== this.#opened) return;
      if (abort.signal.aborted) {
        const last = this.#state.items.at(-1);
        this.#set({ ...this.#state, stoppedItem: last?.id ?? null });
      } else {
        this.#set({ ...this.#state, failure: { message: messageOf(error), retry: true } });
        this.#fail(error);
      }
    } finally {
      if (this.#running === abort) this.#running = null;
      if (turn === this.#opened) this.#set({ ...this.#state, phase: "idle", progress: null });
      this.#listener.responding(true);
    }
  }

  #receive(value: unknown): void {
    if (typeof value !== "object" || value === null || !("type" in value)) return;
    const event = value as ThreadEvent;
    const before = this.#state.threadId;
    this.#set(applyEvent(this.#state, event));
    if (this.#state.threadId !== before) this.#listener.threadChanged(this.#state.threadId);
    if (event.type === "client_effect") this.#listener.effect(event.name, event.data);
    if (event.type === "error") this.#listener.failed(new Error(event.message ?? "stream error"));
  }

  async #page(threadId: string, after: string | null): Promise<{ items: readonly Item[]; earlier: string | null }> {
    const page = await this.#ask<ResultPage<unknown>>({
      type: "items.list",
      params: { thread_id: threadId, limit: ITEMS_PER_PAGE, order: "desc", after },
    });
    const items = page.data.map(asItem).filter((item) => item !== null);
    return { items: items.reverse(), earlier: page.has_more ? page.after : null };
  }

  async #ask<T>(request: PlainRequest): Promise<T> {
    const answer = await this.#post(request, AbortSignal.timeout(20_000));
    return (await answer.json()) as T;
  }

  async #post(request: StreamingRequest | PlainRequest, signal: AbortSignal): Promise<Response> {
    const answer = await this.#transport.fetch(this.#transport.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream, application/json" },
      body: JSON.stringify({ ...request, metadata: {} }),
      signal,
    });
    if (answer.ok) return answer;
    throw new ChatError(answer.status, wordsFor(answer));
  }

  #set(state: Conversation): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.changed(state);
  }

  #fail(error: unknown): void {
    this.#listener.failed(error instanceof Error ? error : new Error(String(error)));
  }
}

function wordsFor(answer: Response): string {
  const wait = Number(answer.headers.get("Retry-After"));
  switch (answer.status) {
    case 401:
      return "Your sign-in is no longer valid. Sign in again to go on.";
    case 404:
      return "This conversation is no longer there.";
    case 413:
    case 422:
      return "This message could not be accepted. Shorten it and try again.";
    case 429:
      return wait > 0 ? `That was a little too fast. Try again in ${wait} seconds.` : "That was a little too fast.";
    default:
      return "The assistant is not available right now. Try again in a moment.";
  }
}

function messageOf(error: unknown): string {
  if (error instanceof ChatError) return error.message;
  return "The connection to the assistant was lost.";
}
