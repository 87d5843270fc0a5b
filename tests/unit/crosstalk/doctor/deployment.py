"""A small deployment without a fault, until a test plants one."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from crosstalk.tokens import LocalIssuer

_SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Told:
    """An answer; a dictionary goes as JSON."""

    status: int = 200
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Asked], Told]


@dataclass
class Deployment:
    """A backend and an MCP server at one address.

    Attributes:
        url: Where.
        issuer: Whose tokens it accepts.
        answers: Method and path to what is answered; tests replace some.
        headers: Sent with every answer, unless the answer says otherwise.
        date: Replaces the `Date` header; an empty one leaves it out.
        asked: What was asked.
        accepted: `Authorization` headers that are let in.
    """

    url: str
    issuer: LocalIssuer
    answers: dict[str, Answer] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: dict(_SAFE))
    date: str | None = None
    asked: list[Asked] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.answers |= {
            "GET /": lambda asked: Told(401, {}, {"WWW-Authenticate": "Bearer"}),
            "GET /health": lambda asked: Told(200, {"status": "ok"}),
            "GET /ready": lambda asked: Told(200, {"status": "ok", "checks": {"database": "ok"}}),
            "GET /.well-known/jwks.json": lambda asked: Told(200, self.issuer.jwks()),
            "GET /api": self.api,
            "OPTIONS /api": self.preflight,
            "GET /mcp": self.mcp,
            "POST /mcp": self.mcp,
            "GET /.well-known/oauth-protected-resource/mcp": lambda asked: Told(
                200, {"resource": self.mcp_url, "authorization_servers": [self.url]}
            ),
        }

    @property
    def mcp_url(self) -> str:
        """The MCP endpoint."""
        return f"{self.url}/mcp"

    def token(self, audience: str = "crosstalk-backend", **changes: Any) -> str:
        """Mint a user's token, which is accepted."""
        token = self.issuer.mint("doctor-test", audience=audience, **changes)
        self.accepted.add(f"Bearer {token}")
        return token

    def api(self, asked: Asked) -> Told:
        """Answer with users' data for a valid token."""
        if asked.headers.get("authorization") in self.accepted:
            return Told(200, {})
        return Told(401, {}, {"WWW-Authenticate": "Bearer"})

    def preflight(self, asked: Asked) -> Told:
        """Answer the preflight of one origin."""
        if asked.headers.get("origin") != "https://app.acme.test":
            return Told(400)
        allowed = {
            "Access-Control-Allow-Origin": "https://app.acme.test",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
        }
        return Told(200, "", allowed)

    def mcp(self, asked: Asked) -> Told:
        """Speak the protocol, for its own name, no page, and a valid token."""
        if asked.headers["host"] != self.url.removeprefix("http://"):
            return Told(421, {})
        if "origin" in asked.headers:
            return Told(403, {})
        if asked.headers.get("authorization") not in self.accepted:
            metadata = f"{self.url}/.well-known/oauth-protected-resource/mcp"
            return Told(401, {}, {"WWW-Authenticate": f'Bearer resource_metadata="{metadata}"'})
        method = asked.body["method"]
        result: dict[str, Any] = (
            {"protocolVersion": "2025-06-18"} if method == "initialize" else {"tools": []}
        )
        return Told(200, {"jsonrpc": "2.0", "id": asked.body["id"], "result": result})

    def say(self, endpoint: str, status: int = 200, body: Any = "", **headers: str) -> None:
        """Answer this from now on; `_` in a header's name stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[endpoint] = lambda asked: Told(status, body, named)

    def answer(self, asked: Asked) -> Told:
        """Answer a request."""
        self.asked.append(asked)
        exact = self.answers.get(f"{asked.method} {asked.path}")
        if exact is not None:
            return exact(asked)
        prefixed = self.answers.get(f"{asked.method} /{asked.path.split('/')[1]}")
        return prefixed(asked) if prefixed is not None else Told(404, {})


@contextlib.contextmanager
def deployed(context: ssl.SSLContext | None = None) -> Iterator[Deployment]:
    """Run a deployment on a free port of loopback, over TLS with a context for it."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = deployment.answer(Asked(self.command, self.path, headers, body))
            content = told.body if isinstance(told.body, str) else json.dumps(told.body)
            self.send_response_only(told.status)
            date = self.date_time_string() if deployment.date is None else deployment.date
            if date:
                self.send_header("Date", date)
            for name, value in {**deployment.headers, **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST = do_OPTIONS = answer  # noqa: N815 - the library's names

        def log_message(self, *arguments: object) -> None:
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if context is not None:
        scheme = "https"
        server.socket = context.wrap_socket(server.socket, server_side=True)
    url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    deployment = Deployment(url, LocalIssuer.create(url, ("EdDSA", "ES256")))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield deployment
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
