import type { ChatKitOptions } from "@openai/chatkit-react";

import type { Conversation } from "./conversation.ts";
import { h, icon, ICONS } from "./dom.ts";
import { HistoryView } from "./history-view.ts";
import { drawMessage, tool } from "./messages.ts";
import type { Item } from "./protocol.ts";
import { textOf } from "./protocol.ts";
import type { ChatSession } from "./session.ts";

/**
 * The component's face: bar, messages, composer, and the list of conversations over them.
 *
 * Drawn from the conversation's state; a message that has not changed keeps its elements.
 */

interface Row {
  readonly element: HTMLLIElement;
  item: Item;
  mode: string;
}

/** Redraws of a growing answer are gathered for this long. */
const GATHER_MS = 33;
/** Nearer to the end than this, the view follows a growing answer. */
const NEAR_PX = 120;

export class ChatView {
  readonly element: HTMLElement;
  readonly #session: ChatSession;
  readonly #onHistory: (open: boolean) => void;
  #options: ChatKitOptions;

  readonly #title = h("h2");
  readonly #messages = h("ol", { class: "messages" });
  readonly #start = h("div", { class: "start" });
  readonly #earlier = h("button", { type: "button", class: "plain more" }, "Earlier messages");
  readonly #progress = h("p", { class: "progress", "aria-hidden": "true" });
  readonly #trouble = h("div");
  readonly #announcer = h("div", { class: "hidden-text", role: "status" });
  readonly #scroll = h("div", { class: "scroll", role: "region", "aria-label": "Messages of this conversation", tabindex: "0" });
  readonly #input = h("textarea", { rows: "1", maxlength: "4000" });
  readonly #go = h("button", { class: "go" });
  readonly #disclaimer = h("p", { class: "disclaimer" });
  readonly #rows = new Map<string, Row>();
  readonly #bar: HTMLElement;
  #history: HistoryView | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #announced: string | null = null;

  constructor(session: ChatSession, options: ChatKitOptions, onHistory: (open: boolean) => void) {
    this.#session = session;
    this.#options = options;
    this.#onHistory = onHistory;
    this.#bar = h(
      "div",
      { class: "bar" },
      this.#title,
      tool("New conversation", ICONS.fresh, () => void this.#fresh(), ""),
      tool("Conversations", ICONS.history, () => this.showHistory(), ""),
    );
    this.#earlier.addEventListener("click", () => void session.loadEarlier());
    this.#input.addEventListener("keydown", (event) => {
      // Enter that ends the composition of a character is not a wish to send.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("input", () => this.#drawComposer());
    this.#scroll.append(this.#start, this.#earlier, this.#messages, this.#progress, this.#trouble);
    const composer = h(
      "form",
      {
        class: "composer",
        submit: (event) => {
          event.preventDefault();
          this.#submit();
        },
      },
      h("div", { class: "box" }, this.#input, this.#go),
      this.#disclaimer,
    );
    this.element = h("div", { class: "root" }, this.#bar, this.#scroll, composer, this.#announcer);
    this.setOptions(options);
  }

  setOptions(options: ChatKitOptions): void {
    this.#options = options;
    this.#bar.hidden = options.header?.enabled === false;
    const placeholder = options.composer?.placeholder ?? "Message the assistant";
    this.#input.placeholder = placeholder;
    this.#input.setAttribute("aria-label", placeholder);
    this.#disclaimer.textContent = options.disclaimer?.text ?? "";
    this.#disclaimer.hidden = !options.disclaimer;
    const [fresh, history] = this.#bar.querySelectorAll<HTMLElement>(".tool");
    if (fresh) fresh.hidden = options.history?.enabled === false;
    if (history) history.hidden = options.history?.enabled === false;
    this.#drawStart();
    this.draw(true);
  }

  get text(): string {
    return this.#input.value;
  }

  set text(text: string) {
    this.#input.value = text;
    this.#drawComposer();
  }

  focusComposer(): void {
    this.#input.focus();
  }

  showHistory(): void {
    if (this.#history) return;
    this.#history = new HistoryView(this.#session, {
      rename: this.#options.history?.showRename !== false,
      remove: this.#options.history?.showDelete !== false,
      onClose: () => this.hideHistory(),
    });
    for (const child of this.element.children) (child as HTMLElement).inert = true;
    this.element.append(this.#history.element);
    this.#history.focus();
    this.#onHistory(true);
  }

  hideHistory(): void {
    if (!this.#history) return;
    this.#history.element.remove();
    this.#history = null;
    for (const child of this.element.children) (child as HTMLElement).inert = false;
    this.#bar.querySelector<HTMLElement>(".tool:last-of-type")?.focus();
    this.#onHistory(false);
  }

  /** Draws the state, at once or together with what follows shortly. */
  draw(now: boolean): void {
    if (now || this.#session.state.phase !== "streaming") {
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      this.#redraw();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#redraw();
      }, GATHER_MS);
    }
  }

  #fresh(): void {
    void this.#session.open(null);
    this.#input.focus();
  }

  #submit(): void {
    const { phase } = this.#session.state;
    if (phase === "streaming") {
      this.#session.stop();
      return;
    }
    const text = this.#input.value.trim();
    if (!text || phase !== "idle") return;
    this.text = "";
    void this.#session.send(text);
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #redraw(): void {
    const { state } = this.#session;
    const near = this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < NEAR_PX;
    const empty = state.items.length === 0 && state.phase === "idle" && state.failure === null;
    this.#title.textContent =
      this.#options.header?.title?.text ?? state.title ?? (state.items.length > 0 ? "Conversation" : "New conversation");
    this.#start.hidden = !empty;
    this.#messages.hidden = empty;
    this.#earlier.hidden = state.earlier === null;
    this.#drawMessages(state);
    const working = state.phase === "loading" ? "Loading…" : state.phase === "streaming" ? this.#working(state) : null;
    this.#progress.hidden = working === null;
    this.#progress.replaceChildren(h("span", { class: "dot" }), working ?? "");
    this.#drawTrouble(state);
    this.#drawComposer();
    this.#announce(state, working);
    if (near) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #working(state: Conversation): string | null {
    if (state.progress) return `${state.progress}…`;
    return state.items.at(-1)?.type === "assistant_message" ? null : "The assistant is thinking…";
  }

  #drawMessages(state: Conversation): void {
    const last = state.items.at(-1);
    const settled = state.phase === "idle" && state.failure === null;
    for (const [id, row] of this.#rows) {
      if (state.items.some((item) => item.id === id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    state.items.forEach((item, index) => {
      const answered = item.type === "assistant_message" && state.phase === "idle";
      const retry = settled && item === last && answered && this.#options.threadItemActions?.retry === true;
      const feedback = answered && this.#options.threadItemActions?.feedback === true;
      const stopped = state.stoppedItem === item.id;
      const mode = `${retry}${feedback}${stopped}`;
      let row = this.#rows.get(item.id);
      if (!row) {
        row = { element: h("li"), item, mode: "" };
        this.#rows.set(item.id, row);
      }
      if (row.item !== item || row.mode !== mode) {
        row.item = item;
        row.mode = mode;
        drawMessage(row.element, item, {
          retry: retry ? () => void this.#session.retry() : null,
          feedback: feedback ? (kind) => void this.#session.feedback(item.id, kind) : null,
          stopped,
        });
      }
      const place = this.#messages.children[index];
      if (place !== row.element) this.#messages.insertBefore(row.element, place ?? null);
    });
  }

  #drawTrouble(state: Conversation): void {
    const again = (label: string, run: () => void) => h("button", { type: "button", class: "plain", click: run }, label);
    this.#trouble.replaceChildren(
      ...(state.notice ? [h("div", { class: "trouble notice", role: "status" }, state.notice)] : []),
      ...(state.failure && state.phase === "idle"
        ? [
            h(
              "div",
              { class: "trouble", role: "alert" },
              h("span", {}, state.failure.message),
              state.failure.retry
                ? again("Try again", () => void this.#session.retry())
                : state.items.length === 0 && again("Reload", () => void this.#session.open(state.threadId)),
            ),
          ]
        : []),
    );
  }

  #drawStart(): void {
    const { greeting, prompts } = this.#options.startScreen ?? {};
    this.#start.replaceChildren(
      h("h3", {}, greeting ?? "What can I help with today?"),
      h(
        "div",
        { class: "prompts" },
        ...(prompts ?? []).map((prompt) =>
          h("button", { type: "button", class: "plain", click: () => void this.#session.send(promptText(prompt.prompt)) }, prompt.label),
        ),
      ),
    );
  }

  #drawComposer(): void {
    const { phase, canCancel } = this.#session.state;
    const stop = phase === "streaming";
    const label = stop ? "Stop" : "Send";
    this.#go.disabled = stop ? !canCancel : phase !== "idle" || this.#input.value.trim() === "";
    if (this.#go.getAttribute("aria-label") === label) return;
    this.#go.setAttribute("aria-label", label);
    this.#go.title = label;
    this.#go.replaceChildren(icon(stop ? ICONS.stop : ICONS.send));
  }

  /** A screen reader hears what is going on and then the whole answer, not every word of it. */
  #announce(state: Conversation, working: string | null): void {
    const last = state.items.at(-1);
    const answer = state.phase === "idle" && last?.type === "assistant_message" ? last : null;
    if (working !== null) {
      this.#announcer.textContent = working;
      this.#announced = null;
    } else if (answer && this.#announced === null && this.#announcer.textContent) {
      this.#announced = answer.id;
      this.#announcer.textContent = `The assistant: ${textOf(answer)}`;
    }
  }
}

function promptText(prompt: string | readonly { readonly text: string }[]): string {
  return typeof prompt === "string" ? prompt : prompt.map((part) => part.text).join(" ");
}
