import { expect, test } from "vitest";

import {
  invitationsKey,
  membersKey,
  openInvitationsKey,
  projectsKey,
  statsKey,
  tasksKey,
} from "@/lib/tasks/cache-keys";

const filter = { status: null, projectId: null, query: "milk " };

test("every cache key begins with the user's id", () => {
  for (const key of [
    tasksKey("alice", filter, null),
    projectsKey("alice"),
    statsKey("alice"),
    membersKey("alice", "p"),
    openInvitationsKey("alice", "p"),
    invitationsKey("alice"),
  ]) {
    expect(key[0]).toBe("alice");
  }
});

test("the cache key of a list differs by filter, search and cursor", () => {
  const key = (...args: Parameters<typeof tasksKey>) => JSON.stringify(tasksKey(...args));
  const base = key("alice", filter, null);
  expect(key("alice", { ...filter, query: "milk" }, null)).toBe(base);
  expect(key("alice", { ...filter, status: "pending" }, null)).not.toBe(base);
  expect(key("alice", { ...filter, projectId: "p" }, null)).not.toBe(base);
  expect(key("alice", filter, "c")).not.toBe(base);
});
