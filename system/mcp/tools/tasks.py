"""Tools on tasks."""

from datetime import date
from typing import Annotated, Literal, get_args

from mcp.server.mcpserver import MCPServer
from pydantic import Field

from system.mcp.data_access.base import Data
from system.mcp.tools.arguments import (
    ADDS,
    CHANGES,
    COMPLETES,
    DELETES,
    READS,
    Limit,
    PageCursor,
    ProjectId,
    TaskId,
    UserId,
)
from system.store.schemas import (
    BulkCompletion,
    Deletion,
    Description,
    SearchQuery,
    TaskChange,
    TaskDraft,
    TaskPage,
    TaskPriority,
    TaskStatus,
    TaskView,
    Title,
)

TitleArgument = Annotated[Title, Field(description="What is to be done, 1 to 200 characters.")]
DescriptionArgument = Annotated[Description, Field(description="Details, to 2,000 characters.")]
DueDate = Annotated[date, Field(description="Day by which it is due, YYYY-MM-DD.")]
Clearable = Literal["description", "due_date", "project_id"]
_CLEARABLE = len(get_args(Clearable))


def register(server: MCPServer, data: Data) -> None:
    """Add the task tools to a server."""

    @server.tool(annotations=ADDS)
    async def add_task(
        user_id: UserId,
        title: TitleArgument,
        description: DescriptionArgument | None = None,
        priority: TaskPriority = TaskPriority.MEDIUM,
        due_date: DueDate | None = None,
        project_id: ProjectId | None = None,
    ) -> TaskView:
        """Add a task for the user and return it."""
        draft = TaskDraft(
            title=title,
            description=description,
            priority=priority,
            due_date=due_date,
            project_id=project_id,
        )
        return await data.add_task(user_id, draft)

    @server.tool(annotations=READS)
    async def get_task(user_id: UserId, task_id: TaskId) -> TaskView:
        """Return one task of the user."""
        return await data.get_task(user_id, task_id)

    @server.tool(annotations=READS)
    async def list_tasks(
        user_id: UserId,
        status: TaskStatus | None = None,
        project_id: ProjectId | None = None,
        cursor: PageCursor | None = None,
        limit: Limit = 20,
    ) -> TaskPage:
        """List the user's tasks, newest first, optionally of one status or project."""
        return await data.list_tasks(user_id, status, project_id, cursor, limit)

    @server.tool(annotations=READS)
    async def search_tasks(
        user_id: UserId,
        query: Annotated[SearchQuery, Field(description="Text that the title or details hold.")],
        cursor: PageCursor | None = None,
        limit: Limit = 20,
    ) -> TaskPage:
        """Find the user's tasks whose title or description contains a text, whatever its case."""
        return await data.search_tasks(user_id, query, cursor, limit)

    @server.tool(annotations=CHANGES)
    async def update_task(
        user_id: UserId,
        task_id: TaskId,
        title: TitleArgument | None = None,
        description: DescriptionArgument | None = None,
        status: TaskStatus | None = None,
        priority: TaskPriority | None = None,
        due_date: DueDate | None = None,
        project_id: ProjectId | None = None,
        clear: Annotated[
            list[Clearable] | None, Field(max_length=_CLEARABLE, description="Fields to empty.")
        ] = None,
    ) -> TaskView:
        """Change the given fields of a task; fields left out or null stay as they are."""
        given = {
            "title": title,
            "description": description,
            "status": status,
            "priority": priority,
            "due_date": due_date,
            "project_id": project_id,
        }
        values: dict[str, object] = {k: v for k, v in given.items() if v is not None}
        values.update(dict.fromkeys(clear or ()))
        return await data.update_task(user_id, task_id, TaskChange.model_validate(values))

    @server.tool(annotations=COMPLETES)
    async def complete_task(user_id: UserId, task_id: TaskId) -> TaskView:
        """Mark a task of the user as completed."""
        return await data.complete_task(user_id, task_id)

    @server.tool(annotations=COMPLETES)
    async def complete_all_tasks(
        user_id: UserId, project_id: ProjectId | None = None
    ) -> BulkCompletion:
        """Mark all open tasks of the user, or those of one project, as completed."""
        return await data.complete_all_tasks(user_id, project_id)

    @server.tool(annotations=DELETES)
    async def delete_task(user_id: UserId, task_id: TaskId) -> Deletion:
        """Delete a task of the user for good."""
        return await data.delete_task(user_id, task_id)
