"use client";

import { useCallback, useEffect, useMemo } from "react";
import useSWR from "swr";
import useSWRInfinite from "swr/infinite";

import type { TaskFilter } from "@/lib/backend/client";
import { usePerson } from "@/lib/session/person-context";
import type { Page, Project, Task, UserStats } from "@/lib/backend/types";
import { projectsKey, statsKey, tasksKey } from "./cache-keys.ts";
import { onTaskChange, announceTaskChange } from "./task-changes.ts";

/** The person's tasks, projects and counts, from the cache first and then from the backend. */

type Pages = readonly Page<Task>[];

/** How often what other people may change is asked for again, while the page is looked at. */
const SHARED_TASKS_MS = 10_000;
const SHARED_PROJECTS_MS = 3_000;
const OWN_PROJECTS_MS = 30_000;

export interface TaskList {
  readonly tasks: readonly Task[];
  readonly more: boolean;
  readonly loading: boolean;
  readonly loadingMore: boolean;
  readonly error: unknown;
  readonly loadMore: () => void;
  readonly reload: () => void;
  /**
   * Shows `change` at once, runs `action`, and takes the change back when the action fails.
   *
   * @throws what the action throws.
   */
  readonly attempt: <T>(change: (tasks: readonly Task[]) => readonly Task[], action: () => Promise<T>) => Promise<T>;
}

/** Whether a list with this filter shows the task. A search is left to the backend. */
export function matches(task: Task, filter: TaskFilter): boolean {
  if (filter.query.trim()) return true;
  if (filter.status !== null && task.status !== filter.status) return false;
  return filter.projectId === null || task.project_id === filter.projectId;
}

/**
 * @param shared whether some of the tasks are in other people's projects, who may change them or end the sharing.
 */
export function useTaskList(filter: TaskFilter, shared = false): TaskList {
  const { backend } = usePerson();
  const { data, error, size, setSize, isLoading, isValidating, mutate } = useSWRInfinite<Page<Task>>(
    (index: number, previous: Page<Task> | null) => {
      if (previous && previous.next_cursor === null) return null;
      return tasksKey(backend.userId, filter, index === 0 ? null : (previous?.next_cursor ?? null));
    },
    // The last part of a key is its cursor; the filter is the one the key was made from.
    (key: ReturnType<typeof tasksKey>) => backend.tasks(filter, key[key.length - 1] as string | null),
    // A list that is shown again is asked for again, however recently: a project deleted meanwhile moved its tasks.
    {
      revalidateAll: true,
      revalidateOnMount: true,
      dedupingInterval: 0,
      refreshInterval: shared ? SHARED_TASKS_MS : 0,
    },
  );

  useEffect(() => onTaskChange(backend.userId, () => void mutate()), [backend.userId, mutate]);

  const attempt = useCallback<TaskList["attempt"]>(
    async (change, action) => {
      let result: Awaited<ReturnType<typeof action>> | undefined;
      await mutate(
        async (current: Page<Task>[] | undefined) => {
          result = await action();
          return current;
        },
        {
          optimisticData: (current?: Page<Task>[]) => rewrite(current ?? [], (tasks) => change(tasks).filter((task) => matches(task, filter))),
          rollbackOnError: true,
          populateCache: false,
          revalidate: true,
        },
      );
      announceTaskChange(backend.userId);
      return result as Awaited<ReturnType<typeof action>>;
    },
    [backend.userId, filter, mutate],
  );

  const pages: Pages = useMemo(() => data ?? [], [data]);
  const tasks = useMemo(() => pages.flatMap((page) => page.items), [pages]);
  return {
    tasks,
    more: (pages.at(-1)?.next_cursor ?? null) !== null,
    loading: isLoading,
    loadingMore: isValidating && size > pages.length,
    error,
    loadMore: () => void setSize(size + 1),
    reload: () => void mutate(),
    attempt,
  };
}

/** Applies a change to the tasks of all pages while keeping their borders. */
function rewrite(pages: Page<Task>[], change: (tasks: readonly Task[]) => readonly Task[]): Page<Task>[] {
  const [first, ...rest] = pages;
  if (!first) return [{ items: change([]), next_cursor: null }];
  const after = change(pages.flatMap((page) => page.items));
  const home = new Map(rest.flatMap((page, index) => page.items.map((task) => [task.id, index + 1] as const)));
  return pages.map((page, index) => ({
    items: after.filter((task) => (home.get(task.id) ?? 0) === index),
    next_cursor: page.next_cursor,
  }));
}

const NONE: readonly Project[] = [];

function isShared(project: Project): boolean {
  return project.role !== "owner";
}

export function useProjects() {
  const { backend } = usePerson();
  const { data, error, isLoading, mutate } = useSWR<readonly Project[]>(
    projectsKey(backend.userId),
    () => backend.projects(),
    { refreshInterval: (projects) => (projects?.some(isShared) ? SHARED_PROJECTS_MS : OWN_PROJECTS_MS) },
  );
  useEffect(() => onTaskChange(backend.userId, () => void mutate()), [backend.userId, mutate]);
  return {
    projects: data ?? NONE,
    /** Whether some are other people's. */
    shared: data?.some(isShared) ?? false,
    /** Whether they are known; until then nothing can be said of a task's project. */
    known: data !== undefined,
    error: error as unknown,
    loading: isLoading,
    mutate,
  };
}

export function useStats() {
  const { backend } = usePerson();
  const { data, error, mutate } = useSWR<UserStats>(statsKey(backend.userId), () => backend.stats());
  useEffect(() => onTaskChange(backend.userId, () => void mutate()), [backend.userId, mutate]);
  return { stats: data, error: error as unknown };
}
