"""The smoke test notices a system that no longer works for its owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target, discovered
from crosstalk.targets.mutants.smoke import NotAliveError, smoke

_TOOLS = [
    "add_task",
    "get_task",
    "list_tasks",
    "search_tasks",
    "update_task",
    "complete_task",
    "get_user_stats",
    "add_project",
    "list_projects",
    "health_check",
    "delete_task",
]
_ROUTES = (
    "GET /api/{user_id}/tasks/{task_id}",
    "GET /api/{user_id}/tasks",
    "PATCH /api/{user_id}/tasks/{task_id}",
    "GET /api/{user_id}/stats",
)


class OneTask:
    """A surface that keeps one task; `broken` names an operation that misbehaves."""

    def __init__(self, broken: str | None = None, answer: Answer | None = None) -> None:
        self._broken = broken
        self._answer = answer or Answer(Outcome.ERROR, 500, None, code="server_error")

    def discover(self) -> list[Operation]:
        names = [f"mcp:{name}" for name in _TOOLS] + [f"rest:{name}" for name in _ROUTES]
        return [Operation(name.split(":")[0], name, (), reads_only=False) for name in names]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        if operation.name == self._broken:
            return self._answer
        task = {"id": "1", "title": "smoke test"}
        lists = operation.name in ("mcp:list_tasks", "rest:GET /api/{user_id}/tasks")
        return Answer(Outcome.OK, 200, {"items": [task]} if lists else task)

    def close(self) -> None:
        """There is nothing to close."""


class NoCredentials:
    """Present no credential."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return NOTHING


def target(surface: OneTask) -> Target:
    return Target({"mcp": surface, "rest": surface}, NoCredentials(), discovered({"mcp": surface}))


def test_a_working_system_is_alive() -> None:
    smoke(target(OneTask()))


@pytest.mark.parametrize("broken", ["mcp:delete_task", "rest:GET /api/{user_id}/stats"])
def test_an_operation_that_fails_is_named(broken: str) -> None:
    with pytest.raises(NotAliveError, match="500"):
        smoke(target(OneTask(broken)))


def test_a_list_that_does_not_show_what_was_stored_is_noticed() -> None:
    empty = Answer(Outcome.OK, 200, {"items": []})
    with pytest.raises(NotAliveError, match="does not list"):
        smoke(target(OneTask("mcp:list_tasks", empty)))


def test_a_read_that_returns_something_else_is_noticed() -> None:
    other = Answer(Outcome.OK, 200, {"title": "another"})
    with pytest.raises(NotAliveError, match="does not return"):
        smoke(target(OneTask("mcp:get_task", other)))
