"use client";

import Link from "next/link";
import { useMemo } from "react";

import { CheckIcon } from "@/components/icons";
import { describeError } from "@/lib/backend/errors";
import type { TaskFilter } from "@/lib/backend/client";
import { projectOf } from "@/lib/sharing/roles";
import { useLostProjects } from "@/lib/sharing/use-sharing";
import { useProjects, useTaskList } from "@/lib/tasks/use-tasks";

const SHOWN = 8;

/** The newest tasks beside the conversation, so that a person sees what the assistant does. */
export function TaskGlance() {
  const filter = useMemo<TaskFilter>(() => ({ status: null, projectId: null, query: "" }), []);
  const { projects, shared, known } = useProjects();
  const { tasks: loaded, loading, error, reload } = useTaskList(filter, shared);
  useLostProjects(projects, reload);
  const tasks = loaded.filter((task) => !(known && projectOf(task, projects) === undefined));
  return (
    <aside aria-label="Your tasks" className="hidden content-start gap-3 lg:grid">
      <div className="flex items-baseline justify-between">
        <h2 className="text-sm font-medium text-muted">Your tasks</h2>
        <Link href="/tasks" prefetch={false} className="text-sm font-medium text-accent underline underline-offset-4">
          Open the list
        </Link>
      </div>
      {error && tasks.length === 0 ? <p className="text-sm text-danger">{describeError(error)}</p> : null}
      {!loading && !error && tasks.length === 0 ? (
        <p className="rounded-xl border border-dashed border-edge px-4 py-6 text-center text-sm text-muted">No tasks yet.</p>
      ) : null}
      {tasks.length > 0 ? (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface">
          {tasks.slice(0, SHOWN).map((task) => {
            const done = task.status === "completed";
            return (
              <li key={task.id} className="flex items-start gap-2.5 px-3.5 py-2.5 text-sm">
                <span
                  className={`mt-0.5 grid size-4.5 shrink-0 place-items-center rounded-full border ${
                    done ? "border-accent bg-accent text-on-accent" : "border-edge text-transparent"
                  }`}
                >
                  <CheckIcon className="size-3" />
                </span>
                <span className={`line-clamp-2 min-w-0 ${done ? "text-muted line-through" : ""}`}>
                  {task.title}
                  {done ? <span className="sr-only"> (done)</span> : null}
                </span>
              </li>
            );
          })}
        </ul>
      ) : null}
    </aside>
  );
}
