"""What every HTTP surface does alike: sends JSON, reads JSON or event streams, classifies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx2

from harness.history import Answer, Outcome

# They differ between any two answers and say nothing about anybody's data.
_NOISE = frozenset(
    {
        "date",
        "content-length",
        "server",
        "x-request-id",
        "connection",
        "transfer-encoding",
        "keep-alive",
        "content-type",
        "vary",
    }
)


def encode(value: Any) -> bytes:
    """JSON in ASCII: unpaired surrogates travel as escapes, as a hostile client sends them."""
    return json.dumps(value, ensure_ascii=True, default=str).encode("ascii")


def clean_headers(response: httpx2.Response) -> dict[str, str]:
    """Lower-case response headers without noise."""
    return {
        name.lower(): value
        for name, value in response.headers.items()
        if name.lower() not in _NOISE
    }


def decode(response: httpx2.Response) -> Any:
    """The body: JSON, the data of an event stream, or text."""
    text = response.text
    if "text/event-stream" in response.headers.get("content-type", ""):
        frames = [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]
        return [_loads(frame) for frame in frames]
    return _loads(text)


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def unreachable(error: Exception) -> Answer:
    """No answer, and why."""
    return Answer(Outcome.UNREACHABLE, None, None, message=type(error).__name__)


def unsendable(reason: str) -> Answer:
    """A request that HTTP cannot express; it was not sent."""
    return Answer(Outcome.UNREACHABLE, None, None, code="unsendable", message=reason)


def error_fields(body: Any) -> tuple[str | None, str | None]:
    """Code and message of an error body, in the forms that are common."""
    if not isinstance(body, Mapping):
        return None, body[:200] if isinstance(body, str) else None
    inner = body.get("error")
    source = inner if isinstance(inner, Mapping) else body
    code = source.get("error_code") or source.get("code")
    if code is None and isinstance(inner, str):
        code = inner
    message = source.get("message") or source.get("detail") or source.get("error_description")
    return (
        str(code) if code is not None else None,
        message if isinstance(message, str) else None,
    )
