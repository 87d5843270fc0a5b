"""Repetition of requests to another service whose answer was lost.

Only one that may be sent twice comes here with repeats left: a read, or a write with a key that the
other service knows a repeat by. A refusal is an answer; what is sent again is what has no answer,
or finds its own first sending still under way.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import httpx2

from system.errors import Conflict

# Status codes of a proxy that lost the server's answer.
_LOST_BEHIND_PROXY = frozenset({502, 504})
_LOST = (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError)
_PAUSE_SECONDS = 0.1
_log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class AnswerLostError(Exception):
    """The request may have been served; its answer did not arrive."""


class NotSentError(AnswerLostError):
    """No connection could be made: the request was certainly not served."""


async def send_request(client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    """Send a request; a connection that ends while it is made is one that was not made.

    Raises:
        httpx2.ConnectError: No connection could be made; nothing was sent.
        httpx2.HTTPError: As the client names it.
    """
    try:
        return await client.send(request)
    except AttributeError:
        # httpcore asks a new connection for its socket, and one that was reset has none.
        raise httpx2.ConnectError("the connection ended while it was made") from None


def is_lost(what: Exception | httpx2.Response) -> bool:
    """Return whether this failure or answer leaves open whether the request was served."""
    if isinstance(what, httpx2.Response):
        return what.status_code in _LOST_BEHIND_PROXY
    # No connection was free: nothing was sent, and more of it would not help.
    return isinstance(what, _LOST) and not isinstance(what, httpx2.PoolTimeout)


def is_under_way(envelope: object) -> bool:
    """Return whether an answer's body is that of `system.errors.CallUnderWay`."""
    if not isinstance(envelope, Mapping) or envelope.get("error_code") != Conflict.code:
        return False
    details = envelope.get("details")
    return isinstance(details, Mapping) and "retry_after" in details


async def until_answered(
    send: Callable[[], Awaitable[Answer]],
    repeats: int,
    under_way: Callable[[Answer], bool],
    *,
    patience: float = 0.0,
) -> Answer:
    """Send a request, at most `repeats` times more, until it is answered.

    A request that was not sent is tried again as often as there is time, whatever it does.

    Args:
        send: Sends it once; raises `AnswerLostError` when there is no answer.
        repeats: Number of repetitions.
        under_way: Decides whether an answer says that the first sending has not ended.
        patience: Seconds in which a connection must have been made; a restart takes some.

    Raises:
        NotSentError: No connection could be made.
        AnswerLostError: No answer arrived.
    """
    until = time.monotonic() + patience
    for done in range(repeats + 1):
        try:
            answer = await _once_connected(send, until)
            if done == repeats or not under_way(answer):
                return answer
        except NotSentError:
            if not done:
                raise
            # What the first sending did is as unknown as before.
            raise AnswerLostError from None
        except AnswerLostError:
            if done == repeats:
                raise
        # Apart from each other, for a service that lost many callers at once.
        spread = 0.5 + random.random()  # noqa: S311
        await asyncio.sleep(_PAUSE_SECONDS * 4**done * spread)
        _log.info("sent again", extra={"attempt": done + 2})
    raise AnswerLostError


async def _once_connected(send: Callable[[], Awaitable[Answer]], until: float) -> Answer:
    """Send a request as soon as a connection can be made, at the latest at `until`."""
    pause = _PAUSE_SECONDS
    while True:
        try:
            return await send()
        except NotSentError:
            if time.monotonic() + pause > until:
                raise
        await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311
        pause = min(2 * pause, 1.0)
