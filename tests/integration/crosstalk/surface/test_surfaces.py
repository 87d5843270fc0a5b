"""Surfaces of the running system: their operations, and how answers are read."""

from __future__ import annotations

import pytest

from crosstalk.core.history import Outcome
from crosstalk.environment import RunningSystem
from crosstalk.surface import (
    NOTHING,
    Operation,
    Presented,
    RestSurface,
    Role,
    Surface,
    stateless_resources,
    stateless_tools,
)


def find(surface: Surface, name: str) -> Operation:
    """One operation of a surface."""
    return {each.name: each for each in surface.discover()}[name]


def test_rest_operations_are_found_with_their_roles(running: RunningSystem) -> None:
    surface = RestSurface(running.backend_url)
    patch = find(surface, "rest:PATCH /api/{user_id}/tasks/{task_id}")
    roles = {each.name: each.role for each in patch.parameters}
    assert roles["user_id"] is Role.IDENTITY
    assert roles["task_id"] is Role.REFERENCE
    assert roles["title"] is Role.TEXT
    assert not patch.reads_only
    assert find(surface, "rest:GET /health").public
    assert find(surface, "rest:GET /api/{user_id}/tasks").lists
    assert find(surface, "chat:POST /api/chat").surface == "chat"


def test_idempotency_key_is_found_and_travels_where_the_server_reads_it(
    running: RunningSystem, alice: str
) -> None:
    rest = RestSurface(running.backend_url)
    mcp = stateless_tools(running.mcp_url, Presented.bearer(running.mint(alice, audience="mcp")))
    for surface, name, audience in (
        (rest, "rest:POST /api/{user_id}/tasks", "backend"),
        (mcp, "mcp:add_task", "mcp"),
    ):
        operation = find(surface, name)
        key = operation.parameter(Role.KEY)
        assert key is not None
        assert not key.required
        bearer = Presented.bearer(running.mint(alice, audience=audience))
        arguments = {"user_id": alice, "title": "milk", key.name: f"key-{audience}"}
        first, again = (surface.call(operation, arguments, bearer) for _ in range(2))
        assert first.outcome is Outcome.OK
        assert first.body == again.body
        other = surface.call(operation, {**arguments, "title": "bread"}, bearer)
        assert other.code == "conflict"
    for reads in (find(rest, "rest:GET /api/{user_id}/tasks"), find(mcp, "mcp:list_tasks")):
        assert reads.parameter(Role.KEY) is None


def test_rest_path_value_stays_in_its_segment(running: RunningSystem, alice: str) -> None:
    surface = RestSurface(running.backend_url)
    get = find(surface, "rest:GET /api/{user_id}/tasks/{task_id}")
    bearer = Presented.bearer(running.mint(alice))
    for value in ("../tasks", "a/b", "x?y=1#z", "a\x00b", "%2e%2e"):
        answer = surface.call(get, {"user_id": alice, "task_id": value}, bearer)
        assert answer.outcome is Outcome.ERROR
        assert answer.status in (404, 422)
    for value in ("", "..", "\ud800"):
        answer = surface.call(get, {"user_id": alice, "task_id": value}, bearer)
        assert (answer.outcome, answer.code) == (Outcome.UNREACHABLE, "unsendable")


def test_tool_error_has_the_code_of_the_server(running: RunningSystem, alice: str) -> None:
    bearer = Presented.bearer(running.mint(alice, audience="mcp"))
    surface = stateless_tools(running.mcp_url, bearer)
    answer = surface.call(find(surface, "mcp:get_task"), {"user_id": "somebody"}, bearer)
    assert (answer.outcome, answer.status, answer.code) == (Outcome.ERROR, 200, "forbidden")
    refused = surface.call(find(surface, "mcp:get_task"), {"user_id": alice}, NOTHING)
    assert (refused.outcome, refused.status) == (Outcome.ERROR, 401)


def test_mcp_templates_and_prompts_are_operations_with_roles(
    running: RunningSystem, alice: str
) -> None:
    bearer = Presented.bearer(running.mint(alice, audience="mcp"))
    surface = stateless_resources(running.mcp_url, bearer)
    read = find(surface, "mcp:resources/read task://{task_id}")
    assert [(each.name, each.role) for each in read.parameters] == [("task_id", Role.REFERENCE)]
    plan = find(surface, "mcp:prompts/get plan_my_day")
    assert [(each.role, each.required) for each in plan.parameters] == [(Role.REFERENCE, False)]
    assert plan.lists
    assert find(surface, "mcp:resources/list").lists
    assert not read.lists


def test_mcp_resource_is_refused_alike_twice(running: RunningSystem, alice: str) -> None:
    bearer = Presented.bearer(running.mint(alice, audience="mcp"))
    surface = stateless_resources(running.mcp_url, bearer)
    read = find(surface, "mcp:resources/read")
    first, second = (surface.call(read, {"uri": "task://x"}, bearer) for _ in range(2))
    assert first == second
    assert (first.outcome, first.code) == (Outcome.ERROR, "-32602")


@pytest.mark.parametrize("value", [None, 7, "", "a/b", "\x00", {"$ne": None}])
def test_mcp_template_takes_hostile_values(
    running: RunningSystem, alice: str, value: object
) -> None:
    bearer = Presented.bearer(running.mint(alice, audience="mcp"))
    surface = stateless_resources(running.mcp_url, bearer)
    read = find(surface, "mcp:resources/read task://{task_id}")
    answer = surface.call(read, {"task_id": value}, bearer)
    assert (answer.outcome, answer.status) == (Outcome.ERROR, 400)


def test_tool_argument_with_a_surrogate_is_escaped(running: RunningSystem, alice: str) -> None:
    bearer = Presented.bearer(running.mint(alice, audience="mcp"))
    surface = stateless_tools(running.mcp_url, bearer)
    call = {"user_id": alice, "title": "\ud800"}
    answer = surface.call(find(surface, "mcp:add_task"), call, bearer)
    assert answer.outcome is Outcome.ERROR
    assert answer.status is not None
    assert answer.status < 500
