"""Requests as a surface writes them, for a person who is to make them by hand.

Only the surfaces know what a call looks like on the wire. So a call can be written without being
sent (`held_back`), and the text of what comes back can be kept beside the answer that is made of it
(`overheard`). Neither costs anything where it is not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import httpx2


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request of HTTP, or a line for the standard input of a process.

    Attributes:
        method: Of HTTP; empty for a process.
        url: The whole address.
        headers: Names and values, in order.
        content: The body, or the line without its end.
        stream: Address of the event stream on which the reply comes, where it is not the response.
        pushed: `events` or `websocket`, where it opens a stream that stands from then on.
        command: Program and arguments of the process.
        environment: The process's variables beside those that it inherits.
        folder: The process's working directory; empty for the current one.
    """

    method: str = ""
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    stream: str = ""
    pushed: str = ""
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""


@dataclass(frozen=True, slots=True)
class ReplyText:
    """The text of a reply.

    Attributes:
        text: As it came.
        event: Whether it was the data of a server-sent event.
    """

    text: str
    event: bool = False


class HeldBackError(ValueError):
    """The request was written and not sent."""


_drafts: ContextVar[list[WireRequest] | None] = ContextVar("drafts", default=None)
_witnesses: ContextVar[list[WireRequest] | None] = ContextVar("witnesses", default=None)
_stand_in: ContextVar[Callable[[WireRequest], tuple[int, str]] | None] = ContextVar(
    "stand_in", default=None
)
_replies: ContextVar[list[ReplyText] | None] = ContextVar("replies", default=None)


@contextmanager
def held_back() -> Iterator[list[WireRequest]]:
    """Write the requests of this thread into the list meanwhile, and send none.

    The surface answers as for a request that cannot be expressed.
    """
    drafts: list[WireRequest] = []
    token = _drafts.set(drafts)
    try:
        yield drafts
    finally:
        _drafts.reset(token)


@contextmanager
def overheard() -> Iterator[list[ReplyText]]:
    """Put the texts of the replies to this thread's requests into the list meanwhile."""
    replies: list[ReplyText] = []
    token = _replies.set(replies)
    try:
        yield replies
    finally:
        _replies.reset(token)


@contextmanager
def witnessed() -> Iterator[list[WireRequest]]:
    """Put what this thread sends into the list meanwhile."""
    sent: list[WireRequest] = []
    token = _witnesses.set(sent)
    try:
        yield sent
    finally:
        _witnesses.reset(token)


@contextmanager
def answered_by(stand_in: Callable[[WireRequest], tuple[int, str]]) -> Iterator[None]:
    """Answer this thread's requests by a function meanwhile, and send none.

    Args:
        stand_in: Returns status and body.
    """
    token = _stand_in.set(stand_in)
    try:
        yield
    finally:
        _stand_in.reset(token)


def answered_here(write: Callable[[], WireRequest]) -> tuple[int, str] | None:
    """Return status and body where something stands in for the server; None where it is asked."""
    sent = _witnesses.get()
    if sent is not None:
        sent.append(write())
    stand_in = _stand_in.get()
    return stand_in(write()) if stand_in is not None else None


def are_held_back() -> bool:
    """Return whether the requests of this thread are written and not sent."""
    return _drafts.get() is not None


def hold_back(write: Callable[[], WireRequest]) -> None:
    """Keep a request that is about to be sent, where requests are held back.

    Raises:
        HeldBackError: They are.
    """
    drafts = _drafts.get()
    if drafts is not None:
        drafts.append(write())
        raise HeldBackError("held back")


def overhear(text: str | Callable[[], str], *, event: bool = False) -> None:
    """Keep the text of a reply, where replies are overheard."""
    replies = _replies.get()
    if replies is not None:
        replies.append(ReplyText(text if isinstance(text, str) else text(), event))


def written(request: httpx2.Request, stream: str = "") -> WireRequest:
    """Return what a request of the HTTP client says."""
    return WireRequest(
        request.method,
        str(request.url),
        tuple(request.headers.multi_items()),
        request.read(),
        stream,
    )
