"use client";

import { useEffect, useMemo, useRef, useState } from "react";

import { KeyboardIcon, PeopleIcon } from "@/components/icons";
import { useNotices } from "@/components/notices";
import { SharingDialog } from "@/components/sharing/sharing-dialog";
import { Filters } from "@/components/tasks/filters";
import { ProjectDialog } from "@/components/tasks/project-dialog";
import type { ProjectRequest } from "@/components/tasks/project-dialog";
import { ProjectPanel } from "@/components/tasks/project-panel";
import { Shortcuts } from "@/components/tasks/shortcuts";
import { StatsStrip } from "@/components/tasks/stats-strip";
import { TaskComposer } from "@/components/tasks/task-composer";
import { TaskDialog } from "@/components/tasks/task-dialog";
import { TaskListView } from "@/components/tasks/task-list";
import { Button } from "@/components/ui";
import type { TaskFilter } from "@/lib/backend/client";
import type { Task } from "@/lib/backend/types";
import { mayEdit, mayManage, placesFor, projectOf, ROLE_NAMES } from "@/lib/sharing/roles";
import { useLostProjects } from "@/lib/sharing/use-sharing";
import { useTaskActions } from "@/lib/tasks/use-task-actions";
import { useProjects, useTaskList } from "@/lib/tasks/use-tasks";

/**
 * The task page. What is filtered and searched stays in memory: in the address it would remain in
 * the browser's history for the next person at this machine.
 */
export function Dashboard() {
  const notices = useNotices();
  const [status, setStatus] = useState<TaskFilter["status"]>(null);
  const [projectId, setProjectId] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const query = useSettled(typed, 250);
  const filter = useMemo<TaskFilter>(() => ({ status, projectId, query }), [status, projectId, query]);

  const { projects, shared, known, loading: projectsLoading, error: projectsError } = useProjects();
  const list = useTaskList(filter, shared);
  const actions = useTaskActions(list, projects);

  const [editing, setEditing] = useState<Task | null>(null);
  const [request, setRequest] = useState<ProjectRequest | null>(null);
  const [sharing, setSharing] = useState(false);
  const [help, setHelp] = useState(false);
  const [keys, setKeys] = useState(true);
  const composer = useRef<HTMLInputElement>(null);
  const search = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (!keys) return;
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog")) return;
      if (event.key === "n") composer.current?.focus();
      else if (event.key === "/") search.current?.focus();
      else if (event.key === "?") setHelp(true);
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [keys]);

  useLostProjects(projects, (lost) => {
    // Deleted, left, or no longer shared: nothing of it stays on the screen.
    const gone = lost.find((each) => each.id === projectId);
    if (gone) setProjectId(null);
    // Without its name, which is part of what was taken back.
    if (gone && !mayManage(gone)) notices.show("A project is no longer shared with you.");
    if (editing && lost.some((each) => each.id === editing.project_id)) setEditing(null);
    if (gone) setSharing(false);
    list.reload();
  });

  const project = projects.find((candidate) => candidate.id === projectId) ?? null;
  const editable = projects.filter(mayEdit);
  const readOnly = (task: Task) => {
    const place = projectOf(task, projects);
    return place ? !mayEdit(place) : false;
  };
  // A list that was loaded before a project was lost still has its tasks.
  const shown = list.tasks.filter(
    (task) => !actions.hidden.has(task.id) && !(known && projectOf(task, projects) === undefined),
  );
  const open = shown.some((task) => task.status !== "completed" && !readOnly(task));

  return (
    // Room at the end, so that no row stays under the notices.
    <div className="grid items-start gap-x-8 gap-y-6 pb-20 lg:grid-cols-[15rem_minmax(0,1fr)]">
      <ProjectPanel
        projects={projects}
        loading={projectsLoading}
        error={projectsError}
        selected={projectId}
        onSelect={setProjectId}
        onAdd={() => setRequest({ kind: "add" })}
      />
      <div className="grid min-w-0 gap-5">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <h1 className="mr-auto min-w-0 text-2xl font-semibold tracking-tight">{project ? project.name : "All tasks"}</h1>
          {project ? (
            <>
              {mayManage(project) ? null : (
                <span className="max-w-full text-sm break-all text-muted">
                  {ROLE_NAMES[project.role]}, shared by {project.owner_id}
                </span>
              )}
              <Button compact onClick={() => setSharing(true)}>
                <PeopleIcon />
                {mayManage(project) ? "Share" : "Members"}
              </Button>
              {mayManage(project) ? (
                <>
                  <Button compact onClick={() => setRequest({ kind: "rename", project })}>
                    Rename
                  </Button>
                  <Button compact tone="danger" onClick={() => setRequest({ kind: "delete", project })}>
                    Delete project
                  </Button>
                </>
              ) : null}
            </>
          ) : null}
          <div className="hidden sm:block">
            <Button compact tone="quiet" onClick={() => setHelp(true)}>
              <KeyboardIcon />
              Keyboard
            </Button>
          </div>
        </div>
        <StatsStrip />
        {project && !mayEdit(project) ? (
          <p className="rounded-2xl border border-line bg-surface px-4 py-3 text-muted">
            You may look at the tasks of this project. To change them, ask its owner to make you an editor.
          </p>
        ) : (
          <TaskComposer
            key={projectId ?? "none"}
            ref={composer}
            projects={editable}
            projectId={projectId}
            onAdd={async (draft) => {
              try {
                await actions.add(draft);
              } catch (error) {
                notices.fail(error);
                throw error;
              }
            }}
          />
        )}
        <Filters
          searchRef={search}
          status={status}
          onStatus={setStatus}
          query={typed}
          onQuery={setTyped}
          canComplete={open && !query.trim()}
          onCompleteAll={() => void actions.completeAll(projectId)}
          scope={project?.name ?? null}
        />
        <TaskListView
          list={list}
          tasks={shown}
          filter={filter}
          actions={actions}
          showProject={projectId === null}
          readOnly={readOnly}
          onEdit={setEditing}
          onNew={project && !mayEdit(project) ? null : () => composer.current?.focus()}
        />
      </div>
      {editing ? (
        <TaskDialog
          task={editing}
          projects={placesFor(editing, projects)}
          movable={projectOf(editing, projects) === null || placesFor(editing, projects).some(mayManage)}
          onClose={() => setEditing(null)}
          onSave={(change) => actions.change(editing, change)}
        />
      ) : null}
      {request ? (
        <ProjectDialog
          request={request}
          actions={actions}
          onClose={() => setRequest(null)}
          onAdded={(added) => setProjectId(added.id)}
          onDeleted={() => setProjectId(null)}
        />
      ) : null}
      {sharing && project ? (
        <SharingDialog
          project={project}
          onClose={() => setSharing(false)}
          onLeft={() => {
            setSharing(false);
            setProjectId(null);
          }}
        />
      ) : null}
      {help ? <Shortcuts enabled={keys} onEnabled={setKeys} onClose={() => setHelp(false)} /> : null}
    </div>
  );
}

/** `value` once it has not changed for `ms` milliseconds; an emptied one counts at once. */
function useSettled(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), value ? ms : 0);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
