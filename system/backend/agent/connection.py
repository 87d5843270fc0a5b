"""The connection from the backend to the MCP server: one POST a call, the caller's token on each.

Protocol revision 2026-07-28 is stateless, so no session is shared or mixed up: a
call is one request on a shared connection pool, with the token given to that call and to no other.
Nothing is locked, nothing is kept between calls but the list of tools for a while, which is the
same for every user.

An answer that was lost is asked for again: a read as it is, a write with the key that its first
sending carried, so that the server answers with what that did instead of doing it twice. A write
whose tool does not declare that it takes a key is sent once.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urljoin

import httpx2
from mcp.types import CallToolResult, Tool
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from system import __version__
from system.backend.agent.http_client import ServiceTransport
from system.errors import NotReached, RateLimited, Unavailable
from system.observe.tracing import outgoing, span
from system.shares import Shares
from system.wire.idempotency_key_meta import META_KEY
from system.wire.logs import REQUEST_ID_HEADER, request_id
from system.wire.rate_limit import Pace
from system.wire.retry import (
    AnswerLostError,
    NotSentError,
    is_lost,
    is_under_way,
    send_request,
    until_answered,
)

PROTOCOL = "2026-07-28"

# After this many seconds the list of tools is asked for again: servers are upgraded.
_TOOLS_MAX_AGE = 300.0
_META = {
    "io.modelcontextprotocol/protocolVersion": PROTOCOL,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "crosstalk-backend", "version": __version__},
}
_log = logging.getLogger(__name__)


class McpConnection:
    """The shared connection pool to one MCP server.

    Args:
        url: The endpoint.
        timeout: Seconds for one call.
        max_connections: Calls that can be under way at once; more wait.
        repeats: How often a call whose answer was lost is sent again, where that is safe.
        calls_per_user: Calls of one user that can be under way at once; more wait for their turn.
        pace: Of one user's calls, in time.
        calls_per_answer: Calls that one answer of the agent may make.
        patience: Seconds for which they wait.
        restart: Seconds for which a server that refuses connections is taken to restart.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        max_connections: int,
        repeats: int = 2,
        calls_per_user: int = 8,
        pace: Pace | None = None,
        calls_per_answer: int = 100,
        patience: float = 30.0,
        restart: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        # Made once: to have the client put each request together is a good part of sending it.
        self._endpoint = httpx2.URL(url)
        self._extensions = {"timeout": httpx2.Timeout(timeout).as_dict()}
        self._repeats = repeats
        self._clock = clock
        self.calls_per_answer = calls_per_answer
        self._patience = patience
        self._pace = pace if pace is not None else Pace(20.0, 16)
        self._restart = restart
        self._shares = Shares(
            calls_per_user, lambda: RateLimited("too many tool calls at once", retry_after=1)
        )
        self._ids = itertools.count(1)
        self._http = httpx2.AsyncClient(
            transport=ServiceTransport(max_connections=max_connections),
            timeout=timeout,
            follow_redirects=False,
        )
        self._tools: list[Tool] = []
        self._tools_until = 0.0
        self._shown: tuple[list[Tool], list[Tool]] = ([], [])

    async def tools(self, token: str) -> list[Tool]:
        """The server's tools, remembered for a while: the list is the same for every user.

        Raises:
            Unavailable: The server does not answer as it should, and no list is remembered.
        """
        if self._tools and self._clock() < self._tools_until:
            return self._tools
        # With a cached list no request waits for a second try.
        repeats = 0 if self._tools else self._repeats
        try:
            result = await self._answer("tools/list", {}, token, repeats=repeats)
            self._tools = [Tool.model_validate(each) for each in result.get("tools", ())]
        except (Unavailable, ValidationError) as error:
            if not self._tools:
                raise Unavailable("the tools do not answer", retry_after=1) from error
        self._tools_until = self._clock() + _TOOLS_MAX_AGE
        return self._tools

    def shown(self, listed: list[Tool], made: Callable[[Sequence[Tool]], list[Tool]]) -> list[Tool]:
        """Return what is made of a list of tools, made once for each list that the server sends."""
        if self._shown[0] is not listed:
            self._shown = (listed, made(listed))
        return self._shown[1]

    def only_reads(self, name: str) -> bool:
        """Return whether the server declares that this tool only reads."""
        return any(
            tool.name == name and tool.annotations is not None and tool.annotations.read_only_hint
            for tool in self._tools
        )

    def label(self, name: str) -> str:
        """The name of a tool that the server has, for figures; `unknown` for any other."""
        return name if any(tool.name == name for tool in self._tools) else "unknown"

    def takes_key(self, name: str) -> bool:
        """Return whether the server declares that this tool takes an idempotency key."""
        return any(tool.name == name and META_KEY in (tool.meta or {}) for tool in self._tools)

    @asynccontextmanager
    async def share_of(self, user_id: str) -> AsyncIterator[None]:
        """A turn at the pool as one of this user's, which ends with the block.

        Raises:
            RateLimited: There was none for too long.
        """
        await self._pace.wait(user_id)
        async with self._shares.turn(user_id, seconds=self._patience):
            yield

    async def call(
        self, name: str, arguments: Mapping[str, Any], token: str, *, key: str | None = None
    ) -> CallToolResult:
        """Call a tool with this token.

        Args:
            name: The tool.
            arguments: What it is given.
            token: The caller's.
            key: The idempotency key of this call, one for each call that is meant. Tools that do
                not take one are called without.

        Raises:
            NotReached: The server cannot be connected to; the tool did not run.
            Unavailable: The server does not answer as it should; whether the tool ran is unknown.
        """
        if not self._tools:
            await self.tools(token)
        keyed = key is not None and self.takes_key(name)
        result = await self._answer(
            "tools/call",
            {"name": name, "arguments": dict(arguments)},
            token,
            name=name,
            meta={META_KEY: key} if keyed else {},
            repeats=self._repeats if keyed or self.only_reads(name) else 0,
        )
        try:
            return CallToolResult.model_validate(result)
        except ValidationError:
            raise Unavailable("the tools did not answer as they should") from None

    async def healthy(self) -> bool:
        """Return whether the server's process answers, whatever its dependencies do."""
        try:
            answer = await self._http.get(urljoin(self._url, "/health"), timeout=2.0)
        except httpx2.HTTPError:
            return False
        return answer.status_code == 200

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _answer(
        self,
        method: str,
        params: Mapping[str, Any],
        token: str,
        *,
        repeats: int,
        name: str | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        message = {**params, "_meta": {**_META, **(meta or {})}}
        try:
            return await until_answered(
                lambda: self._request(method, message, token, name),
                repeats,
                _is_under_way,
                patience=self._restart,
            )
        except NotSentError:
            raise NotReached("not done: the tools cannot be reached", retry_after=1) from None
        except AnswerLostError:
            raise Unavailable("the tools do not answer", retry_after=1) from None

    async def _request(
        self, method: str, params: Mapping[str, Any], token: str, name: str | None
    ) -> Mapping[str, Any]:
        identifier = next(self._ids)
        headers = {
            "Accept": "application/json, text/event-stream",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": PROTOCOL,
            "Mcp-Method": method,
            REQUEST_ID_HEADER: request_id.get(),
        }
        if name is not None:
            headers["Mcp-Name"] = name
        message = {
            "jsonrpc": "2.0",
            "id": identifier,
            "method": method,
            "params": params,
        }
        try:
            with span(f"mcp {method}", "CLIENT", {"mcp.method.name": method}):
                headers |= outgoing()
                request = httpx2.Request(
                    "POST",
                    self._endpoint,
                    headers=headers,
                    content=to_json(message),
                    extensions=self._extensions,
                )
                response = await send_request(self._http, request)
            if is_lost(response):
                raise AnswerLostError
            answer = from_json(response.content)
        except (httpx2.HTTPError, ValueError) as error:
            _log.warning("mcp does not answer", extra={"error": type(error).__name__})
            if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
                raise NotSentError from None
            if is_lost(error):
                raise AnswerLostError from None
            raise Unavailable("the tools do not answer", retry_after=1) from None
        if response.status_code == RateLimited.http_status:
            raise RateLimited(retry_after=_seconds(response.headers.get("Retry-After")))
        result = answer.get("result") if isinstance(answer, dict) else None
        # A reply is believed only if it is the reply to this very request.
        if not isinstance(result, dict) or answer.get("id") != identifier:
            _log.warning("mcp refused", extra={"status": response.status_code})
            raise Unavailable("the tools did not answer as they should", retry_after=1)
        return result


def _seconds(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 6 else 1


def _is_under_way(result: Mapping[str, Any]) -> bool:
    return bool(result.get("isError")) and is_under_way(result.get("structuredContent"))
