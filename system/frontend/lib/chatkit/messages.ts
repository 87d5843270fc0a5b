import type { Block, Inline } from "./markdown.ts";
import { parseMarkdown } from "./markdown.ts";
import { LOCAL } from "./conversation.ts";
import { h, icon, ICONS } from "./dom.ts";
import type { Item } from "./protocol.ts";
import { textOf } from "./protocol.ts";

/** The picture of one message, and of the Markdown in it. */

export interface MessageActions {
  readonly retry: (() => void) | null;
  readonly feedback: ((kind: "positive" | "negative") => void) | null;
  readonly stopped: boolean;
}

/** Fills `row` with the item; a row is reused while its message grows. */
export function drawMessage(row: HTMLLIElement, item: Item, actions: MessageActions): void {
  if (item.type === "user_message") {
    row.className = `message mine${item.id.startsWith(LOCAL) ? " waiting" : ""}`;
    row.replaceChildren(h("span", { class: "hidden-text" }, "You: "), textOf(item));
    if (actions.stopped) row.append(stoppedMark());
    return;
  }
  row.className = "message";
  if (item.type === "other") {
    row.replaceChildren(h("p", { class: "aside" }, "The assistant sent something that cannot be shown here."));
    return;
  }
  const text = h("div", { class: "text" }, ...parseMarkdown(textOf(item)).map(drawBlock));
  row.replaceChildren(h("span", { class: "hidden-text" }, "Assistant: "), text);
  if (actions.stopped) row.append(stoppedMark());
  const buttons = [
    ...(actions.feedback ? [rate("positive", actions.feedback), rate("negative", actions.feedback)] : []),
    ...(actions.retry ? [tool("Answer again", ICONS.retry, actions.retry)] : []),
  ];
  if (buttons.length > 0) row.append(h("div", { class: "acts" }, ...buttons));
}

function stoppedMark(): HTMLElement {
  return h("p", { class: "aside" }, "Stopped.");
}

function rate(kind: "positive" | "negative", feedback: (kind: "positive" | "negative") => void): HTMLElement {
  const good = kind === "positive";
  const button = tool(good ? "Good answer" : "Bad answer", good ? ICONS.good : ICONS.bad, () => {
    button.setAttribute("aria-pressed", "true");
    feedback(kind);
  });
  button.setAttribute("aria-pressed", "false");
  return button;
}

/** A small square button with a name. */
export function tool(label: string, path: string, run: () => void, size = "small"): HTMLButtonElement {
  return h("button", { type: "button", class: `tool ${size}`, "aria-label": label, title: label, click: run }, icon(path));
}

function drawBlock(block: Block): HTMLElement {
  switch (block.kind) {
    case "code":
      // Code can be wider than the column; the keyboard must be able to scroll it.
      return h("pre", { tabindex: "0" }, h("code", {}, block.text));
    case "list": {
      const items = block.items.map((item) => h("li", {}, ...item.map(drawInline)));
      return block.ordered ? h("ol", { start: String(block.start) }, ...items) : h("ul", {}, ...items);
    }
    case "heading":
      return h("h3", {}, ...block.lines.flat().map(drawInline));
    case "paragraph":
      return h("p", {}, ...block.lines.flatMap((line, index) => [index > 0 && h("br"), ...line.map(drawInline)]));
  }
}

function drawInline(part: Inline): Node {
  switch (part.kind) {
    case "strong":
      return h("strong", {}, part.text);
    case "emphasis":
      return h("em", {}, part.text);
    case "code":
      return h("code", {}, part.text);
    case "text":
      return document.createTextNode(part.text);
  }
}
