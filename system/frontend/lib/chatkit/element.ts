import type { ChatKitOptions, OpenAIChatKit } from "@openai/chatkit-react";

import { ChatSession } from "./session.ts";
import type { Transport } from "./session.ts";
import { styleSheet } from "./styles.ts";
import { ChatView } from "./view.ts";

/**
 * A local `<openai-chatkit>` with the options, methods and events of the hosted one, so that
 * `@openai/chatkit-react` works without OpenAI's CDN.
 *
 * It serves a custom backend (`api.url`); hosted sessions, attachments, widgets, entities, client
 * tools and dictation are the hosted component's alone.
 */

type Message = Parameters<OpenAIChatKit["sendUserMessage"]>[0];
type Draft = Parameters<OpenAIChatKit["setComposerValue"]>[0];

class LocalChatKit extends HTMLElement {
  #options: ChatKitOptions | null = null;
  #session: ChatSession | null = null;
  #view: ChatView | null = null;

  setOptions(options: ChatKitOptions): void {
    if (!("url" in options.api)) throw new Error("the local ChatKit component needs api.url");
    const transport: Transport = {
      url: options.api.url,
      fetch: options.api.fetch ?? ((input, init) => fetch(input, init)),
    };
    this.#options = options;
    if (this.#session && this.#view) {
      this.#session.transport = transport;
      this.#view.setOptions(options);
      return;
    }
    if (this.isConnected) this.#build(transport);
  }

  connectedCallback(): void {
    const options = this.#options;
    if (options && !this.#session) this.setOptions(options);
  }

  disconnectedCallback(): void {
    this.#session?.dispose();
    this.#view?.element.remove();
    this.#session = null;
    this.#view = null;
  }

  async focusComposer(): Promise<void> {
    this.#view?.focusComposer();
  }

  async setThreadId(threadId: string | null): Promise<void> {
    await this.#session?.open(threadId);
  }

  async sendUserMessage({ text, content, newThread }: Message): Promise<void> {
    if (newThread) await this.#session?.open(null);
    await this.#session?.send(text ?? content?.map((part) => part.text).join(" ") ?? "");
  }

  async setComposerValue({ text, content }: Draft): Promise<void> {
    if (this.#view) this.#view.text = text ?? content?.map((part) => part.text).join(" ") ?? "";
  }

  async fetchUpdates(): Promise<void> {
    await this.#session?.refresh();
  }

  async showHistory(): Promise<void> {
    this.#view?.showHistory();
  }

  async hideHistory(): Promise<void> {
    this.#view?.hideHistory();
  }

  async sendCustomAction(): Promise<void> {
    throw new Error("the local ChatKit component has no widgets to act for");
  }

  #build(transport: Transport): void {
    const options = this.#options as ChatKitOptions;
    const session = new ChatSession(transport, {
      changed: () => this.#view?.draw(false),
      threadChanged: (threadId) => this.#emit("thread.change", { threadId }),
      loading: (threadId, done) => this.#emit(done ? "thread.load.end" : "thread.load.start", { threadId }),
      responding: (done) => {
        this.#view?.draw(true);
        this.#emit(done ? "response.end" : "response.start");
      },
      effect: (name, data) => this.#emit("effect", { name, data }),
      failed: (error) => this.#emit("error", { error }),
    });
    this.#session = session;
    this.#view = new ChatView(session, options, (open) => this.#emit(open ? "history.open" : "history.close"));
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styleSheet()];
    root.append(this.#view.element);
    this.#emit("ready");
    if (options.initialThread) void session.open(options.initialThread);
  }

  #emit(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(`chatkit.${name}`, { detail }));
  }
}

/** Registers the element; a second call, or a page that has the hosted one, changes nothing. */
export function defineLocalChatKit(): void {
  if (!customElements.get("openai-chatkit")) customElements.define("openai-chatkit", LocalChatKit);
}
