"""Pattern 3, a session cookie: the browser sends it along, whichever page asked for the request.

The careless form is what remains when each error message was answered by taking a check away: the
transport's Host and Origin check off, CORS open with credentials, `SameSite=None`, the session id
kept through sign-in, sign-out that only clears the browser's copy. Then any page that the user
visits calls the tools as the user. The form that holds lists its origins, makes a new id at sign-in
and forgets it at sign-out. What stays: sessions must be where every replica finds them, and
whatever forwards calls for several users must keep their cookies apart (`cookie_jar`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field

import httpx2
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings
from starlette.authentication import AuthCredentials
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from crosstalk.core.history import Actor
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.http.exchange import client
from crosstalk.targets.demonstrations.base import MCP_PATH, Demonstration, Pattern
from crosstalk.targets.demonstrations.notebook import Notebook, server_by_credential

COOKIE = "session"
_ELSEWHERE = "https://attacker.example"
_PUBLIC = ("/sign-in", "/sign-out")

Sessions = MutableMapping[str, str]


class CookieGate:
    """Lets requests through that carry a session's cookie, as the session's user."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = AuthContextMiddleware(app)
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in _PUBLIC:
            await self._app(scope, receive, send)
            return
        user = self._sessions.get(Request(scope).cookies.get(COOKIE, ""))
        if user is None:
            await JSONResponse({"error": "sign in"}, 401)(scope, receive, send)
            return
        token = AccessToken(token="", client_id="browser", scopes=[], subject=user)
        scope["auth"], scope["user"] = AuthCredentials([]), AuthenticatedUser(token)
        await self._app(scope, receive, send)


def session_app(url: str, sessions: Sessions, *, guarded: bool) -> ASGIApp:
    """Return the MCP server behind a cookie, with sign-in and sign-out beside it.

    Args:
        url: Where it is served.
        sessions: Session id to user; replicas share it, or each knows only its own sessions.
        guarded: With the checks that make it hold.
    """

    async def sign_in(request: Request) -> Response:
        # No password is asked for: the user is given here, and what becomes of that
        # afterwards is what is shown.
        user = str((await request.json())["user"])
        brought = request.cookies.get(COOKIE)
        identifier = brought if brought and not guarded else secrets.token_urlsafe(24)
        sessions[identifier] = user
        response = JSONResponse({"user": user})
        if guarded:
            response.set_cookie(COOKIE, identifier, httponly=True, samesite="strict")
        else:
            # Browsers take `SameSite=None` only with `Secure`.
            response.set_cookie(COOKIE, identifier, httponly=True, samesite="none", secure=True)
        return response

    async def sign_out(request: Request) -> Response:
        if guarded:
            sessions.pop(request.cookies.get(COOKIE, ""), None)
        response = JSONResponse({"user": None})
        response.delete_cookie(COOKIE)
        return response

    server = server_by_credential(Notebook())
    inner = server.streamable_http_app(
        streamable_http_path=MCP_PATH,
        json_response=True,
        stateless_http=True,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=guarded,
            allowed_hosts=[url.partition("://")[2]],
            allowed_origins=[url],
        ),
    )
    inner.router.routes += [
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
    ]
    gate: ASGIApp = CookieGate(inner, sessions)
    if guarded:
        return gate
    return CORSMiddleware(
        gate,
        allow_origin_regex=".*",
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
    )


@dataclass(slots=True)
class BrowserCookies:
    """Cookies in the actors' browsers: users have their own, others what they can get hold of."""

    url: str
    _http: httpx2.Client = field(default_factory=lambda: client(10.0))
    _kept: dict[str, str] = field(default_factory=dict)

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Return the cookie of this actor, if there is one."""
        if actor.user is not None:
            return Presented(self.own(subject))
        return Presented(self.forgeries[actor.forgery](subject)) if actor.forgery else NOTHING

    def own(self, subject: str) -> dict[str, str]:
        """Return the cookie of a user who has signed in."""
        if subject not in self._kept:
            self._kept[subject] = self._sign_in(subject)
        return _cookie(self._kept[subject])

    @property
    def forgeries(self) -> dict[str, Callable[[str], dict[str, str]]]:
        """Name to what makes the headers of a request that must be refused."""
        return {
            "another-sites-page": self._from_another_site,
            "another-sites-sandbox": self._from_a_sandbox,
            "session-fixed-before-sign-in": self._fixed,
            "session-after-sign-out": self._signed_out,
        }

    def _from_another_site(self, subject: str) -> dict[str, str]:
        # The user's browser adds the cookie by itself; Origin is all that tells.
        return {**self.own(subject), "Origin": _ELSEWHERE}

    def _from_a_sandbox(self, subject: str) -> dict[str, str]:
        # A frame without an origin of its own, which lists of forbidden origins forget.
        return {**self.own(subject), "Origin": "null"}

    def _fixed(self, subject: str) -> dict[str, str]:
        chosen = secrets.token_urlsafe(24)
        self._sign_in(subject, chosen)
        return _cookie(chosen)

    def _signed_out(self, subject: str) -> dict[str, str]:
        session = _cookie(self._sign_in(subject))
        self._http.post(f"{self.url}/sign-out", headers=session).raise_for_status()
        return session

    def _sign_in(self, subject: str, brought: str | None = None) -> str:
        headers = _cookie(brought) if brought else {}
        answer = self._http.post(f"{self.url}/sign-in", json={"user": subject}, headers=headers)
        answer.raise_for_status()
        return answer.cookies[COOKIE]


def _cookie(identifier: str) -> dict[str, str]:
    return {"Cookie": f"{COOKIE}={identifier}"}


def _build(url: str, *, guarded: bool) -> Pattern:
    browsers = BrowserCookies(url)
    return Pattern(
        app=session_app(url, {}, guarded=guarded),
        credentials=browsers,
        discovery=lambda: Presented(browsers.own("discovery")),
        forgeries=tuple(browsers.forgeries),
    )


SESSION_COOKIE = Demonstration(
    name="session-cookie",
    title="a session cookie, every check of Origin and session taken away",
    lesson="a page of another site calls the tools as the user who visits it; ids fixed before "
    "sign-in and sessions after sign-out pass",
    expected="leak",
    build=lambda url: _build(url, guarded=False),
)
SESSION_COOKIE_GUARDED = Demonstration(
    name="session-cookie-guarded",
    title="a session cookie with listed origins, a new id at sign-in, an end at sign-out",
    lesson="needs an Origin check, sessions that all replicas share, and cookies kept apart by "
    "the service that forwards calls",
    expected="clean",
    build=lambda url: _build(url, guarded=True),
)
