import type { Project, Role, Task } from "@/lib/backend/types";

/** What each role in a project may do. The backend decides; the pages offer what it would do. */

export const ROLE_NAMES: Readonly<Record<Role, string>> = { owner: "Owner", editor: "Editor", viewer: "Viewer" };

/** What a role lets its person do, as the end of a sentence that begins with "may". */
export const ROLE_RIGHTS: Readonly<Record<Role, string>> = {
  owner: "own it, with its tasks and members",
  editor: "see it, and add, change and delete its tasks",
  viewer: "see it and its tasks",
};

/** Whether tasks of the project may be added, changed and deleted. */
export function mayEdit(project: Project): boolean {
  return project.role !== "viewer";
}

/** Whether the project may be renamed, deleted and shared. */
export function mayManage(project: Project): boolean {
  return project.role === "owner";
}

/** The project that a task is in; null for a task without one, undefined where it is not seen (any more). */
export function projectOf(task: Task, projects: readonly Project[]): Project | null | undefined {
  if (task.project_id === null) return null;
  return projects.find((project) => project.id === task.project_id);
}

/** Where a task may be moved to: an owner's among their own projects, an editor's nowhere. */
export function placesFor(task: Task, projects: readonly Project[]): readonly Project[] {
  const here = projectOf(task, projects);
  return here && !mayManage(here) ? [here] : projects.filter(mayManage);
}

/** The projects of `before` that `now` lacks. */
export function lost(before: readonly Project[], now: readonly Project[]): readonly Project[] {
  const there = new Set(now.map((project) => project.id));
  return before.filter((project) => !there.has(project.id));
}
