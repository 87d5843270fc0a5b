"""Lists of an MCP server, from all their pages, as one or several callers are shown them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.mcp.answers import METHOD_NOT_FOUND, result_of
from crosstalk.surface.mcp.replies import error_kind
from crosstalk.surface.transports.base import Reply, Transport, TransportError

WANTS_CREDENTIAL = "wants a credential"
REFUSED_CREDENTIAL = "refused the credential that was given"
EARLIER_REVISION = 'an earlier revision is spoken with mcp.transport = "streamable-http-older"'
_VERSION = re.compile(r"protocol[ _-]?version", re.IGNORECASE)
# What a challenge says of a refusal in words (RFC 6750, section 3).
_CHALLENGE = re.compile(r'error_description="([^"]+)"')


def listed(
    transport: Transport, method: str, key: str, presented: Presented
) -> list[Mapping[str, Any]] | None:
    """Return everything on all pages of a list; None where the server has no such list.

    Args:
        transport: Carries the messages.
        method: E.g. `tools/list`.
        key: The result's field that holds the list.
        presented: Who looks.

    Raises:
        SurfaceError: The server cannot be reached, or does not answer with a list.
    """
    found: list[Mapping[str, Any]] = []
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        try:
            reply = transport.request(method, {"cursor": cursor} if cursor else {}, presented)
        except TransportError as error:
            raise SurfaceError(str(error)) from error
        result = result_of(reply.body)
        if result is None or not isinstance(result.get(key), list):
            _, code, message = error_kind(reply.body)
            if code == METHOD_NOT_FOUND:
                return None
            reason = message or code or f"HTTP {reply.status}"
            raise SurfaceError(
                f"{transport.where} does not list {key}: {_with_advice(reply, reason, presented)}"
            )
        found += [each for each in result[key] if isinstance(each, Mapping)]
        cursor = result.get("nextCursor")
        if not cursor:
            return found
        if cursor in seen:
            raise SurfaceError(f"{transport.where} lists its {key} in a circle")
        seen.add(cursor)


def listed_to_all(
    transport: Transport, method: str, key: str, naming: str, lookers: Sequence[Presented]
) -> list[Mapping[str, Any]] | None:
    """Return everything that is listed to any of several callers, once; None without such a list.

    What one caller is not shown can be asked for all the same, and that is the attack.

    Args:
        transport: Carries the messages.
        method: E.g. `tools/list`.
        key: The result's field that holds the list.
        naming: The field by which an entry is known, e.g. `name`.
        lookers: Who looks; the first one must be answered.

    Raises:
        SurfaceError: The server cannot be reached, or does not answer the first one with a list.
    """
    first, *others = lookers
    entries = listed(transport, method, key, first)
    if entries is None:
        return None
    found = {str(each.get(naming)): each for each in entries}
    for each in others:
        with contextlib.suppress(SurfaceError):
            for entry in listed(transport, method, key, each) or ():
                found.setdefault(str(entry.get(naming)), entry)
    return list(found.values())


def _with_advice(reply: Reply, reason: str, presented: Presented) -> str:
    """The reason of a refusal, and what to do about it."""
    if _VERSION.search(reason):
        return f"{reason}; {EARLIER_REVISION}"
    if reply.status not in (401, 403):
        return reason
    challenge = _CHALLENGE.search(reply.headers.get("www-authenticate", ""))
    said = f" ({challenge[1]})" if challenge and challenge[1] not in reason else ""
    if presented.headers or presented.cookies or presented.query:
        return f"{reason}; it {REFUSED_CREDENTIAL}: {reply.status}{said}"
    return f"{reason}; it {WANTS_CREDENTIAL}"


def declared_capabilities(transport: Transport, presented: Presented) -> Mapping[str, Any]:
    """Return what the server says that it can do, in its greeting; empty where it does not.

    The greeting is `initialize`, and `server/discover` since 2026-07-28.
    """
    for method in ("initialize", "server/discover"):
        try:
            result = result_of(transport.request(method, {}, presented).body)
        except (TransportError, ValueError, RecursionError):
            continue
        found = result.get("capabilities") if result is not None else None
        if isinstance(found, Mapping) and found:
            return found
    return {}
