import { expect, test } from "vitest";

import type { Project, Role, Task } from "@/lib/backend/types";
import { lost, mayEdit, mayManage, placesFor, projectOf } from "@/lib/sharing/roles";

const project = (id: string, role: Role): Project => ({
  id,
  name: id,
  owner_id: role === "owner" ? "alice" : "bob",
  role,
  task_count: 0,
  open_task_count: 0,
  created_at: "2026-11-28T12:00:00Z",
  updated_at: "2026-11-28T12:00:00Z",
});

const task = (projectId: string | null) => ({ id: "t", project_id: projectId }) as Task;

const mine = project("mine", "owner");
const edited = project("edited", "editor");
const viewed = project("viewed", "viewer");

test("an editor changes tasks, and the owner alone the project", () => {
  expect([mine, edited, viewed].map(mayEdit)).toEqual([true, true, false]);
  expect([mine, edited, viewed].map(mayManage)).toEqual([true, false, false]);
});

test("the project of a task is told apart from none and from one that is not seen", () => {
  expect(projectOf(task(null), [mine])).toBeNull();
  expect(projectOf(task("mine"), [mine])).toBe(mine);
  expect(projectOf(task("gone"), [mine])).toBeUndefined();
});

test("a task of another person's project stays in it, and one's own goes to one's own projects", () => {
  const every = [mine, edited, viewed];
  expect(placesFor(task("edited"), every)).toEqual([edited]);
  expect(placesFor(task("mine"), every)).toEqual([mine]);
  expect(placesFor(task(null), every)).toEqual([mine]);
});

test("what was listed and is not any more is lost", () => {
  expect(lost([mine, edited], [mine, viewed])).toEqual([edited]);
  expect(lost([], [mine])).toEqual([]);
});
