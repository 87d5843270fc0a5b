"""An endpoint that redirects to itself with a slash, as a mounted application does."""

from __future__ import annotations

import json

import pytest

from crosstalk.surface.credentials import NOTHING
from crosstalk.surface.transports import PlainHttp
from tests.unit.crosstalk.targets.described.http_server import Asked, Given, serving_routes

REPLY = {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}


@pytest.mark.parametrize(("location", "served"), [("/mcp/", True), ("http://192.0.2.1/", False)])
def test_message_is_posted_again_where_the_slash_is_missing(location: str, served: bool) -> None:
    def moved(_: Asked) -> Given:
        return 307, "", {"Location": location}

    routes = {
        "POST /mcp": moved,
        "POST /mcp/": lambda asked: (200, {**REPLY, "id": asked.body["id"]}),
    }
    with serving_routes(routes) as server:
        transport = PlainHttp(f"{server.url}/mcp", timeout=5)
        reply = transport.request("tools/list", {}, NOTHING)
        transport.close()
    assert (json.dumps(reply.body) == json.dumps(REPLY)) is served
