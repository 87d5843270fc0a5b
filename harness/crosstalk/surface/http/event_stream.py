"""Server-sent events: the one parser, and a whole stream as one value.

The parser is the project's own because a verifier must see what a browser drops. Measured on
`httpx2.EventSource` 2.16: it keeps U+2028, U+2029 and U+0085 inside a line as it should, but loses
the first field behind a byte-order mark, an event that no blank line ends and every comment, and
decodes by the response's charset where the format is always UTF-8.
"""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from crosstalk.surface.http.json_text import loads

MEDIA_TYPE = "text/event-stream"
# The header by which a client asks for what came after an event, and where answers name events.
LAST_EVENT, LAST_EVENT_FIELD = "Last-Event-ID", "last_event_id"
# Events of one stream that are kept, the first and the latest: early ones bring more again.
_FIRST_IDS, _LATEST_IDS = 1, 3


@dataclass(frozen=True, slots=True)
class Event:
    """One block of a stream, up to the blank line that ends it.

    Attributes:
        name: The event's name; empty where the stream gives none.
        data: Its data; None for a block without any, e.g. a comment that keeps the stream alive.
        other: The remaining lines as they were sent: comments, ids and unknown fields.
    """

    name: str
    data: str | None
    other: tuple[str, ...] = ()


def is_stream(response: httpx2.Response) -> bool:
    """Return whether a response is a stream of events."""
    return MEDIA_TYPE in response.headers.get("content-type", "")


def parsed(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Return the events of a stream, each once it is complete; what its end cuts off counts too.

    Lines end with CR, LF or both and with nothing else (HTML Living Standard, section 9.2.5).
    """
    name, data, other = "", list[str](), list[str]()
    for line in itertools.chain(_lines(chunks), [""]):
        if not line:
            if data or other:
                yield Event(name, "\n".join(data) if data else None, tuple(other))
            name, data, other = "", [], []
            continue
        key, _, value = line.partition(":")
        if key == "data":
            data.append(value.removeprefix(" "))
        elif key == "event":
            name = value.strip()
        else:
            other.append(line)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    pieces: list[str] = []
    after_return = False
    for chunk in itertools.chain(chunks, [None]):
        text = decoder.decode(chunk or b"", final=chunk is None)
        if not text:
            continue
        if after_return and text[0] == "\n":  # the second half of a CRLF
            text = text[1:]
        after_return = text.endswith("\r")
        *complete, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in complete:
            yield "".join([*pieces, line])
            pieces.clear()
        pieces.append(rest)
    if any(pieces):
        yield "".join(pieces)


def stream_body(content: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a whole stream as one value, and the lines that belong to no event's data.

    The value has `events` in order and the `text` that their pieces spell. An event with a name is
    `{"event": name, "data": data}`, one without is its data. The pieces themselves are left out:
    half an id belongs to no object and would be taken for a secret.
    """
    pieces: list[str] = []
    events: list[Any] = []
    other: list[str] = []
    for event in parsed([content]):
        other += event.other
        if event.data is not None:
            value = loads(event.data)
            events.append(
                _take({"event": event.name, "data": value} if event.name else value, pieces)
            )
    return {"text": "".join(pieces), "events": events}, tuple(other)


def event_ids(lines: Iterable[str]) -> list[str]:
    """Return the ids of a stream's events, of many the first and the latest.

    Args:
        lines: That belong to no event's data.
    """
    split = [line.partition(":") for line in lines]
    found = [value.removeprefix(" ") for key, _, value in split if key == "id"]
    ids = [each for each in dict.fromkeys(found) if each]
    return ids if len(ids) <= _LATEST_IDS else [*ids[:_FIRST_IDS], *ids[-_LATEST_IDS:]]


def failure_of(body: Any) -> Any:
    """Return the failure that an event called `failed` or `error` reports; None without one."""
    events = body.get("events") if isinstance(body, Mapping) else None
    for event in reversed(events or ()):
        if isinstance(event, Mapping):
            if event.get("event") in ("failed", "error"):
                return event.get("data")
            if event.get("type") in ("failed", "error"):
                return event
    return None


def _take(value: Any, pieces: list[str], name: str = "") -> Any:
    """The value without texts under `delta` and of events called so, which go to `pieces`."""
    if isinstance(value, Mapping):
        called = value.get("event") == "delta"
        kept: dict[str, Any] = {}
        for key, each in value.items():
            if isinstance(each, str) and (key == "delta" or (name == "delta" and key == "text")):
                pieces.append(each)
            else:
                inner = "delta" if called and key == "data" else key
                kept[key] = _take(each, pieces, inner)
        return kept
    if isinstance(value, list):
        return [_take(each, pieces, name) for each in value]
    return value
