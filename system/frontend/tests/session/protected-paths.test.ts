import { expect, test } from "vitest";

import { landingPath } from "@/lib/session/protected-paths";

test("the landing path is a protected page of this site, whatever `next` says", () => {
  expect(landingPath("/chat")).toBe("/chat");
  for (const next of [undefined, "", "/", "//evil.test/tasks", "https://evil.test/", "/tasks/../admin", ["/chat"]]) {
    expect(landingPath(next)).toBe("/tasks");
  }
});
