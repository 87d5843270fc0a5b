"use client";

import { useRef } from "react";
import type { KeyboardEvent } from "react";

import { TaskRow } from "@/components/tasks/task-row";
import { Alert, Button } from "@/components/ui";
import type { TaskFilter } from "@/lib/backend/client";
import { describeError } from "@/lib/backend/errors";
import type { Task } from "@/lib/backend/types";
import type { TaskActions } from "@/lib/tasks/use-task-actions";
import type { TaskList } from "@/lib/tasks/use-tasks";

interface TaskListViewProps {
  readonly list: TaskList;
  /** The tasks of the list without those that are about to be deleted. */
  readonly tasks: readonly Task[];
  readonly filter: TaskFilter;
  readonly actions: TaskActions;
  readonly showProject: boolean;
  /** Whether a task is one that the person may only look at. */
  readonly readOnly: (task: Task) => boolean;
  readonly onEdit: (task: Task) => void;
  /** Null where no task may be added. */
  readonly onNew: (() => void) | null;
}

/** The list with its states: loading, failed, empty, filled. Arrow keys move between the rows. */
export function TaskListView({ list, tasks, filter, actions, showProject, readOnly, onEdit, onNew }: TaskListViewProps) {
  const rows = useRef<HTMLUListElement>(null);

  function walk(event: KeyboardEvent<HTMLUListElement>) {
    const target = event.target as HTMLElement;
    const row = target.closest("li");
    if (!row || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
    const control = target.dataset.control;
    const wanted = next?.querySelector<HTMLElement>(`[data-control="${control ?? "done"}"]`);
    if (!wanted) return;
    event.preventDefault();
    wanted.focus();
  }

  /** Keeps the keyboard in the list when the row it was in goes away. */
  function remove(task: Task) {
    const row = rows.current?.querySelector<HTMLElement>(`li[data-task="${CSS.escape(task.id)}"]`);
    const near = row?.nextElementSibling ?? row?.previousElementSibling;
    actions.remove(task);
    near?.querySelector<HTMLElement>('[data-control="done"]')?.focus();
  }

  if (list.loading) return <Loading />;
  const problem = list.error ? (
    <Alert>
      <span className="flex flex-wrap items-center justify-between gap-3">
        {describeError(list.error)}
        <Button compact onClick={list.reload}>
          Try again
        </Button>
      </span>
    </Alert>
  ) : null;
  if (problem && tasks.length === 0) return problem;

  return (
    <section aria-label="Tasks" className="grid gap-4">
      {problem}
      {tasks.length === 0 ? (
        <Empty filter={filter} onNew={onNew} />
      ) : (
        <ul ref={rows} onKeyDown={walk} className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-surface shadow-card">
          {tasks.map((task) => (
            <TaskRow
              key={task.id}
              task={task}
              showProject={showProject}
              readOnly={readOnly(task)}
              onToggle={() => void actions.toggle(task)}
              onEdit={() => onEdit(task)}
              onRemove={() => remove(task)}
            />
          ))}
        </ul>
      )}
      {list.more ? (
        <Button className="justify-self-center" disabled={list.loadingMore} onClick={list.loadMore}>
          {list.loadingMore ? "Loading…" : "Show more tasks"}
        </Button>
      ) : null}
    </section>
  );
}

function Loading() {
  return (
    <div role="status" className="overflow-hidden rounded-2xl border border-line bg-surface">
      <span className="sr-only">Loading your tasks…</span>
      {["w-2/5", "w-3/5", "w-1/3", "w-1/2"].map((width) => (
        <div key={width} className="flex animate-pulse items-center gap-4 border-b border-line px-5 py-5 last:border-b-0">
          <div className="size-6 rounded-full bg-sunken" />
          <div className={`h-4 rounded bg-sunken ${width}`} />
        </div>
      ))}
    </div>
  );
}

function Empty({ filter, onNew }: { readonly filter: TaskFilter; readonly onNew: (() => void) | null }) {
  const searching = filter.query.trim() !== "";
  const narrowed = searching || filter.status !== null || filter.projectId !== null;
  return (
    <div className="grid justify-items-center gap-3 rounded-2xl border border-dashed border-edge px-6 py-14 text-center">
      <h2 className="text-lg font-medium">{narrowed ? "Nothing matches" : "No tasks yet"}</h2>
      <p className="max-w-sm text-muted">
        {searching
          ? "No title or description contains these words. Try fewer of them."
          : narrowed
            ? `There is no task in this view. Choose another status or project${onNew ? ", or add one" : ""}.`
            : "Write down the first thing on your mind. The assistant can add tasks for you as well."}
      </p>
      {searching || onNew === null ? null : (
        <Button tone="primary" onClick={onNew}>
          Add a task
        </Button>
      )}
    </div>
  );
}
