"""What an operation undoes, by the words of both."""

from __future__ import annotations

import pytest

from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.opposites import undone_by

TASK = Parameter("task_id", {"type": "string"}, True, Role.REFERENCE)
LIST = Parameter("list_id", {"type": "string"}, True, Role.REFERENCE)


def operation(name: str, named: Parameter = TASK, *, reads_only: bool = False) -> Operation:
    return Operation(name.partition(":")[0], name, (named,), reads_only)


@pytest.mark.parametrize(
    ("undoing", "undone"),
    [
        ("rest:POST /tasks/{task_id}/unarchive", "rest:POST /tasks/{task_id}/archive"),
        ("rest:POST /tasks/{task_id}/reopen", "rest:POST /tasks/{task_id}/close"),
        ("mcp:resume_task", "mcp:pause_task"),
        ("mcp:deactivate_task", "mcp:activate_task"),
        ("mcp:stop_task", "mcp:start_task"),
    ],
)
def test_an_operation_undoes_another_with_the_same_object(undoing: str, undone: str) -> None:
    named = [operation("mcp:delete_task"), operation(undone), operation(undoing)]
    found = undone_by(operation(undoing), named)
    assert found is not None
    assert found.name == undone


def test_nothing_is_undone_on_another_object_or_by_a_reading() -> None:
    closing = operation("mcp:close_list", LIST)
    assert undone_by(operation("mcp:reopen_task"), [closing]) is None
    assert undone_by(operation("mcp:show_task", reads_only=True), [operation("mcp:hide")]) is None
    assert undone_by(operation("mcp:update_task"), [operation("mcp:close_task")]) is None
