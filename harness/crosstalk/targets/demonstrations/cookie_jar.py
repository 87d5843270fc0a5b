"""Pattern 3 from the other side: a backend that calls a cookie-guarded MCP server for its users.

The careless form keeps one HTTP client for the whole application, which is right for its
connections and wrong for its cookies: the jar holds the session of the last user to sign in, and
every user's calls travel under it. A mounted or global MCP client with fixed headers does the same
with the first user's. The form that holds turns the jar off and sends each user's cookie itself.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from crosstalk.core.history import Actor
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.http.exchange import client
from crosstalk.targets.demonstrations.base import MCP_PATH, Demonstration, Pattern
from crosstalk.targets.demonstrations.session_cookie import COOKIE, session_app

_ENDPOINT = "/backend/mcp"


class Forwarder:
    """A backend's route to the MCP server: one client for all users, as it should be.

    Args:
        server: Base URL of the MCP server.
        apart: Send each user's cookie, and let the client keep none.
    """

    def __init__(self, server: str, *, apart: bool) -> None:
        self._apart = apart
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=[] if apart else None))
        self.http = httpx2.AsyncClient(base_url=server, cookies=jar)
        self._users: dict[str, str] = {}
        self._sessions: dict[str, str] = {}

    async def sign_in(self, request: Request) -> Response:
        """Give a user of the backend a ticket."""
        ticket = secrets.token_urlsafe(24)
        self._users[ticket] = str((await request.json())["user"])
        return JSONResponse({"ticket": ticket})

    async def forward(self, request: Request) -> Response:
        """Pass a call on in the session of the user whose ticket it carries."""
        user = self._users.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if user is None:
            return JSONResponse({"error": "sign in"}, 401)
        if user not in self._sessions:
            answer = await self.http.post("/sign-in", json={"user": user})
            self._sessions[user] = answer.cookies[COOKIE]
        kept = {
            name: value
            for name, value in request.headers.items()
            if name.startswith("mcp-") or name in ("accept", "content-type")
        }
        if self._apart:
            kept["cookie"] = f"{COOKIE}={self._sessions[user]}"
        answer = await self.http.post(MCP_PATH, content=await request.body(), headers=kept)
        return Response(
            answer.content, answer.status_code, media_type=answer.headers.get("content-type")
        )


@dataclass(slots=True)
class Tickets:
    """Tickets of the backend's users."""

    url: str
    _http: httpx2.Client = field(default_factory=lambda: client(10.0))
    _kept: dict[str, str] = field(default_factory=dict)

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return the ticket of this actor, if there is one."""
        return self.own(subject) if actor.user is not None else NOTHING

    def own(self, subject: str) -> Presented:
        """Return the ticket of a user who has signed in."""
        if subject not in self._kept:
            answer = self._http.post(f"{self.url}/backend/sign-in", json={"user": subject})
            self._kept[subject] = str(answer.raise_for_status().json()["ticket"])
        return Presented.bearer(self._kept[subject])


def _build(url: str, *, apart: bool) -> Pattern:
    forwarder = Forwarder(url, apart=apart)
    server = session_app(url, {}, guarded=True)

    backend = Starlette(
        routes=[
            Route("/backend/sign-in", forwarder.sign_in, methods=["POST"]),
            Route(_ENDPOINT, forwarder.forward, methods=["POST"]),
        ]
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/backend/"):
            await backend(scope, receive, send)
            return
        await server(scope, receive, send)
        if scope["type"] == "lifespan":
            await forwarder.http.aclose()

    tickets = Tickets(url)
    return Pattern(app, tickets, lambda: tickets.own("discovery"), endpoint=_ENDPOINT)


SHARED_COOKIE_JAR = Demonstration(
    name="shared-cookie-jar",
    title="a backend whose one HTTP client keeps cookies",
    lesson="every user's calls travel in the session of the last user to sign in",
    expected="leak",
    build=lambda url: _build(url, apart=False),
)
COOKIES_KEPT_APART = Demonstration(
    name="cookies-kept-apart",
    title="a backend that shares connections between users, and no cookies",
    lesson="needs the jar turned off and each user's cookie sent by hand",
    expected="clean",
    build=lambda url: _build(url, apart=True),
)
