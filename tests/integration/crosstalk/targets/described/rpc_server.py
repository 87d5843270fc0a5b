"""A server of hand-written JSON-RPC on loopback, in a thread of the test."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

# Tool name and arguments to the text of its answer.
Called = Callable[[str, Mapping[str, Any]], str]


@dataclass(slots=True)
class RpcServer:
    """What runs.

    Attributes:
        url: Its endpoint.
        asked: How often each method was called.
    """

    url: str
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def serving_tools(tools: Sequence[Mapping[str, Any]], called: Called) -> Iterator[RpcServer]:
    """Serve these tools while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            running.asked[message["method"]] += 1
            if message["method"] == "tools/list":
                result: dict[str, Any] = {"tools": list(tools)}
            else:
                params = message["params"]
                text = called(params["name"], params.get("arguments") or {})
                result = {"content": [{"type": "text", "text": text}]}
            reply = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *said: object) -> None:
            """Write no log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = RpcServer(f"http://127.0.0.1:{server.server_port}/")
        Thread(target=server.serve_forever, daemon=True).start()
        yield running
        server.shutdown()


def tool(name: str, *required: str) -> dict[str, Any]:
    """A tool that takes texts."""
    return {
        "name": name,
        "inputSchema": {
            "type": "object",
            "properties": {each: {"type": "string"} for each in required},
            "required": list(required),
        },
    }
