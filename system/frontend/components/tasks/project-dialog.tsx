"use client";

import { useState } from "react";
import type { FormEvent } from "react";

import { Dialog } from "@/components/dialog";
import { Alert, Button, Field } from "@/components/ui";
import { describeError } from "@/lib/backend/errors";
import type { Project } from "@/lib/backend/types";
import type { TaskActions } from "@/lib/tasks/use-task-actions";

export type ProjectRequest =
  | { readonly kind: "add" }
  | { readonly kind: "rename"; readonly project: Project }
  | { readonly kind: "delete"; readonly project: Project };

interface ProjectDialogProps {
  readonly request: ProjectRequest;
  readonly actions: TaskActions;
  readonly onClose: () => void;
  readonly onAdded: (project: Project) => void;
  readonly onDeleted: () => void;
}

const TITLES = { add: "New project", rename: "Rename project", delete: "Delete project" } as const;
const VERBS = { add: "Create", rename: "Rename", delete: "Delete" } as const;

/** Adds, renames or deletes a project; a refusal is shown where the name was typed. */
export function ProjectDialog({ request, actions, onClose, onAdded, onDeleted }: ProjectDialogProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    setBusy(true);
    setProblem(null);
    try {
      if (request.kind === "add") onAdded(await actions.addProject(name));
      else if (request.kind === "rename") await actions.renameProject(request.project.id, name);
      else {
        await actions.deleteProject(request.project.id);
        onDeleted();
      }
      onClose();
    } catch (error) {
      setProblem(describeError(error));
      setBusy(false);
    }
  }

  return (
    <Dialog title={TITLES[request.kind]} onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4">
        {problem ? <Alert>{problem}</Alert> : null}
        {request.kind === "delete" ? (
          <p>
            “{request.project.name}” will be gone.{" "}
            {request.project.task_count > 0
              ? "Its tasks stay in your list, without a project."
              : "It has no tasks."}
          </p>
        ) : (
          <Field label="Name">
            {({ id }) => (
              <input
                id={id}
                name="name"
                className="field"
                defaultValue={request.kind === "rename" ? request.project.name : ""}
                required
                maxLength={100}
                autoComplete="off"
                data-first
              />
            )}
          </Field>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone={request.kind === "delete" ? "danger" : "primary"} disabled={busy}>
            {VERBS[request.kind]}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
