"""When a call to the MCP server is sent again, and how often.

Only a call that may be sent twice comes here with repeats left: a read, or a write whose key the
server recognises. A refusal is an answer; what is asked again is what has no answer, or not yet.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx2

from system.errors import Conflict, Unavailable

# What a proxy in between says when it lost the server's answer.
_LOST_BEHIND_PROXY = frozenset({502, 504})
_LOST = (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError)
_PAUSE_SECONDS = 0.1
_log = logging.getLogger(__name__)


class AnswerLostError(Exception):
    """The request may have been served; its answer did not arrive."""


def is_lost(what: Exception | httpx2.Response) -> bool:
    """Whether this failure or answer leaves open what became of the request."""
    if isinstance(what, httpx2.Response):
        return what.status_code in _LOST_BEHIND_PROXY
    # No connection was free: nothing was sent, and more of it would not help.
    return isinstance(what, _LOST) and not isinstance(what, httpx2.PoolTimeout)


async def until_answered(
    send: Callable[[], Awaitable[Mapping[str, Any]]], repeats: int
) -> Mapping[str, Any]:
    """The result of a request, which is sent at most `repeats` times more.

    Raises:
        Unavailable: No answer arrived.
    """
    for left in range(repeats, -1, -1):
        try:
            result = await send()
        except AnswerLostError:
            if not left:
                break
        else:
            if not left or not _is_under_way(result):
                return result
        # Apart from each other, for a server that lost many callers at once.
        spread = 0.5 + random.random()  # noqa: S311
        await asyncio.sleep(_PAUSE_SECONDS * 4 ** (repeats - left) * spread)
        _log.info("sent again", extra={"left": left - 1})
    raise Unavailable("the tools do not answer", retry_after=1)


def _is_under_way(result: Mapping[str, Any]) -> bool:
    """Whether the first sending of this very call has not ended (`system.errors.CallUnderWay`)."""
    envelope = result.get("structuredContent")
    if not result.get("isError") or not isinstance(envelope, Mapping):
        return False
    details = envelope.get("details")
    under_way = isinstance(details, Mapping) and "retry_after" in details
    return under_way and envelope.get("error_code") == Conflict.code
