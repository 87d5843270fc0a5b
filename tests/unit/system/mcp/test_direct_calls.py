"""Calls that go around the SDK are answered as the SDK answers them; what is odd goes to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from system.errors import NotFound
from system.identity import Subject
from system.mcp.app import create_server
from system.mcp.data_access.base import Data
from system.mcp.direct_calls import DirectCalls
from system.mcp.gate import admit_to
from system.mcp.idempotency import current_key
from system.store.schemas import TaskPage, TaskView
from system.wire.limits import BodyLimit

_TASK = TaskView.model_validate(
    {
        "id": UUID(int=7),
        "title": "milk \u2028 \U0001f95b",
        "description": None,
        "status": "pending",
        "priority": "medium",
        "due_date": None,
        "project_id": None,
        "project_name": None,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "completed_at": None,
    }
)
_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}
_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "list_tasks",
}


class _Data:
    keys: list[str | None]

    def __init__(self) -> None:
        self.keys = []

    async def list_tasks(self, user_id: str, *rest: object) -> TaskPage:
        self.keys.append(current_key())
        return TaskPage(items=[_TASK], next_cursor=None)

    async def get_task(self, user_id: str, task_id: UUID) -> TaskView:
        raise NotFound()

    async def complete_task(self, user_id: str, task_id: UUID) -> TaskView:
        raise RuntimeError("a fault of the server's")


class _Paths:
    """The two ways to the same server, and what was handed to the SDK."""

    def __init__(self) -> None:
        self.data = _Data()
        self.server = create_server(cast(Data, self.data))
        sdk = self.server.streamable_http_app(
            streamable_http_path="/mcp",
            json_response=True,
            stateless_http=True,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        self.handed_on = 0

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            self.handed_on += 1
            await sdk(scope, receive, send)

        self.sdk = _as_alice(sdk)
        self.direct = _as_alice(DirectCalls(counted, self.server, "/mcp", sdk.routes[0]))
        self._running = self.server.session_manager.run()

    async def __aenter__(self) -> _Paths:
        await self._running.__aenter__()
        return self

    async def __aexit__(self, *failure: Any) -> None:
        await self._running.__aexit__(*failure)


def _as_alice(app: ASGIApp) -> ASGIApp:
    admit = admit_to("http://127.0.0.1/mcp")
    # As in the service, where bodies arrive whole.
    inner = BodyLimit(AuthContextMiddleware(app))

    async def admitted(scope: Scope, receive: Receive, send: Send) -> None:
        subject = Subject(
            user_id="alice",
            issuer="test",
            audience="mcp",
            actor=None,
            expires_at=2_000_000_000,
            claims={},
        )
        admit(scope, subject)
        await inner(scope, receive, send)

    return admitted


async def _post(app: ASGIApp, headers: Any, content: bytes) -> tuple[int, str, Any]:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:80") as client:
        answer = await client.post("/mcp", headers=headers, content=content)
    kind = answer.headers.get("content-type", "")
    return answer.status_code, kind, answer.json() if "json" in kind else answer.text


def _message(**changes: Any) -> dict[str, Any]:
    params = {"name": "list_tasks", "arguments": {"user_id": "alice"}, "_meta": _META}
    for part in changes.pop("without", ()):
        del params[part]
    params |= changes.pop("params", {})
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params, **changes}


_ID = str(UUID(int=1))
_PLAIN: dict[str, tuple[Mapping[str, str], dict[str, Any]]] = {
    "a list": ({}, _message()),
    "text as id": ({}, _message(id="\ud83e\udd5b")),
    "another's name": ({}, _message(params={"arguments": {"user_id": "bob"}})),
    "no user": ({}, _message(params={"arguments": {}})),
    "unknown argument": ({}, _message(params={"arguments": {"user_id": "alice", "x": 1}})),
    "argument of a wrong type": (
        {},
        _message(params={"arguments": {"user_id": "alice", "limit": "many"}}),
    ),
    "not found": (
        {"Mcp-Name": "get_task"},
        _message(params={"name": "get_task", "arguments": {"user_id": "alice", "task_id": _ID}}),
    ),
    "fault": (
        {"Mcp-Name": "complete_task"},
        _message(
            params={"name": "complete_task", "arguments": {"user_id": "alice", "task_id": _ID}}
        ),
    ),
    "odd key": ({}, _message(params={"_meta": {**_META, "crosstalk/idempotencyKey": "a b"}})),
    "no arguments": ({}, _message(without=["arguments"])),
    "progress asked for": ({}, _message(params={"_meta": {**_META, "progressToken": 4}})),
}
_ODD: dict[str, tuple[Mapping[str, str], Any]] = {
    "no such tool": ({"Mcp-Name": "nothing"}, _message(params={"name": "nothing"})),
    "another tool in the header": ({"Mcp-Name": "get_task"}, _message()),
    "another method in the header": ({"Mcp-Method": "tools/list"}, _message()),
    "another method": ({}, _message(method="tools/list")),
    "an older revision": ({"MCP-Protocol-Version": "2025-11-25"}, _message()),
    "an unknown revision": ({"MCP-Protocol-Version": "2030-01-01"}, _message()),
    "another revision within": (
        {},
        _message(params={"_meta": {**_META, "io.modelcontextprotocol/protocolVersion": "x"}}),
    ),
    "no capabilities": ({}, _message(params={"_meta": dict(list(_META.items())[:1])})),
    "no meta": ({}, _message(without=["_meta"])),
    "arguments as a list": ({}, _message(params={"arguments": []})),
    "no arguments but null": ({}, _message(params={"arguments": None})),
    "more parameters": ({}, _message(params={"requestState": "x"})),
    "client without a name": (
        {},
        _message(params={"_meta": {**_META, "io.modelcontextprotocol/clientInfo": {}}}),
    ),
    "true as id": ({}, _message(id=True)),
    "fraction as id": ({}, _message(id=1.5)),
    "no id": ({}, {k: v for k, v in _message().items() if k != "id"}),
    "a batch": ({}, [_message()]),
    "more members": ({}, _message(x=1)),
    "a JSON-RPC of its own": ({}, _message(jsonrpc="1.0")),
    "not JSON": ({}, b"{"),
    "no body": ({}, b""),
    "another type": ({"Content-Type": "text/plain"}, _message()),
    "a type with a parameter": ({"Content-Type": "application/json; charset=utf-8"}, _message()),
    "reads nothing of ours": ({"Accept": "text/html"}, _message()),
    "reads anything": ({"Accept": "*/*"}, _message()),
    "reads with weights": ({"Accept": "application/json;q=0.5"}, _message()),
    "a session": ({"Mcp-Session-Id": "0123456789abcdef"}, _message()),
    "an argument in a header": ({"Mcp-Param-user_id": "bob"}, _message()),
}


@pytest.mark.parametrize("case", _PLAIN)
async def test_a_plain_call_is_answered_as_the_sdk_answers_it(case: str) -> None:
    async with _Paths() as paths:
        headers, message = _PLAIN[case]
        sent = {**_HEADERS, **headers}, json.dumps(message).encode()
        direct = await _post(paths.direct, *sent)
        assert paths.handed_on == 0
        assert direct == await _post(paths.sdk, *sent)
        assert direct[0] == 200


@pytest.mark.parametrize("case", _ODD)
async def test_other_requests_are_left_to_the_sdk(case: str) -> None:
    async with _Paths() as paths:
        headers, message = _ODD[case]
        content = message if isinstance(message, bytes) else json.dumps(message).encode()
        sent = {**_HEADERS, **headers}, content
        direct = await _post(paths.direct, *sent)
        assert paths.handed_on == 1
        assert direct == await _post(paths.sdk, *sent)


@pytest.mark.parametrize("twice", ["Mcp-Name", "Mcp-Method", "MCP-Protocol-Version"])
async def test_a_repeated_header_is_left_to_the_sdk(twice: str) -> None:
    async with _Paths() as paths:
        headers = [*_HEADERS.items(), (twice, _HEADERS[twice])]
        direct = await _post(paths.direct, headers, json.dumps(_message()).encode())
        assert paths.handed_on == 1
        assert direct[0] == 400


async def test_a_direct_call_has_its_own_idempotency_key() -> None:
    async with _Paths() as paths:
        for key in ("first", None):
            meta = _META if key is None else {**_META, "crosstalk/idempotencyKey": key}
            await _post(
                paths.direct, _HEADERS, json.dumps(_message(params={"_meta": meta})).encode()
            )
        assert paths.data.keys == ["first", None]
        assert paths.handed_on == 0


async def test_a_direct_call_without_a_verified_subject_is_refused() -> None:
    async with _Paths() as paths:
        bare = BodyLimit(DirectCalls(paths.sdk, paths.server, "/mcp", cast(Any, None)))
        _, _, body = await _post(bare, _HEADERS, json.dumps(_message()).encode())
        assert body["result"]["isError"] is True
        assert body["result"]["structuredContent"]["error_code"] == "unauthorized"
