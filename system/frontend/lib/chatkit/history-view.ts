import { h, ICONS } from "./dom.ts";
import { tool } from "./messages.ts";
import type { Thread } from "./protocol.ts";
import type { ChatSession } from "./session.ts";

/** The list of conversations that covers the current one: open, rename, delete. */

export interface HistoryOptions {
  readonly rename: boolean;
  readonly remove: boolean;
  readonly onClose: () => void;
}

export class HistoryView {
  readonly element: HTMLElement;
  readonly #session: ChatSession;
  readonly #options: HistoryOptions;
  readonly #list = h("ul", { class: "threads" });
  readonly #status = h("p", { class: "aside", role: "status" });
  #after: string | null = null;

  constructor(session: ChatSession, options: HistoryOptions) {
    this.#session = session;
    this.#options = options;
    const close = tool("Close the list", ICONS.close, options.onClose, "");
    this.element = h(
      "section",
      { class: "history", "aria-label": "Conversations", keydown: (event) => this.#key(event as KeyboardEvent) },
      h("div", { class: "bar" }, h("h2", {}, "Conversations"), close),
      h("div", { class: "scroll" }, this.#list, this.#status),
    );
    void this.#load();
  }

  focus(): void {
    this.element.querySelector<HTMLElement>(".tool")?.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.#options.onClose();
  }

  async #load(): Promise<void> {
    this.#status.textContent = "Loading…";
    try {
      const page = await this.#session.threads(this.#after);
      this.#list.querySelector(".more")?.closest("li")?.remove();
      this.#list.append(...page.data.map((thread) => this.#row(thread)));
      this.#after = page.has_more ? page.after : null;
      if (this.#after !== null) {
        this.#list.append(
          h("li", {}, h("button", { type: "button", class: "plain more", click: () => void this.#load() }, "Show more")),
        );
      }
      this.#status.textContent = this.#list.children.length === 0 ? "There is no conversation yet." : "";
    } catch {
      this.#status.textContent = "The conversations could not be loaded. Close the list and try again.";
    }
  }

  #row(thread: Thread): HTMLLIElement {
    const row = h("li");
    this.#fill(row, thread);
    return row;
  }

  #fill(row: HTMLLIElement, thread: Thread): void {
    const title = thread.title ?? "Untitled conversation";
    const here = this.#session.state.threadId === thread.id;
    row.replaceChildren(
      h(
        "button",
        {
          type: "button",
          class: "open",
          "aria-current": here ? "true" : undefined,
          click: () => {
            this.#options.onClose();
            void this.#session.open(thread.id);
          },
        },
        title,
      ),
      ...(this.#options.rename ? [tool(`Rename ${title}`, ICONS.rename, () => this.#edit(row, thread))] : []),
      ...(this.#options.remove ? [tool(`Delete ${title}`, ICONS.remove, () => this.#confirm(row, thread))] : []),
    );
  }

  #edit(row: HTMLLIElement, thread: Thread): void {
    const input = h("input", { "aria-label": "Title", maxlength: "200", required: true });
    input.value = thread.title ?? "";
    const save = async (event: Event) => {
      event.preventDefault();
      const title = input.value.trim();
      if (!title) return;
      await this.#attempt(async () => {
        await this.#session.rename(thread.id, title);
        this.#fill(row, { ...thread, title });
      });
    };
    row.replaceChildren(
      h(
        "form",
        { submit: (event) => void save(event) },
        input,
        h("button", { type: "submit", class: "plain" }, "Save"),
        h("button", { type: "button", class: "plain", click: () => this.#fill(row, thread) }, "Cancel"),
      ),
    );
    input.select();
  }

  #confirm(row: HTMLLIElement, thread: Thread): void {
    const remove = h("button", {
      type: "button",
      class: "plain",
      click: () =>
        void this.#attempt(async () => {
          await this.#session.remove(thread.id);
          row.remove();
          this.#status.textContent = "Deleted.";
          this.focus();
        }),
    });
    remove.textContent = "Delete";
    row.replaceChildren(
      h("span", { class: "open", role: "status" }, `Delete “${thread.title ?? "this conversation"}”?`),
      remove,
      h("button", { type: "button", class: "plain", click: () => this.#fill(row, thread) }, "Keep"),
    );
    remove.focus();
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch {
      this.#status.textContent = "That did not work. Try again in a moment.";
    }
  }
}
