"""Budgets of the model: bytes sent for one answer, tokens of one answer and of one user.

A model that calls tools is sent the conversation again at each turn, so that an answer of eight
turns with large results sends a hundred times what its user wrote. Tokens are as the model's server
reports them; where it reports none, four bytes sent count as one. A user's tokens are a bucket that
fills within a day, kept in this process as rate limits are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx2

from system.errors import RateLimited, Unavailable
from system.wire.rate_limit import RateLimit

_MINUTES_A_DAY = 24 * 60
_BYTES_A_TOKEN = 4
_current: ContextVar[Spending | None] = ContextVar("spending", default=None)


class Spending:
    """Amounts of one answer.

    Args:
        most_bytes: That may be sent.
        most_tokens: That may be used.
        charge: Receives tokens as they are used.
    """

    def __init__(self, most_bytes: int, most_tokens: int, charge: Callable[[int], None]) -> None:
        self._bytes_left = most_bytes
        self._tokens_left = most_tokens
        self._charge = charge
        self._unreported = 0
        self.over = False

    def send(self, size: int) -> None:
        """Count a request before it is sent.

        Raises:
            httpx2.WriteError: It is more than the answer may take, and must not be sent.
        """
        if size > self._bytes_left or self._tokens_left <= 0:
            self.over = True
            raise httpx2.WriteError("the answer has used up what it may take of the model")
        self._bytes_left -= size
        self._unreported += size

    def use(self, tokens: int) -> None:
        """Count the tokens of a reply; 0 where its server did not report them."""
        used = tokens or self._unreported // _BYTES_A_TOKEN
        self._unreported = 0
        self._tokens_left -= used
        self._charge(used)

    def close(self) -> None:
        """Count what was sent and never answered."""
        if self._unreported:
            self.use(0)


class ModelBudget:
    """Budgets of answers and of users.

    Args:
        answer_bytes: Bytes that may be sent to the model for one answer.
        answer_tokens: Tokens of one answer, in and out.
        user_tokens: Tokens of one user a day.
    """

    def __init__(self, answer_bytes: int, answer_tokens: int, user_tokens: int) -> None:
        self._answer_bytes = answer_bytes
        self._answer_tokens = answer_tokens
        self._users = RateLimit(user_tokens / _MINUTES_A_DAY, user_tokens)

    @contextmanager
    def answer(self, user_id: str) -> Iterator[None]:
        """Count what an answer takes of the model while the block runs.

        Raises:
            RateLimited: The user has used up the day's tokens.
            Unavailable: The answer has used up its own.
        """
        try:
            self._users.require(user_id)
        except RateLimited as error:
            raise RateLimited(
                "the assistant has answered as much as it may for you today",
                retry_after=error.retry_after,
            ) from None
        spending = Spending(
            self._answer_bytes,
            self._answer_tokens,
            lambda tokens: self._users.charge(user_id, tokens),
        )
        token = _current.set(spending)
        try:
            yield
        except Unavailable:
            if spending.over:
                raise Unavailable(
                    "this answer takes more of the model than one may: ask for less, or begin "
                    "another conversation"
                ) from None
            raise
        finally:
            spending.close()
            _current.reset(token)


def note_usage(tokens: int | None) -> None:
    """Count the tokens that a reply to the answer under way reports."""
    spending = _current.get()
    if spending is not None:
        spending.use(tokens or 0)


class MeteredRequests(httpx2.AsyncBaseTransport):
    """A transport that counts what is sent for the answer under way.

    Args:
        inner: Sends the requests.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            httpx2.WriteError: The answer has used up what it may take.
        """
        spending = _current.get()
        if spending is not None:
            spending.send(int(request.headers.get("Content-Length", 0)))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
