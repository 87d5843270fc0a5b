"""Answers that come as server-sent events: the events, the text they spell, how they end.

A value that crosses can hide in any event, and can be cut in two by the pieces in which a text is
sent; so the pieces are put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from crosstalk.surface.http.exchange import frames, loads

MEDIA_TYPE = "text/event-stream"


def is_stream(response: httpx2.Response) -> bool:
    """Whether a response is a stream of events."""
    return MEDIA_TYPE in response.headers.get("content-type", "")


def stream_body(text: str) -> dict[str, Any]:
    """A whole stream as one value: `events` in order, and the `text` that their pieces spell.

    An event with a name is `{"event": name, "data": data}`, one without is its data. The pieces
    themselves are left out: half an id is an id of nobody's, and would be taken for a secret.
    """
    pieces: list[str] = []
    events = [
        _take({"event": name, "data": loads(data)} if name else loads(data), pieces)
        for name, data in frames(text)
    ]
    return {"text": "".join(pieces), "events": events}


def failure_of(body: Any) -> Any:
    """What a stream says of its failure, in an event called `failed` or `error`; None without."""
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
