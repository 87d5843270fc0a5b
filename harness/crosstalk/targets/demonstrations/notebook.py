"""Tasks in memory and the tools on them, right in every query: only who calls can be wrong.

Every read and write names the owner, and a foreign task is answered like a missing one. What a
demonstration leaks, it leaks because it was mistaken about the caller.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel

_READS = ToolAnnotations(read_only_hint=True)
_CHANGES = ToolAnnotations(read_only_hint=False)


class Task(BaseModel):
    """A task as its owner sees it."""

    id: str
    title: str
    done: bool


class Notebook:
    """All users' tasks, by owner."""

    def __init__(self) -> None:
        self._tasks: dict[str, dict[str, Task]] = {}

    def add(self, owner: str, title: str) -> Task:
        """Store a task."""
        task = Task(id=str(uuid.uuid4()), title=title, done=False)
        self._tasks.setdefault(owner, {})[task.id] = task
        return task

    def all(self, owner: str) -> list[Task]:
        """Return the owner's tasks, oldest first."""
        return list(self._tasks.get(owner, {}).values())

    def get(self, owner: str, task_id: str) -> Task:
        """One of them.

        Raises:
            ToolError: It is not the owner's, whether or not it exists.
        """
        task = self._tasks.get(owner, {}).get(task_id)
        if task is None:
            raise ToolError(json.dumps({"error_code": "not_found", "message": "no such task"}))
        return task

    def rename(self, owner: str, task_id: str, title: str) -> Task:
        """Give one of them another title; raises as `get` does."""
        task = self.get(owner, task_id)
        task.title = title
        return task

    def delete(self, owner: str, task_id: str) -> None:
        """Delete one of them; raises as `get` does."""
        task = self.get(owner, task_id)
        del self._tasks[owner][task.id]


def server_by_argument(notebook: Notebook, **options: Any) -> MCPServer[Any]:
    """Tools that take the user's id and believe it."""
    server: MCPServer[Any] = MCPServer("tasks", log_level="CRITICAL", **options)

    @server.tool(annotations=_CHANGES)
    async def add_task(user_id: str, title: str) -> Task:
        """Add a task for the user."""
        return notebook.add(user_id, title)

    @server.tool(annotations=_READS)
    async def list_tasks(user_id: str) -> list[Task]:
        """List the user's tasks."""
        return notebook.all(user_id)

    @server.tool(annotations=_READS)
    async def get_task(user_id: str, task_id: str) -> Task:
        """Show one of the user's tasks."""
        return notebook.get(user_id, task_id)

    @server.tool(annotations=_CHANGES)
    async def rename_task(user_id: str, task_id: str, title: str) -> Task:
        """Rename one of the user's tasks."""
        return notebook.rename(user_id, task_id, title)

    @server.tool(annotations=_CHANGES)
    async def delete_task(user_id: str, task_id: str) -> str:
        """Delete one of the user's tasks."""
        notebook.delete(user_id, task_id)
        return "deleted"

    return server


def server_by_credential(notebook: Notebook, **options: Any) -> MCPServer[Any]:
    """Tools that take the user from the request's credential."""
    server: MCPServer[Any] = MCPServer("tasks", log_level="CRITICAL", **options)

    @server.tool(annotations=_CHANGES)
    async def add_task(title: str) -> Task:
        """Add a task of yours."""
        return notebook.add(_caller(), title)

    @server.tool(annotations=_READS)
    async def list_tasks() -> list[Task]:
        """List your tasks."""
        return notebook.all(_caller())

    @server.tool(annotations=_READS)
    async def get_task(task_id: str) -> Task:
        """Show one of your tasks."""
        return notebook.get(_caller(), task_id)

    @server.tool(annotations=_CHANGES)
    async def rename_task(task_id: str, title: str) -> Task:
        """Rename one of your tasks."""
        return notebook.rename(_caller(), task_id, title)

    @server.tool(annotations=_CHANGES)
    async def delete_task(task_id: str) -> str:
        """Delete one of your tasks."""
        notebook.delete(_caller(), task_id)
        return "deleted"

    return server


def _caller() -> str:
    token = get_access_token()
    if token is None or not token.subject:
        raise ToolError(json.dumps({"error_code": "unauthorized", "message": "sign in"}))
    return token.subject
