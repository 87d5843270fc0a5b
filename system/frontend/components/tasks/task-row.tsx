"use client";

import { CalendarIcon, CheckIcon, FlagIcon, FolderIcon, PencilIcon, TrashIcon } from "@/components/icons";
import { IconButton } from "@/components/ui";
import type { Task } from "@/lib/backend/types";
import { dueLabel, today } from "@/lib/tasks/due-dates";
import { isUnsaved } from "@/lib/tasks/use-task-actions";

interface TaskRowProps {
  readonly task: Task;
  readonly showProject: boolean;
  readonly readOnly: boolean;
  readonly onToggle: () => void;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

export function TaskRow({ task, showProject, readOnly, onToggle, onEdit, onRemove }: TaskRowProps) {
  const done = task.status === "completed";
  const unsaved = isUnsaved(task);
  return (
    <li data-task={task.id} className="group flex items-start gap-1 px-2 py-1.5 hover:bg-paper sm:px-3" aria-busy={unsaved || undefined}>
      <label className="grid size-11 shrink-0 cursor-pointer place-items-center rounded-lg has-focus-visible:outline-2 has-focus-visible:outline-focus">
        <input
          type="checkbox"
          className="peer sr-only"
          data-control="done"
          aria-label={`Done: ${task.title}`}
          checked={done}
          disabled={unsaved || readOnly}
          onChange={onToggle}
        />
        <span className="grid size-6 place-items-center rounded-full border-2 border-edge text-transparent peer-checked:border-accent peer-checked:bg-accent peer-checked:text-on-accent peer-disabled:opacity-50">
          <CheckIcon className="size-4" />
        </span>
      </label>
      <div className="min-w-0 flex-1 py-2.5">
        <p className={`leading-6 ${done ? "text-muted line-through decoration-edge" : ""}`}>{task.title}</p>
        {task.description ? <p className="line-clamp-2 text-sm text-muted">{task.description}</p> : null}
        <Facts task={task} showProject={showProject} />
      </div>
      {readOnly ? null : (
        <>
          <IconButton label={`Edit ${task.title}`} data-control="edit" disabled={unsaved} onClick={onEdit} className="mt-0.5">
            <PencilIcon />
          </IconButton>
          <IconButton label={`Delete ${task.title}`} data-control="delete" disabled={unsaved} onClick={onRemove} className="mt-0.5">
            <TrashIcon />
          </IconButton>
        </>
      )}
    </li>
  );
}

/** Status, priority, date and project, each only where it says something. */
function Facts({ task, showProject }: { readonly task: Task; readonly showProject: boolean }) {
  const done = task.status === "completed";
  const overdue = task.due_date !== null && !done && task.due_date < today();
  const facts = [
    task.status === "in_progress" ? (
      <span key="status" className="rounded-full bg-accent-soft px-2 py-0.5 text-xs font-medium text-accent-strong">
        In progress
      </span>
    ) : null,
    task.priority !== "medium" && !done ? (
      <span key="priority" className={`inline-flex items-center gap-1 ${task.priority === "high" ? "text-warn" : ""}`}>
        <FlagIcon className="size-4" />
        {task.priority === "high" ? "High priority" : "Low priority"}
      </span>
    ) : null,
    task.due_date ? (
      <span key="due" className={`inline-flex items-center gap-1 ${overdue ? "font-medium text-danger" : ""}`}>
        <CalendarIcon className="size-4" />
        <span>
          {overdue ? "Overdue since " : "Due "}
          <time dateTime={task.due_date}>{dueLabel(task.due_date)}</time>
        </span>
      </span>
    ) : null,
    showProject && task.project_name ? (
      <span key="project" className="inline-flex min-w-0 items-center gap-1">
        <FolderIcon className="size-4 shrink-0" />
        <span className="truncate">{task.project_name}</span>
      </span>
    ) : null,
  ].filter(Boolean);
  if (facts.length === 0) return null;
  return <div className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-muted">{facts}</div>;
}
