"""Streamable HTTP before 2026-07-28: a handshake, and a session where the server wants one.

Each connection name has a session of its own. A server that gives no session id is stateless: its
handshake is made once a name all the same, because some servers refuse calls without it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2

from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.delivery import in_full, session_of
from crosstalk.surface.transports.base import Reply, TransportError, address, message
from crosstalk.surface.transports.http import (
    GREETING,
    INITIALIZED,
    HttpTransport,
    agreed,
    handshake,
)
from crosstalk.surface.transports.listening import Listener, answers_to, messages_of, sent_again

_SESSION = "mcp-session-id"
_MAX_SESSIONS = 64
# The revision that servers know who refuse the newest one.
_KNOWN_REVISION = "2025-06-18"
# How long is waited for what is sent again.
_RESUMING_SECONDS = 0.4


@dataclass(slots=True)
class _Session:
    """What the handshake settled; `refused` holds the reply where the server wanted none of it."""

    identifier: str | None = None
    revision: str = ""
    refused: Reply | None = None
    listeners: dict[frozenset[tuple[str, str]], Listener] = field(default_factory=dict)
    address: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class OlderHttp(HttpTransport):
    """One endpoint.

    Args:
        url: The endpoint; `{name}` stands for what the caller puts into the address.
        timeout: Seconds for one request.
        revision: What the handshake offers.
    """

    def __init__(self, url: str, *, timeout: float, revision: str = "2025-11-25") -> None:
        super().__init__(url, timeout=timeout)
        self._revision = revision
        self._sessions: dict[str, _Session] = {}
        self._opening: dict[str, threading.Lock] = {}

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        """Send a request on the caller's session and wait for its reply.

        Raises:
            TransportError: There is none.
            ValueError, RecursionError: JSON or HTTP cannot express the request.
        """
        if method == GREETING:
            return self._greeted(presented)
        session = self._session(presented)
        if session.refused is not None:
            return session.refused
        return self._on_session(
            presented, session, lambda on: self._send(method, params, presented, on)
        )

    def _on_session(
        self, presented: Presented, session: _Session, ask: Callable[[_Session], Reply]
    ) -> Reply:
        """Ask on a session, and on a new one where the server has ended it.

        Sessions end whenever the server likes (2025-06-18, Session Management). That another user
        is not served on one is what it should say, and its owner goes on with it.
        """
        reply = ask(session)
        if reply.status != 404 or session.identifier is None or presented.borrowed:
            return reply
        self._drop(presented, session)
        session = self._session(presented)
        return session.refused if session.refused is not None else ask(session)

    def listen(self, uris: Iterable[str], presented: Presented) -> Reply:
        """Return what came on the standing stream of the caller's session, which it opens.

        Raises:
            TransportError: The server does not answer.
        """
        session = self._session(presented)
        if session.refused is not None:
            return session.refused
        # Another user's token on this session has a stream of its own, if it has one.
        key = frozenset(presented.header_fields().items())
        listener = session.listeners.get(key)
        if listener is None or listener.ended:
            listener = Listener(self._standing, self._reading(presented, session))
            session.listeners[key] = listener
        reply = listener.received()
        found = reply.body.get("result") if isinstance(reply.body, Mapping) else None
        for answer in answers_to(found.get("messages", ()) if isinstance(found, Mapping) else ()):
            self._post(answer, presented, session)
        if not presented.alone and found is not None:
            # On a session that several users share, a message belongs to none of them.
            return messages_of([])
        return replace(reply, event_ids=tuple(listener.event_ids))

    def resume(self, event: str, presented: Presented) -> Reply:
        """Return what the server sends again after an event, on the caller's session.

        Raises:
            TransportError: The server does not answer.
        """
        session = self._session(presented)
        if session.refused is not None:
            return session.refused
        return self._on_session(
            presented,
            session,
            lambda on: self._resumed(event, presented, on, _RESUMING_SECONDS),
        )

    def _resumed(
        self, event: str, presented: Presented, session: _Session, seconds: float
    ) -> Reply:
        asked = self._reading(presented, session, {"Last-Event-ID": event})
        try:
            return sent_again(self._standing, asked, seconds)
        except httpx2.HTTPError as error:
            raise TransportError(
                f"no MCP server answers at {self._url} ({type(error).__name__})"
            ) from error

    def _reading(
        self,
        presented: Presented,
        session: _Session,
        more: Mapping[str, str] | None = None,
    ) -> httpx2.Request:
        """The request that opens a session's stream, or goes on with one."""
        headers = {
            "Accept": "text/event-stream",
            **({"Mcp-Session-Id": session.identifier} if session.identifier else {}),
            **({"MCP-Protocol-Version": session.revision} if session.revision else {}),
            **(more or {}),
            **presented.header_fields(),
        }
        # The stream is silent between messages.
        timeout = httpx2.Timeout(self._timeout, read=None)
        where = address(self._url, presented)
        return self._standing.build_request("GET", where, headers=headers, timeout=timeout)

    def keeps_sessions(self, presented: Presented) -> bool:
        """Return whether the server opens a session for this caller.

        Raises:
            TransportError: It does not answer.
        """
        return self._session(presented).identifier is not None

    def close(self) -> None:
        """End the sessions and close the connections."""
        self.end_sessions()
        super().close()

    def end_sessions(self) -> None:
        """End all sessions; the next call opens another."""
        while self._sessions:
            self._end(self._sessions.popitem()[1])

    def _greeted(self, presented: Presented) -> Reply:
        """Shake hands for a session of its own, and end it: a greeting is given once a session."""
        with in_full():
            session = _Session(
                address=address(self._url, presented), headers=presented.header_fields()
            )
            reply = self._send(*handshake(self._revision), presented, session)
            if agreed(reply) is not None:
                session.identifier = reply.headers.get(_SESSION)
                self._end(session)
        return reply

    def _session(self, presented: Presented) -> _Session:
        name = session_of(presented.connection)
        if presented.borrowed and name not in self._sessions:
            # One that is opened with this caller's credential is not the other's to go on with.
            name = f"{name} borrowed"
        # Calls made at once on one connection shake hands once.
        with self._opening.setdefault(name, threading.Lock()):
            known = self._sessions.get(name)
            if known is not None:
                return known
            # A call may be broken off; a session whose id was not read could never be ended.
            with in_full():
                session = self._shake_hands(presented)
            # A refused handshake is asked again the next time, as a call is.
            if session.refused is None:
                self._sessions[name] = session
                if len(self._sessions) > _MAX_SESSIONS:
                    self._end(self._sessions.pop(next(iter(self._sessions))))
            return session

    def _drop(self, presented: Presented, session: _Session) -> None:
        """Forget a session that did not answer this caller; whose it is may have it ended."""
        name = session_of(presented.connection)
        with self._opening.setdefault(name, threading.Lock()):
            if self._sessions.get(name) is session:
                del self._sessions[name]
                self._end(session)

    def _shake_hands(self, presented: Presented) -> _Session:
        session = _Session(address=address(self._url, presented), headers=presented.header_fields())
        reply = self._send(*handshake(self._revision), presented, session)
        result = agreed(reply)
        if result is None and _is_of_version(reply):
            # A server offers another revision where it does not know this one; not every one does.
            reply = self._send(*handshake(_KNOWN_REVISION), presented, session)
            result = agreed(reply)
        if result is None:
            session.refused = reply
            return session
        session.identifier = reply.headers.get(_SESSION)
        session.revision = str(result.get("protocolVersion", self._revision))
        self._post(INITIALIZED, presented, session)
        return session

    def _send(
        self, method: str, params: Mapping[str, Any], presented: Presented, session: _Session
    ) -> Reply:
        identifier = next(self._ids)
        return self._post(message(method, params, identifier), presented, session, identifier)

    def _post(
        self,
        content: Mapping[str, Any],
        presented: Presented,
        session: _Session,
        identifier: int | None = None,
    ) -> Reply:
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            **({"Mcp-Session-Id": session.identifier} if session.identifier else {}),
            **({"MCP-Protocol-Version": session.revision} if session.revision else {}),
            **presented.header_fields(),
        }
        return self._exchange(
            address(self._url, presented),
            content,
            headers,
            identifier,
            lambda answer: self._post(answer, presented, session),
            lambda event: self._resumed(event, presented, session, self._timeout),
        )

    def _end(self, session: _Session) -> None:
        for listener in session.listeners.values():
            listener.close()
        if session.identifier is None:
            return
        headers = {**session.headers, "Mcp-Session-Id": session.identifier}
        with in_full(), contextlib.suppress(httpx2.HTTPError):
            self._http.delete(session.address, headers=headers)


def _is_of_version(reply: Reply) -> bool:
    """Return whether a refused handshake speaks of the revision."""
    return reply.status not in (401, 403) and "version" in str(reply.body).lower()
