"""Detects the transport that a server speaks, by listing its tools with each."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from crosstalk.core.errors import HarnessError
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.exchange import client
from crosstalk.surface.mcp.listing import REFUSED_CREDENTIAL, WANTS_CREDENTIAL
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.transports import Transport
from crosstalk.targets.described.build import transport_of
from crosstalk.targets.described.config import McpConfig, TransportName
from crosstalk.targets.described.login.discovery import AuthorizationServer, authorization_of

# Where MCP servers are served beside a REST API.
USUAL_PATHS = ("/mcp", "/mcp/", "/sse")
_SECONDS = 10.0
# Redirects that are followed by the same method (RFC 9110, sections 15.4.8 and 15.4.9).
_KEEP_METHOD = (307, 308)
_METADATA_SECONDS = 3.0
# What `init` cannot know yet, e.g. the user in the address.
_PLACE = re.compile(r"\{[^}]*\}")
# A wrong address is told soon, whatever the number of transports to try.
_REACH_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Detected:
    """A server that answered.

    Attributes:
        mcp: Its transport and address.
        tools: Its tools, as it describes them.
        transport: The open transport; the caller closes it.
    """

    mcp: McpConfig
    tools: list[Mapping[str, Any]]
    transport: Transport


def detect(
    *,
    url: str | None,
    command: Sequence[str],
    environment: Mapping[str, str],
    presented: Presented,
) -> Detected:
    """Find the first transport by which the server lists its tools.

    Args:
        url: The endpoint; `{user}` may stand in it.
        command: Command of a server on standard streams.
        environment: Variables of its process.
        presented: What is presented.

    Raises:
        HarnessError: No transport works; the message has the reason of each.
    """
    if (url is None) == (not command):
        raise HarnessError("give the server's URL, or --stdio with its command")
    if url is not None:
        url = require_reachable(url)
    reasons: dict[str, str] = {}
    for candidate in _candidates(url, command, environment):
        transport = transport_of(candidate, Path.cwd())
        surface = ToolSurface(transport, presented)
        try:
            return Detected(candidate, surface.listed(), transport)
        except SurfaceError as error:
            transport.close()
            reasons[candidate.transport] = str(error)
    for reason in reasons.values():
        if REFUSED_CREDENTIAL in reason:
            raise HarnessError(f"{reason}. Give a fresh one{_advice(url)}")
        if WANTS_CREDENTIAL in reason:
            raise HarnessError(f"{reason}: give it with --token or --header{_advice(url)}")
    if len(set(reasons.values())) == 1:
        raise HarnessError(next(iter(reasons.values())))
    if all("(ConnectError)" in each for each in reasons.values()):
        raise HarnessError(f"nothing answers at {url}: is the server running?")
    said = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise HarnessError(f"no transport works ({said})")


@dataclass(frozen=True, slots=True)
class Beside:
    """Server that answers at a usual path of MCP servers on a host.

    Attributes:
        url: Of the server; empty where none lists its tools.
        wants: What to do where one answers, and wants another credential; empty otherwise.
    """

    url: str = ""
    wants: str = ""


def mcp_beside(url: str, headers: Mapping[str, str], token: str | None) -> Beside:
    """Look for an MCP server at the usual paths of a host."""
    presented = Presented(headers, address={"token": token or ""}, connection="init")
    wants = ""
    for path in USUAL_PATHS:
        candidate: str = urljoin(url, path)
        try:
            found = detect(url=candidate, command=(), environment={}, presented=presented)
        except HarnessError as error:
            if any(each in str(error) for each in (WANTS_CREDENTIAL, REFUSED_CREDENTIAL)):
                wants = wants or f"{candidate}: {error}"
            continue
        found.transport.close()
        return Beside(candidate)
    return Beside(wants=wants)


def authorization_at(url: str | None) -> AuthorizationServer | None:
    """Return the authorization server that an endpoint's metadata names, if it has any."""
    if url is None or "{" in url:
        return None
    with client(_METADATA_SECONDS) as http:
        return authorization_of(http, url)


def _advice(url: str | None) -> str:
    """Where tokens come from, as the server's metadata says; nothing without any."""
    found = authorization_at(url)
    return f". {found.advice()}" if found is not None else ""


def require_reachable(url: str) -> str:
    """Check, once for all transports, that a server of HTTP answers at the address.

    What is asked for (OPTIONS) changes nothing and opens no stream.

    Returns:
        The address; the one that it redirects to on its own origin, as `/mcp` does to `/mcp/`
        where frameworks mount an application.

    Raises:
        HarnessError: None does in a few seconds, or it is not an http:// or https:// URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise HarnessError(f"{url} is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HarnessError(f"{url} is not an http:// or https:// URL")
    began = time.monotonic()
    try:
        with socket.create_connection((parts.hostname, port), _REACH_SECONDS):
            pass
    except OSError as error:
        raise HarnessError(f"nothing answers at {url}: is the server running?") from error
    left = max(1.0, _REACH_SECONDS - (time.monotonic() - began))
    try:
        asked = _PLACE.sub("x", url)
        answer = httpx2.request("OPTIONS", asked, timeout=left, follow_redirects=False)
    except httpx2.TimeoutException as error:
        raise HarnessError(
            f"{url} accepts connections and answers nothing in {_REACH_SECONDS:.0f} s: is it the "
            "server's port, and is the server idle?"
        ) from error
    except httpx2.HTTPError as error:
        raise HarnessError(
            f"what answers at {url} does not speak {parts.scheme.upper()} "
            f"({type(error).__name__}: {str(error)[:100]})"
        ) from error
    moved = urljoin(asked, answer.headers.get("location", ""))
    kept = "{" not in url and urlsplit(moved)[:2] == parts[:2]
    return moved if answer.status_code in _KEEP_METHOD and kept else url


def _candidates(
    url: str | None, command: Sequence[str], environment: Mapping[str, str]
) -> list[McpConfig]:
    if url is None:
        return [
            McpConfig(
                transport="stdio",
                command=list(command),
                environment=dict(environment),
                timeout=60.0,
            )
        ]
    order: list[TransportName] = ["streamable-http", "streamable-http-older", "json-rpc"]
    order.insert(0 if url.rstrip("/").endswith("/sse") else 2, "sse")
    make: Callable[[TransportName], McpConfig] = lambda name: McpConfig(  # noqa: E731
        transport=name, url=url, timeout=_SECONDS
    )
    return [make(name) for name in order]
