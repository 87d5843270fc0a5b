"""Tasks and projects as resources: `task://{task_id}` and `project://{project_id}`.

A resource has no `user_id`, so the subject is the token's and nothing in a URI can name another.
A foreign URI, one of nothing and a malformed one get the same answer. The list holds the caller's
own projects and tasks; no client is notified of changes, and a client reads again.
"""

from __future__ import annotations

from typing import NoReturn
from uuid import UUID

from mcp.types import Annotations, ListResourcesResult, Resource

from system.errors import NotFound, ValidationFailed
from system.mcp.data_access.base import Data
from system.mcp.gate import caller
from system.mcp.guarded import GuardedServer
from system.store.schemas import MAX_PAGE, ProjectView, TaskView

_JSON = "application/json"
_FROM_PROJECTS = "projects-"
_FROM_TASKS = "tasks-"


def register(server: GuardedServer, data: Data) -> None:
    """Add the resources to a server."""

    @server.resource("task://{task_id}", name="task", title="Task", mime_type=_JSON)
    async def task(task_id: str) -> str:
        """A task of the caller, as the tool get_task gives it."""
        return (await data.get_task(caller(), _known(task_id))).model_dump_json()

    @server.resource("project://{project_id}", name="project", title="Project", mime_type=_JSON)
    async def project(project_id: str) -> str:
        """A project of the caller, with the number of its tasks."""
        return (await data.get_project(caller(), _known(project_id))).model_dump_json()

    async def listing(subject: str, cursor: str | None) -> ListResourcesResult:
        found: list[Resource] = []
        if cursor is None or cursor.startswith(_FROM_PROJECTS):
            after = None if cursor is None else _position(cursor, _FROM_PROJECTS)
            projects = await data.list_projects(subject, after, MAX_PAGE)
            found += [_project(each) for each in projects.items]
            if projects.next_cursor is not None:
                return _page(found, _FROM_PROJECTS, projects.next_cursor)
            after = None
        else:
            after = _position(cursor, _FROM_TASKS)
        tasks = await data.list_tasks(subject, None, None, after, MAX_PAGE)
        found += [_task(each) for each in tasks.items]
        return _page(found, _FROM_TASKS, tasks.next_cursor)

    server.resource_listing = listing


def _known(identifier: str) -> UUID:
    """The id in a URI.

    Raises:
        NotFound: It is none, so that nothing of that name exists.
    """
    try:
        found = UUID(identifier)
    except ValueError:
        _missing()
    # One object has one URI: braces, capitals and missing hyphens are other spellings.
    return found if str(found) == identifier else _missing()


def _missing() -> NoReturn:
    raise NotFound()


def _position(cursor: str, start: str) -> str:
    """The cursor of the list behind this one.

    Raises:
        ValidationFailed: It is none that this list gave.
    """
    if not cursor.startswith(start) or cursor == start:
        reason = "use nextCursor from an earlier page"
        raise ValidationFailed("cursor is not valid for this list", details={"cursor": reason})
    return cursor.removeprefix(start)


def _page(found: list[Resource], start: str, position: str | None) -> ListResourcesResult:
    cursor = None if position is None else f"{start}{position}"
    return ListResourcesResult(resources=found, next_cursor=cursor)


def _task(task: TaskView) -> Resource:
    return Resource(
        uri=f"task://{task.id}",
        name=task.title,
        description=f"Task, {task.status.value.replace('_', ' ')}",
        mime_type=_JSON,
        annotations=Annotations(last_modified=task.updated_at.isoformat()),
    )


def _project(project: ProjectView) -> Resource:
    return Resource(
        uri=f"project://{project.id}",
        name=project.name,
        description=f"Project with {project.open_task_count} open of {project.task_count} tasks",
        mime_type=_JSON,
        annotations=Annotations(last_modified=project.updated_at.isoformat()),
    )
