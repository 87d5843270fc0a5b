"""REST on projects: `/api/{user_id}/projects`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query

from system.backend.dependencies import ReadingSession, WriteSession
from system.backend.openapi.responses import ONE_OBJECT, USER_DATA, WRITE, errors
from system.store import projects
from system.store.schemas import (
    Cursor,
    Deletion,
    PageLimit,
    ProjectChange,
    ProjectDraft,
    ProjectPage,
    ProjectView,
)

router = APIRouter(prefix="/api/{user_id}/projects", tags=["projects"])

_EXAMPLES = [{"name": "Household"}]


@router.get("", responses=USER_DATA)
async def list_projects(
    session: ReadingSession,
    cursor: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageLimit, Query()] = 20,
) -> ProjectPage:
    """List projects with their task counts, newest first."""
    return await projects.list_projects(session, cursor=cursor, limit=limit)


@router.post("", status_code=201, responses={**USER_DATA, **errors(409, 413)})
async def add_project(
    session: WriteSession, draft: Annotated[ProjectDraft, Body(examples=_EXAMPLES)]
) -> ProjectView:
    """Add a project."""
    return await projects.add_project(session, draft=draft)


@router.get("/{project_id}", responses=ONE_OBJECT)
async def get_project(session: ReadingSession, project_id: UUID) -> ProjectView:
    """Read one project."""
    return await projects.get_project(session, project_id=project_id)


@router.patch("/{project_id}", responses={**WRITE, **errors(413)})
async def rename_project(
    session: WriteSession,
    project_id: UUID,
    change: Annotated[ProjectChange, Body(examples=_EXAMPLES)],
) -> ProjectView:
    """Rename a project."""
    return await projects.rename_project(session, project_id=project_id, change=change)


@router.delete("/{project_id}", responses=WRITE)
async def delete_project(session: WriteSession, project_id: UUID) -> Deletion:
    """Delete a project; its tasks stay."""
    return await projects.delete_project(session, project_id=project_id)
