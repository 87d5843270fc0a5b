"""A session that another user is refused stays its owner's."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

import pytest

from crosstalk.surface.credentials import Presented
from crosstalk.surface.transports import OlderHttp
from tests.unit.crosstalk.surface.loopback import Asked, Said, answering, as_json

ALICE = Presented({"Authorization": "Bearer alice"}, connection="alice")
THIEF = Presented({"Authorization": "Bearer bob"}, connection="alice", borrowed=True)


class Sessions:
    """A server whose sessions serve the user alone who opened them."""

    def __init__(self) -> None:
        self.owners: dict[str, str] = {}
        self.opened = count(1)

    def __call__(self, asked: Asked) -> Said:
        caller, session = asked.headers["authorization"], asked.headers.get("mcp-session-id", "")
        message = json.loads(asked.body) if asked.body else {}
        if message.get("method") == "initialize":
            session = f"s{next(self.opened)}"
            self.owners[session] = caller
            result = {"protocolVersion": "2025-11-25", "capabilities": {}}
            found = {"jsonrpc": "2.0", "id": message["id"], "result": result}
            return as_json(found, mcp_session_id=session)
        if self.owners.get(session) != caller:
            return as_json({"error": "no such session"}, 404)
        if asked.method == "DELETE":
            del self.owners[session]
            return Said()
        if "id" not in message:
            return Said(status=202)
        return as_json({"jsonrpc": "2.0", "id": message["id"], "result": {}})


@pytest.mark.parametrize("first", [True, False], ids=["thief first", "owner first"])
def test_owner_goes_on_where_another_was_refused(*, first: bool) -> None:
    server = Sessions()
    with answering(server) as url:
        transport = OlderHttp(url, timeout=5)
        if not first:
            transport.request("ping", {}, ALICE)
        transport.request("ping", {}, THIEF)
        assert transport.request("ping", {}, ALICE).status == 200
        assert transport.request("ping", {}, THIEF).status == 404
        owned = dict(server.owners)
        assert transport.request("ping", {}, ALICE).status == 200
        assert server.owners == owned
        transport.close()


def test_owner_opens_another_session_where_one_was_ended() -> None:
    server = Sessions()
    with answering(server) as url:
        transport = OlderHttp(url, timeout=5)
        assert transport.request("ping", {}, ALICE).status == 200
        server.owners.clear()
        assert transport.request("ping", {}, ALICE).status == 200
        server.owners.clear()
        assert transport.request("ping", {}, replace(THIEF)).status == 404
        transport.close()
