import { expect, test } from "vitest";

import { announceTaskChange, onTaskChange } from "@/lib/tasks/task-changes";

test("a task change reaches listeners of the same user only, until they unsubscribe", () => {
  const heard: string[] = [];
  const unsubscribe = ["alice", "bob"].map((id) => onTaskChange(id, () => heard.push(id)));
  announceTaskChange("alice");
  expect(heard).toEqual(["alice"]);
  unsubscribe.forEach((each) => each());
  announceTaskChange("alice");
  expect(heard).toEqual(["alice"]);
});

test("a task change reaches other tabs", async () => {
  const other = new BroadcastChannel("crosstalk");
  const arrived = new Promise<unknown>((resolve) => {
    other.onmessage = (event: MessageEvent<unknown>) => resolve(event.data);
  });
  announceTaskChange("alice");
  expect(await arrived).toEqual({ kind: "tasks-changed", userId: "alice" });
  other.close();
});
