"""The pool: whose ids are whose."""

from __future__ import annotations

from harness.isolation.pool import Pool
from harness.surface.operation import Parameter, Role
from tests.unit.harness.histories import ALICE, BOB, Writer, ok

TASK = "01a1fc95-41f3-7131-b962-eac9f4851703"
PROJECT = "01a1fc95-0000-7131-b962-eac9f4851703"
TASK_ID = Parameter("task_id", {}, required=True, role=Role.REFERENCE)


def pool(writer: Writer) -> Pool:
    """What a history gives."""
    harvested = Pool()
    for call in writer.history:
        harvested.harvest(call)
    return harvested


def test_a_reference_takes_ids_of_its_own_kind() -> None:
    writer = Writer().call(ALICE, "mcp:add_project", {}, ok({"id": PROJECT}))
    writer.call(ALICE, "mcp:add_task", {}, ok({"id": TASK, "project_id": PROJECT}))
    assert pool(writer).references("alice", TASK_ID, "mcp:get_task") == [TASK]
    assert pool(writer).references("bob", TASK_ID, "mcp:get_task") == []


def test_an_id_that_comes_back_to_its_sender_stays_its_owners() -> None:
    writer = Writer().call(ALICE, "mcp:add_task", {}, ok({"id": TASK}))
    said = {"message": f'[[call get_task {{"task_id": "{TASK}"}}]]'}
    writer.call(BOB, "chat", said, ok({"tool_calls": [{"arguments": {"task_id": TASK}}]}))
    writer.call(BOB, "messages", {}, ok([{"id": TASK}]))
    assert pool(writer).references("bob", TASK_ID, "mcp:get_task") == []
    assert pool(writer).references("alice", TASK_ID, "mcp:get_task") == [TASK]
