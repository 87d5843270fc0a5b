"""REST on tasks: `/api/{user_id}/tasks`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict

from system.backend.dependencies import OwnerSession, ReadingSession, WriteSession
from system.backend.failures import only
from system.backend.openapi.responses import ONE_OBJECT, USER_DATA, WRITE, errors
from system.store import tasks
from system.store.schemas import (
    BulkCompletion,
    Cursor,
    Deletion,
    PageLimit,
    SearchQuery,
    TaskChange,
    TaskDraft,
    TaskPage,
    TaskStatus,
    TaskView,
)

router = APIRouter(prefix="/api/{user_id}/tasks", tags=["tasks"])

_DRAFT = {"title": "buy milk", "description": "two litres", "priority": "high"}
_CursorQuery = Annotated[Cursor | None, Query(description="`next_cursor` of the page before.")]
_LimitQuery = Annotated[PageLimit, Query(description="How many at most.")]


class BulkRequest(BaseModel):
    """Selection of tasks to complete: all, or those of one project."""

    model_config = ConfigDict(extra="forbid")

    project_id: UUID | None = None


@router.get("", responses=ONE_OBJECT)
async def list_tasks(
    session: ReadingSession,
    status: Annotated[TaskStatus | None, Query()] = None,
    project_id: Annotated[UUID | None, Query()] = None,
    cursor: _CursorQuery = None,
    limit: _LimitQuery = 20,
) -> TaskPage:
    """List tasks, newest first."""
    return await tasks.list_tasks(
        session, status=status, project_id=project_id, cursor=cursor, limit=limit
    )


@router.post("", status_code=201, responses={**WRITE, **errors(413)})
async def add_task(
    session: WriteSession, draft: Annotated[TaskDraft, Body(examples=[_DRAFT])]
) -> TaskView:
    """Add a task."""
    return await tasks.add_task(session, draft=draft)


@router.get("/search", responses=USER_DATA)
async def search_tasks(
    session: OwnerSession,
    q: Annotated[SearchQuery, Query(description="Text in title or description.")],
    cursor: _CursorQuery = None,
    limit: _LimitQuery = 20,
) -> TaskPage:
    """Find tasks by a text, whatever its case."""
    return await tasks.search_tasks(session, query=q, cursor=cursor, limit=limit)


@router.post("/complete-all", responses={**WRITE, **errors(413)})
async def complete_all_tasks(
    session: WriteSession, request: BulkRequest | None = None
) -> BulkCompletion:
    """Complete all open tasks, or those of one project."""
    project_id = request.project_id if request else None
    return await tasks.complete_all_tasks(session, project_id=project_id)


only(router, "/search", "GET")
only(router, "/complete-all", "POST")


@router.get("/{task_id}", responses=ONE_OBJECT)
async def get_task(session: ReadingSession, task_id: UUID) -> TaskView:
    """Read one task."""
    return await tasks.get_task(session, task_id=task_id)


@router.patch("/{task_id}", responses={**WRITE, **errors(413)})
async def update_task(
    session: WriteSession,
    task_id: UUID,
    change: Annotated[TaskChange, Body(examples=[{"status": "in_progress"}])],
) -> TaskView:
    """Change fields of a task; those left out stay."""
    return await tasks.update_task(session, task_id=task_id, change=change)


@router.post("/{task_id}/complete", responses={**WRITE, **errors(413)})
async def complete_task(session: WriteSession, task_id: UUID) -> TaskView:
    """Complete a task."""
    return await tasks.complete_task(session, task_id=task_id)


@router.delete("/{task_id}", responses=WRITE)
async def delete_task(session: WriteSession, task_id: UUID) -> Deletion:
    """Delete a task."""
    return await tasks.delete_task(session, task_id=task_id)
