"""The smoke test of a mutant: a system that is broken for its owner proves nothing."""

from __future__ import annotations

from typing import Any

from crosstalk.core.errors import TargetFailedError
from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target
from crosstalk.targets.reference.target import DISCOVERER

_OWNER = Actor("alice", "alice", "alice")


class NotAliveError(TargetFailedError):
    """The system does not do its work for its owner."""


def smoke(target: Target, subject: str = DISCOVERER) -> None:
    """Add, read, list, change, find, complete, count and delete a task by MCP and REST.

    The first user of the target does it: where a leak gives every user the first one's connection,
    the system still works for that one.

    Raises:
        NotAliveError: One of these did not work.
    """
    operations = target.operations

    def call(called: str, **arguments: Any) -> Answer:
        operation: Operation | None = operations.get(called)
        if operation is None:
            raise NotAliveError(f"there is no operation {called}")
        presented = target.credentials.present(_OWNER, subject, operation.surface)
        surface = target.surfaces[operation.surface]
        answer = surface.call(operation, {"user_id": subject, **arguments}, presented)
        if answer.outcome is not Outcome.OK:
            raise NotAliveError(f"{called} answered {answer.status} {answer.code}")
        return answer

    task = str(call("mcp:add_task", title="smoke test").body["id"])
    for name in ("mcp:get_task", "rest:GET /api/{user_id}/tasks/{task_id}"):
        if call(name, task_id=task).body["title"] != "smoke test":
            raise NotAliveError(f"{name} does not return what was stored")
    for name in ("mcp:list_tasks", "rest:GET /api/{user_id}/tasks"):
        if task not in [each["id"] for each in call(name).body["items"]]:
            raise NotAliveError(f"{name} does not list what was stored")
    call("mcp:search_tasks", query="smoke")
    call("mcp:update_task", task_id=task, priority="high")
    call("rest:PATCH /api/{user_id}/tasks/{task_id}", task_id=task, description="changed")
    call("mcp:complete_task", task_id=task)
    call("mcp:get_user_stats")
    call("rest:GET /api/{user_id}/stats")
    call("mcp:add_project", name="smoke project")
    call("mcp:list_projects")
    call("mcp:health_check")
    call("mcp:delete_task", task_id=task)
