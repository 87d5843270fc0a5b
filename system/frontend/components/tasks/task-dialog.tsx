"use client";

import { useState } from "react";
import type { FormEvent } from "react";

import { Dialog } from "@/components/dialog";
import { Alert, Button, Field } from "@/components/ui";
import { describeError } from "@/lib/backend/errors";
import type { Project, Task, TaskChange, TaskPriority, TaskStatus } from "@/lib/backend/types";

interface TaskDialogProps {
  readonly task: Task;
  /** The projects that it may be moved to, the one that it is in among them. */
  readonly projects: readonly Project[];
  /** Whether it may be taken out of its project. */
  readonly movable: boolean;
  readonly onClose: () => void;
  /** Rejects when the change was refused; the dialog then stays with what was typed. */
  readonly onSave: (change: TaskChange) => Promise<void>;
}

export function TaskDialog({ task, projects, movable, onClose, onSave }: TaskDialogProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const wanted = {
      title: text("title"),
      description: text("description") || null,
      status: text("status") as TaskStatus,
      priority: text("priority") as TaskPriority,
      due_date: text("due_date") || null,
      project_id: text("project_id") || null,
    };
    // Only what the person touched: somebody else's tab may have changed the rest.
    const change: TaskChange = Object.fromEntries(
      Object.entries(wanted).filter(([name, value]) => task[name as keyof typeof wanted] !== value),
    );
    if (Object.keys(change).length === 0) {
      onClose();
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await onSave(change);
      onClose();
    } catch (error) {
      setProblem(describeError(error));
      setBusy(false);
    }
  }

  return (
    <Dialog title="Edit task" onClose={onClose}>
      <form onSubmit={submit} className="grid grid-cols-2 gap-4">
        {problem ? (
          <div className="col-span-2">
            <Alert>{problem}</Alert>
          </div>
        ) : null}
        <Field label="Title" className="col-span-2">
          {({ id }) => (
            <input id={id} name="title" className="field" defaultValue={task.title} required maxLength={200} autoComplete="off" data-first />
          )}
        </Field>
        <Field label="Description" className="col-span-2">
          {({ id }) => (
            <textarea id={id} name="description" className="field" rows={4} maxLength={2000} defaultValue={task.description ?? ""} />
          )}
        </Field>
        <Field label="Status">
          {({ id }) => (
            <select id={id} name="status" className="field" defaultValue={task.status}>
              <option value="pending">To do</option>
              <option value="in_progress">In progress</option>
              <option value="completed">Done</option>
            </select>
          )}
        </Field>
        <Field label="Priority">
          {({ id }) => (
            <select id={id} name="priority" className="field" defaultValue={task.priority}>
              <option value="low">Low</option>
              <option value="medium">Medium</option>
              <option value="high">High</option>
            </select>
          )}
        </Field>
        <Field label="Due date" className="col-span-2 sm:col-span-1">
          {({ id }) => <input id={id} name="due_date" type="date" className="field" defaultValue={task.due_date ?? ""} />}
        </Field>
        <Field label="Project" className="col-span-2 sm:col-span-1">
          {({ id }) => (
            <select id={id} name="project_id" className="field" defaultValue={task.project_id ?? ""}>
              {movable ? <option value="">No project</option> : null}
              {projects.map((project) => (
                <option key={project.id} value={project.id}>
                  {project.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <div className="flex justify-end gap-2 col-span-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" disabled={busy}>
            {busy ? "Saving…" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
