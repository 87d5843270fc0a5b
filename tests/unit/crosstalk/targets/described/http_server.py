"""An HTTP server on loopback, in a thread of the test, whose routes are functions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    Attributes:
        method: Its method.
        path: Its path, without the query.
        query: Its query's fields.
        headers: Its headers by lower-case name.
        body: Its decoded JSON body or form fields; None without a body.
        matched: The groups of the route's pattern.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    matched: tuple[str, ...] = ()

    @property
    def cookies(self) -> dict[str, str]:
        """Its cookies by name."""
        parsed = SimpleCookie(self.headers.get("cookie", ""))
        return {name: each.value for name, each in parsed.items()}


# Status, body (JSON, or a text as it is) and headers.
Given = tuple[int, Any] | tuple[int, Any, Mapping[str, str]]
Route = Callable[[Asked], Given]


@dataclass(slots=True)
class HttpServer:
    """What runs.

    Attributes:
        url: Its origin.
        routes: `METHOD /path/pattern` to what answers; may be changed while it runs.
        asked: The requests so far.
    """

    url: str
    routes: dict[str, Route]
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serving_routes(routes: Mapping[str, Route]) -> Iterator[HttpServer]:
    """Serve these routes while the block runs; anything else is 404."""

    class Handler(BaseHTTPRequestHandler):
        def serve(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body: Any = None
            if raw and "json" in headers.get("content-type", ""):
                body = json.loads(raw)
            elif raw:
                body = dict(parse_qsl(raw.decode()))
            given: Given = (404, {"detail": "Not Found"})
            for route, answer in running.routes.items():
                method, _, pattern = route.partition(" ")
                found = re.fullmatch(pattern, parts.path)
                if method == self.command and found:
                    query = dict(parse_qsl(parts.query))
                    asked = Asked(method, parts.path, query, headers, body, found.groups())
                    running.asked.append(asked)
                    given = answer(asked)
                    break
            status, content, *more = given
            text = content if isinstance(content, str) else json.dumps(content)
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            kind = "text/html" if isinstance(content, str) else "application/json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *said: object) -> None:
            """Write no log."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        setattr(Handler, f"do_{method}", Handler.serve)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = HttpServer(f"http://127.0.0.1:{server.server_port}", dict(routes))
        Thread(target=server.serve_forever, daemon=True).start()
        yield running
        server.shutdown()
