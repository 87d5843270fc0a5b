"""Exchange of requests and responses as every HTTP surface makes it."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx2

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.http.content import value_of
from crosstalk.surface.http.delivery import SendingClient
from crosstalk.surface.http.event_stream import is_stream, parsed
from crosstalk.surface.http.json_text import loads

# They differ between any two answers and show no user's data.
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
    }
)


def client(timeout: float, limits: httpx2.Limits | None = None) -> httpx2.Client:
    """Shared connections that remember nothing: `timeout` in seconds, no redirects, no cookies.

    A cookie kept from one actor's answer would travel with the next actor's call.
    """
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    more = {"limits": limits} if limits is not None else {}
    return SendingClient(timeout=timeout, follow_redirects=False, cookies=jar, **more)


def clean_headers(response: httpx2.Response) -> dict[str, str]:
    """Lower-case response headers without noise."""
    return {
        name.lower(): value
        for name, value in response.headers.items()
        if name.lower() not in _NOISE
    }


def decode(response: httpx2.Response) -> Any:
    """Return the body: JSON, the data of an event stream, or what else it holds."""
    if is_stream(response):
        events = parsed([response.content])
        return [loads(event.data) for event in events if event.data is not None]
    kind = response.headers.get("content-type", "")
    return value_of(response.content, kind, lambda: response.text)


def retry_after(answer: Answer, usual: float = 0.0) -> float:
    """Seconds that a refusal for haste asks to wait (RFC 9110, section 10.2.3)."""
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdigit() else usual


def unreachable(error: Exception) -> Answer:
    """No answer, and why."""
    return Answer(Outcome.UNREACHABLE, None, None, message=type(error).__name__)


def unsendable(reason: str) -> Answer:
    """Return a request that HTTP cannot express; it was not sent."""
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
