"use client";

import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { useNotices } from "@/components/notices";
import { APIError } from "@/lib/backend/errors";
import { usePerson } from "@/lib/session/person-context";
import type { Project, Task, TaskChange, TaskDraft } from "@/lib/backend/types";
import { finishBeforeSignOut } from "@/lib/session/before-sign-out";
import type { TaskList } from "./use-tasks.ts";
import { announceTaskChange } from "./task-changes.ts";

/**
 * What a person can do to tasks, shown at once and taken back when the backend refuses.
 *
 * A deletion is carried out when its time to undo has passed, or when the page is left: the task
 * then keeps its id and history if the person changes their mind.
 */

const UNDO_MS = 6_000;

/** Mark of a task that the backend has not given an id yet. */
const UNSAVED = "unsaved:";

export function isUnsaved(task: Task): boolean {
  return task.id.startsWith(UNSAVED);
}

interface PendingDeletion {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly notice: number;
}

export function useTaskActions(list: TaskList, projects: readonly Project[]) {
  const { backend } = usePerson();
  const notices = useNotices();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const pendingDeletions = useRef(new Map<string, PendingDeletion>());
  const serial = useRef(0);
  const { attempt } = list;

  const unhide = useCallback((id: string) => {
    setHidden((current) => new Set([...current].filter((other) => other !== id)));
  }, []);

  const carryOut = useCallback(
    async (id: string, keepalive = false) => {
      const entry = pendingDeletions.current.get(id);
      if (!entry) return;
      pendingDeletions.current.delete(id);
      clearTimeout(entry.timer);
      notices.dismiss(entry.notice);
      try {
        await attempt(
          (tasks) => tasks.filter((task) => task.id !== id),
          async () => {
            try {
              await backend.deleteTask(id, { keepalive });
            } catch (error) {
              // Gone already is what was wanted.
              if (!(error instanceof APIError) || error.status !== 404) throw error;
            }
          },
        );
      } catch (error) {
        notices.fail(error);
      }
      unhide(id);
    },
    [attempt, backend, notices, unhide],
  );

  const latest = useRef(carryOut);
  useEffect(() => {
    latest.current = carryOut;
  }, [carryOut]);

  useEffect(() => {
    const waiting = pendingDeletions.current;
    const finish = async (keepalive: boolean) => {
      await Promise.allSettled([...waiting.keys()].map((id) => latest.current(id, keepalive)));
    };
    const hide = () => void finish(true);
    window.addEventListener("pagehide", hide);
    const release = finishBeforeSignOut(() => finish(false));
    return () => {
      window.removeEventListener("pagehide", hide);
      release();
      void finish(true);
    };
  }, []);

  return useMemo(
    () => ({
      hidden,

      /** Adds a task. @throws what the backend refused it with, so that the form keeps the text. */
      async add(draft: TaskDraft): Promise<void> {
        const now = new Date().toISOString();
        const task: Task = {
          id: `${UNSAVED}${++serial.current}`,
          title: draft.title,
          description: draft.description ?? null,
          status: draft.status ?? "pending",
          priority: draft.priority ?? "medium",
          due_date: draft.due_date ?? null,
          project_id: draft.project_id ?? null,
          project_name: projects.find((project) => project.id === draft.project_id)?.name ?? null,
          created_at: now,
          updated_at: now,
          completed_at: null,
        };
        await attempt(
          (tasks) => [task, ...tasks],
          () => backend.addTask(draft),
        );
      },

      /** Changes a task. @throws what the backend refused it with, so that the form stays open. */
      async change(task: Task, change: TaskChange): Promise<void> {
        const project = projects.find((candidate) => candidate.id === change.project_id);
        const shown: Task = {
          ...task,
          ...change,
          ...("project_id" in change ? { project_name: project?.name ?? null } : {}),
        };
        await attempt(
          (tasks) => tasks.map((other) => (other.id === task.id ? shown : other)),
          () => backend.changeTask(task.id, change),
        );
      },

      /** Completes a task, or reopens a completed one. */
      async toggle(task: Task): Promise<void> {
        const done = task.status === "completed";
        try {
          await attempt(
            (tasks) =>
              tasks.map((other) =>
                other.id === task.id ? { ...other, status: done ? "pending" : "completed" } : other,
              ),
            () => (done ? backend.changeTask(task.id, { status: "pending" }) : backend.completeTask(task.id)),
          );
        } catch (error) {
          notices.fail(error);
        }
      },

      /** Completes every open task, of one project where one is given. */
      async completeAll(projectId: string | null): Promise<void> {
        try {
          const { completed } = await attempt(
            (tasks) =>
              tasks.map((task) =>
                projectId === null || task.project_id === projectId ? { ...task, status: "completed" } : task,
              ),
            () => backend.completeAll(projectId),
          );
          notices.show(completed === 1 ? "One task completed." : `${completed} tasks completed.`);
        } catch (error) {
          notices.fail(error);
        }
      },

      /** Hides a task and deletes it when the time to undo has passed. */
      remove(task: Task): void {
        const { id } = task;
        if (pendingDeletions.current.has(id)) return;
        setHidden((current) => new Set([...current, id]));
        const notice = notices.show(`“${shorten(task.title)}” deleted.`, {
          ms: null,
          action: {
            label: "Undo",
            run: () => {
              const entry = pendingDeletions.current.get(id);
              if (!entry) return;
              clearTimeout(entry.timer);
              pendingDeletions.current.delete(id);
              unhide(id);
            },
          },
        });
        pendingDeletions.current.set(id, { notice, timer: setTimeout(() => void carryOut(id), UNDO_MS) });
      },

      /** Adds a project and gives it back. @throws what the backend refused it with. */
      async addProject(name: string): Promise<Project> {
        const project = await backend.addProject(name);
        announceTaskChange(backend.userId);
        return project;
      },

      /** Renames a project. @throws what the backend refused it with. */
      async renameProject(id: string, name: string): Promise<void> {
        await backend.renameProject(id, name);
        announceTaskChange(backend.userId);
      },

      /** Deletes a project; its tasks stay. @throws what the backend refused it with. */
      async deleteProject(id: string): Promise<void> {
        await backend.deleteProject(id);
        announceTaskChange(backend.userId);
      },
    }),
    [attempt, backend, carryOut, hidden, notices, projects, unhide],
  );
}

export type TaskActions = ReturnType<typeof useTaskActions>;

function shorten(title: string): string {
  return title.length > 40 ? `${title.slice(0, 39)}…` : title;
}
