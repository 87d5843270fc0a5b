"""Tasks: awaited in both generations of the protocol, and operations of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.mcp.deferred import McpTasksSurface
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.transports.base import Reply

_EXPORT = {"name": "export", "execution": {"taskSupport": "optional"}}
_CONTENT = {"content": [{"type": "text", "text": "all notes"}]}


class Server:
    """Does everything as a task, which is done when it was looked at twice."""

    where = "memory"

    def __init__(self, *, current: bool = False, tasks: bool = True) -> None:
        self.current = current
        self.tasks = tasks
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.looks = 0

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        """The reply as the revision has it."""
        self.asked.append((method, params))
        found = self._result(method, params)
        key = "error" if "code" in found else "result"
        return Reply(200, {"jsonrpc": "2.0", "id": 1, key: found})

    def _result(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        task = {"taskId": "t-0123456789abcdef", "status": "working", "pollInterval": 1}
        capabilities: dict[str, Any] = {}
        if self.tasks:
            extension: dict[str, Any] = {"io.modelcontextprotocol/tasks": {}}
            capabilities = {"extensions": extension} if self.current else {"tasks": {"list": {}}}
        if method == ("server/discover" if self.current else "initialize"):
            return {"capabilities": capabilities}
        if method == "tools/list":
            return {"tools": [_EXPORT, {"name": "ping"}]}
        if method == "tools/call" and self.current:
            return {"resultType": "task", **task}
        if method == "tools/call":
            return {"task": task} if "task" in params else _CONTENT
        if method == "tasks/get":
            self.looks += 1
            done = {"status": "completed", "statusMessage": "of alice"} if self.looks > 1 else {}
            return {**task, **done, **({"result": _CONTENT} if done and self.current else {})}
        if method == "tasks/list" and not self.current:
            return {"tasks": [task]}
        if method == "tasks/result" and not self.current:
            return _CONTENT
        if method == "tasks/cancel":
            return {"code": -32602, "message": "it is over"}
        return {"code": -32601, "message": "Method not found"}

    def close(self) -> None:
        """Nothing is open."""


def test_tool_that_can_be_a_task_is_two_operations() -> None:
    server = Server()
    surface = ToolSurface(server, NOTHING)
    export, _, started = surface.discover()
    assert started.name == "mcp:export as a task"
    plain = surface.call(export, {}, NOTHING)
    assert (plain.body, plain.linked) == ("all notes", {})
    begun = surface.call(started, {}, NOTHING)
    assert begun.outcome is Outcome.OK
    assert begun.linked == {"deferred_id": ["t-0123456789abcdef"]}
    assert server.asked[-1][1]["task"]["ttl"] > 0
    assert server.looks == 0


def test_task_that_is_asked_for_is_awaited_and_fetched() -> None:
    server = Server()
    answer = ToolSurface(server, NOTHING).call_tool("export", {}, NOTHING, task=True)
    assert answer.body == "all notes"
    assert answer.linked == {"deferred_id": ["t-0123456789abcdef"]}
    # What was said of it meanwhile is evidence as well.
    assert "of alice" in str(answer.unsolicited)
    assert [method for method, _ in server.asked][-1] == "tasks/result"


def test_task_that_the_server_makes_has_its_result_in_it() -> None:
    server = Server(current=True)
    answer = ToolSurface(server, NOTHING).call_tool("export", {}, NOTHING)
    assert answer.body == "all notes"
    assert "tasks/result" not in [method for method, _ in server.asked]


def test_methods_on_tasks_are_operations_where_the_server_has_tasks() -> None:
    names = [each.name for each in McpTasksSurface(Server(), NOTHING).discover()]
    assert names == ["mcp:tasks/list", "mcp:tasks/get", "mcp:tasks/result", "mcp:tasks/cancel"]
    names = [each.name for each in McpTasksSurface(Server(current=True), NOTHING).discover()]
    assert names == ["mcp:tasks/get", "mcp:tasks/cancel"]
    assert McpTasksSurface(Server(tasks=False), NOTHING).discover() == []


def test_listed_tasks_can_be_named_in_other_calls() -> None:
    surface = McpTasksSurface(Server(), NOTHING)
    listing, looking, _, cancelling = surface.discover()
    assert surface.call(listing, {}, NOTHING).linked == {"deferred_id": ["t-0123456789abcdef"]}
    answer = surface.call(looking, {"deferred_id": "t-0123456789abcdef"}, NOTHING)
    assert answer.body["taskId"] == "t-0123456789abcdef"
    assert not cancelling.reads_only
