/**
 * The little Markdown that answers use, as a tree: paragraphs, headings, lists, code, emphasis.
 *
 * No links and no pictures: an answer can repeat text that somebody else put into a task, and a
 * picture's address would carry data away without a click. Addresses stay readable as text.
 */

export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "strong" | "emphasis" | "code"; readonly text: string };

export type Block =
  | { readonly kind: "paragraph" | "heading"; readonly lines: readonly (readonly Inline[])[] }
  | { readonly kind: "list"; readonly ordered: boolean; readonly start: number; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: "code"; readonly text: string };

const ITEM = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const INLINE = /`([^`\n]+)`|\*\*(?=\S)([^*\n]+?)\*\*|(?<![\w*])\*(?=\S)([^*\n]+?)\*(?![\w*])/g;

export function parseMarkdown(source: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = source.replaceAll("\r\n", "\n").split("\n");
  let index = 0;
  while (index < lines.length) {
    const line = lines[index] as string;
    if (line.trim() === "") {
      index += 1;
    } else if (line.trimStart().startsWith("```")) {
      const close = lines.findIndex((other, at) => at > index && other.trim() === "```");
      // While it streams, a block of code has no end yet.
      const end = close < 0 ? lines.length : close;
      blocks.push({ kind: "code", text: lines.slice(index + 1, end).join("\n") });
      index = end + 1;
    } else if (/^#{1,6}\s/.test(line)) {
      blocks.push({ kind: "heading", lines: [parseInline(line.replace(/^#+\s+/, ""))] });
      index += 1;
    } else if (ITEM.test(line)) {
      const first = ITEM.exec(line) as RegExpExecArray;
      const items: (readonly Inline[])[] = [];
      while (index < lines.length) {
        const match = ITEM.exec(lines[index] as string);
        if (!match || (match[1] === undefined) !== (first[1] === undefined)) break;
        items.push(parseInline(match[2] as string));
        index += 1;
      }
      blocks.push({ kind: "list", ordered: first[1] !== undefined, start: Number(first[1] ?? 1), items });
    } else {
      const paragraph: (readonly Inline[])[] = [];
      while (index < lines.length) {
        const text = lines[index] as string;
        if (text.trim() === "" || ITEM.test(text) || /^(#{1,6}\s|\s*```)/.test(text)) break;
        paragraph.push(parseInline(text));
        index += 1;
      }
      blocks.push({ kind: "paragraph", lines: paragraph });
    }
  }
  return blocks;
}

function parseInline(text: string): readonly Inline[] {
  const parts: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) parts.push({ kind: "text", text: text.slice(from, match.index) });
    const [, code, strong, emphasis] = match;
    if (code !== undefined) parts.push({ kind: "code", text: code });
    else if (strong !== undefined) parts.push({ kind: "strong", text: strong });
    else parts.push({ kind: "emphasis", text: emphasis as string });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ kind: "text", text: text.slice(from) });
  return parts;
}
