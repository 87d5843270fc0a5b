"use client";

import { useRef, useState } from "react";
import type { FormEvent, Ref } from "react";

import { PlusIcon } from "@/components/icons";
import { Button, Field } from "@/components/ui";
import type { Project, TaskDraft, TaskPriority } from "@/lib/backend/types";

interface TaskComposerProps {
  readonly ref: Ref<HTMLInputElement>;
  readonly projects: readonly Project[];
  readonly projectId: string | null;
  /** Rejects when the task was refused; the form then gives its text back. */
  readonly onAdd: (draft: TaskDraft) => Promise<void>;
}

/** One line to add a task with; details unfold on demand. */
export function TaskComposer({ ref, projects, projectId, onAdd }: TaskComposerProps) {
  const [details, setDetails] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const element = event.currentTarget;
    const values = new FormData(element);
    const text = (name: string) => String(values.get(name) ?? "").trim();
    const title = text("title");
    if (!title) return;
    const draft: TaskDraft = {
      title,
      priority: (text("priority") || "medium") as TaskPriority,
      due_date: text("due_date") || null,
      project_id: text("project_id") || (details ? null : projectId),
      description: text("description") || null,
    };
    element.reset();
    try {
      await onAdd(draft);
    } catch {
      const input = form.current?.elements.namedItem("title");
      if (input instanceof HTMLInputElement && !input.value) input.value = title;
    }
  }

  return (
    <form
      ref={form}
      onSubmit={submit}
      aria-label="Add a task"
      className="grid gap-4 rounded-2xl border border-line bg-surface p-3 shadow-card sm:p-4"
    >
      <div className="flex flex-wrap gap-2">
        <label className="min-w-0 grow basis-full sm:flex-1">
          <span className="sr-only">New task</span>
          <input ref={ref} name="title" className="field" placeholder="What needs doing?" required maxLength={200} autoComplete="off" />
        </label>
        <Button className="ml-auto" aria-expanded={details} aria-controls="task-details" onClick={() => setDetails(!details)}>
          Details
        </Button>
        <Button type="submit" tone="primary">
          <PlusIcon />
          Add
        </Button>
      </div>
      <div id="task-details" hidden={!details} className={details ? "grid gap-4 sm:grid-cols-3" : undefined}>
        {details ? (
          <>
            <Field label="Priority">
              {({ id }) => (
                <select id={id} name="priority" className="field" defaultValue="medium">
                  <option value="low">Low</option>
                  <option value="medium">Medium</option>
                  <option value="high">High</option>
                </select>
              )}
            </Field>
            <Field label="Due date">{({ id }) => <input id={id} name="due_date" type="date" className="field" />}</Field>
            <Field label="Project">
              {({ id }) => (
                <select id={id} name="project_id" className="field" defaultValue={projectId ?? ""}>
                  <option value="">No project</option>
                  {projects.map((project) => (
                    <option key={project.id} value={project.id}>
                      {project.name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label="Description" className="sm:col-span-3">
              {({ id }) => <textarea id={id} name="description" className="field" rows={3} maxLength={2000} />}
            </Field>
          </>
        ) : null}
      </div>
    </form>
  );
}
