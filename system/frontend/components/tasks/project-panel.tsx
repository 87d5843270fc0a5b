"use client";

import { FolderIcon, PeopleIcon, PlusIcon } from "@/components/icons";
import { IconButton } from "@/components/ui";
import type { Project } from "@/lib/backend/types";

interface ProjectPanelProps {
  readonly projects: readonly Project[];
  readonly loading: boolean;
  readonly error: unknown;
  readonly selected: string | null;
  readonly onSelect: (id: string | null) => void;
  readonly onAdd: () => void;
}

/** The projects: a column beside the list, or a row above it that scrolls sideways. */
export function ProjectPanel({ projects, loading, error, selected, onSelect, onAdd }: ProjectPanelProps) {
  return (
    <nav aria-label="Projects" className="min-w-0 lg:sticky lg:top-20">
      <div className="flex items-center justify-between gap-2 pl-1">
        <h2 className="text-sm font-medium text-muted">Projects</h2>
        <IconButton label="New project" onClick={onAdd}>
          <PlusIcon />
        </IconButton>
      </div>
      <ul className="relative -mx-4 flex gap-1.5 overflow-x-auto px-4 py-1 lg:mx-0 lg:grid lg:max-h-[70dvh] lg:gap-0.5 lg:overflow-y-auto lg:px-1">
        <Choice name="All tasks" here={selected === null} onSelect={() => onSelect(null)} />
        {projects.map((project) => (
          <Choice
            key={project.id}
            name={project.name}
            count={project.open_task_count}
            shared={project.role !== "owner"}
            here={selected === project.id}
            onSelect={() => onSelect(project.id)}
          />
        ))}
      </ul>
      {error && projects.length === 0 ? (
        <p role="alert" className="px-1 text-sm text-danger">
          Projects could not be loaded.
        </p>
      ) : null}
      {!error && !loading && projects.length === 0 ? (
        <p className="hidden px-3 pt-1 text-sm text-muted lg:block">Projects group tasks that belong together.</p>
      ) : null}
    </nav>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly count?: number;
  /** Whether it is another person's. */
  readonly shared?: boolean;
  readonly here: boolean;
  readonly onSelect: () => void;
}

function Choice({ name, count, shared = false, here, onSelect }: ChoiceProps) {
  return (
    <li className="shrink-0 lg:min-w-0">
      <button
        type="button"
        aria-current={here ? "true" : undefined}
        onClick={onSelect}
        className={`flex min-h-10 w-full max-w-56 items-center gap-2 rounded-lg border px-3 text-left text-sm font-medium lg:max-w-none lg:border-transparent ${
          here ? "border-accent bg-accent-soft text-accent-strong" : "border-line text-ink hover:bg-sunken"
        }`}
      >
        {shared ? <PeopleIcon className="size-4 shrink-0" /> : <FolderIcon className="size-4 shrink-0" />}
        <span className="min-w-0 flex-1 truncate">{name}</span>
        {shared ? <span className="sr-only"> shared with you,</span> : null}
        {count === undefined ? null : (
          <span className="text-muted tabular-nums">
            {count}
            <span className="sr-only"> open</span>
          </span>
        )}
      </button>
    </li>
  );
}
