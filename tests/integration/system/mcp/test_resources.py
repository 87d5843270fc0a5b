"""Resources and prompts: the caller's own, and no other user's, over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.environment import RunningSystem
from crosstalk.surface import NOTHING, Presented, stateless_resources, stateless_tools

NOBODYS = "01a1fc95-41f3-7131-b962-eac9f4851703"
READ_TASK = "mcp:resources/read task://{task_id}"
READ_PROJECT = "mcp:resources/read project://{project_id}"


def bearer(running: RunningSystem, subject: str) -> dict[str, str]:
    """Headers with a token for the MCP server."""
    return {"Authorization": f"Bearer {running.mint(subject, audience='mcp')}"}


def ask(running: RunningSystem, subject: str, name: str, /, **arguments: Any) -> Answer:
    """Read, list or prompt with a subject's token."""
    presented = Presented(bearer(running, subject))
    surface = stateless_resources(running.mcp_url, presented)
    try:
        operations = {each.name: each for each in surface.discover()}
        return surface.call(operations[name], arguments, presented)
    finally:
        surface.close()


def use(running: RunningSystem, subject: str, tool: str, /, **arguments: Any) -> Any:
    """Call a tool with a subject's token; gives what it returns."""
    presented = Presented(bearer(running, subject))
    surface = stateless_tools(running.mcp_url, presented)
    try:
        operations = {each.name: each for each in surface.discover()}
        return surface.call(
            operations[f"mcp:{tool}"], {"user_id": subject, **arguments}, presented
        ).body
    finally:
        surface.close()


def test_a_task_and_a_project_are_read_by_their_uri(running: RunningSystem, alice: str) -> None:
    project = use(running, alice, "add_project", name="Home")
    task = use(running, alice, "add_task", title="milk", project_id=project["id"])
    (content,) = ask(running, alice, READ_TASK, task_id=task["id"]).body["contents"]
    assert content["uri"] == f"task://{task['id']}"
    assert content["mimeType"] == "application/json"
    assert content["text"] == task
    (content,) = ask(running, alice, READ_PROJECT, project_id=project["id"]).body["contents"]
    assert (content["text"]["name"], content["text"]["task_count"]) == ("Home", 1)


def test_the_list_holds_the_callers_own_and_can_be_read(
    running: RunningSystem, alice: str, bob: str
) -> None:
    project = use(running, alice, "add_project", name="Home")
    task = use(running, alice, "add_task", title="milk")
    listed = ask(running, alice, "mcp:resources/list").body["resources"]
    assert [(each["uri"], each["name"]) for each in listed] == [
        (f"project://{project['id']}", "Home"),
        (f"task://{task['id']}", "milk"),
    ]
    for each in listed:
        assert ask(running, alice, "mcp:resources/read", uri=each["uri"]).outcome is Outcome.OK
    assert ask(running, bob, "mcp:resources/list").body["resources"] == []


def test_a_long_list_continues_where_it_stopped(running: RunningSystem, alice: str) -> None:
    presented = Presented(bearer(running, alice))
    tools = stateless_tools(running.mcp_url, presented)
    (add,) = [each for each in tools.discover() if each.name == "mcp:add_task"]
    for number in range(102):
        tools.call(add, {"user_id": alice, "title": f"task {number}"}, presented)
    tools.close()
    first = ask(running, alice, "mcp:resources/list").body
    second = ask(running, alice, "mcp:resources/list", cursor=first["nextCursor"]).body
    uris = [each["uri"] for each in first["resources"] + second["resources"]]
    assert len(set(uris)) == 102
    assert "nextCursor" not in second


@pytest.mark.parametrize("cursor", ["", "tasks-", "tasks-x", "elsewhere-x"])
def test_a_cursor_that_the_list_did_not_give_is_refused(
    running: RunningSystem, alice: str, cursor: str
) -> None:
    answer = ask(running, alice, "mcp:resources/list", cursor=cursor)
    assert answer.body["error"]["code"] == -32602
    assert "cursor" in answer.body["error"]["data"]["details"]


@pytest.mark.parametrize(
    "uri",
    [
        "task://{foreign}",
        f"task://{NOBODYS}",
        "task://{upper}",
        "task://{{{own}}}",
        "task://{own}/",
        "task://{own}?user_id=x",
        "task://../project/{own}",
        "TASK://{own}",
        "task:///{own}",
        "task://",
        "task://x",
        "file:///etc/passwd",
        "task://%00",
        "",
    ],
)
def test_foreign_missing_and_malformed_resources_are_not_found_alike(
    running: RunningSystem, alice: str, bob: str, uri: str
) -> None:
    foreign = use(running, alice, "add_task", title="hers")["id"]
    own = use(running, bob, "add_task", title="his")["id"]
    asked = uri.format(foreign=foreign, own=own, upper=own.upper())
    answer = ask(running, bob, "mcp:resources/read", uri=asked)
    assert (answer.outcome, answer.status) == (Outcome.ERROR, 400)
    assert answer.body == {
        "error": {
            "code": -32602,
            "message": "not found",
            "data": {
                "status": "error",
                "error_code": "not_found",
                "message": "not found",
                "details": {},
                "uri": asked,
            },
        }
    }


def test_prompts_are_filled_with_the_callers_tasks(
    running: RunningSystem, alice: str, bob: str
) -> None:
    use(running, alice, "add_task", title="milk", due_date="2020-01-01")
    done = use(running, alice, "add_task", title="bread")
    use(running, alice, "complete_task", task_id=done["id"])
    plan = json.dumps(ask(running, alice, "mcp:prompts/get plan_my_day").body)
    assert "milk" in plan
    assert "bread" not in plan
    review = json.dumps(ask(running, alice, "mcp:prompts/get weekly_review").body)
    assert "milk" in review  # overdue
    assert "bread" in review  # finished
    for prompt in ("plan_my_day", "weekly_review"):
        his = json.dumps(ask(running, bob, f"mcp:prompts/get {prompt}").body)
        assert "milk" not in his
        assert "bread" not in his


def test_a_plan_for_one_project_needs_a_project_of_ones_own(
    running: RunningSystem, alice: str, bob: str
) -> None:
    project = use(running, alice, "add_project", name="Home")["id"]
    use(running, alice, "add_task", title="inside", project_id=project)
    use(running, alice, "add_task", title="outside")
    name = "mcp:prompts/get plan_my_day"
    plan = json.dumps(ask(running, alice, name, project_id=project).body)
    assert "inside" in plan
    assert "outside" not in plan
    foreign = ask(running, bob, name, project_id=project)
    assert foreign.body["error"]["message"] == "not found"
    assert foreign.body == ask(running, bob, name, project_id=NOBODYS).body
    # Clients send an empty text for what was left blank.
    assert ask(running, bob, name, project_id="").outcome is Outcome.OK


@pytest.mark.parametrize("arguments", [{"project_id": "x"}, {"surprise": "1"}])
def test_bad_arguments_of_a_prompt_are_named(
    running: RunningSystem, alice: str, arguments: dict[str, str]
) -> None:
    answer = ask(running, alice, "mcp:prompts/get plan_my_day", **arguments)
    assert answer.body["error"]["data"]["error_code"] == "validation_error"
    assert list(answer.body["error"]["data"]["details"]) == list(arguments)


def test_completions_suggest_ids_of_the_callers_own(
    running: RunningSystem, alice: str, bob: str
) -> None:
    home = use(running, alice, "add_project", name="Home")["id"]
    use(running, alice, "add_project", name="Work")
    milk = use(running, alice, "add_task", title="milk")["id"]

    def suggested(subject: str, of: str, value: str) -> list[str]:
        answer = ask(running, subject, f"mcp:completion/complete {of}", value=value)
        return list(answer.body["completion"]["values"])

    for of in ("plan_my_day project_id", "project://{project_id} project_id"):
        assert suggested(alice, of, "hom") == [home]
        assert len(suggested(alice, of, "")) == 2
        assert suggested(bob, of, "") == []
        assert suggested(bob, of, home[:8]) == []
    assert suggested(alice, "task://{task_id} task_id", milk) == [milk]
    assert suggested(bob, "task://{task_id} task_id", milk) == []


def test_resources_and_prompts_need_a_token(running: RunningSystem, alice: str) -> None:
    surface = stateless_resources(running.mcp_url, Presented(bearer(running, alice)))
    for operation in surface.discover():
        answer = surface.call(operation, {each.name: "x" for each in operation.parameters}, NOTHING)
        assert answer.status == 401, operation.name
    surface.close()
