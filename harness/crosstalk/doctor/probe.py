"""Requests with bounds: so many at most, each so long and so large at most.

Nothing is remembered between requests: no cookies, no redirects followed, no credentials but those
that a check passes on purpose.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx2

from crosstalk.surface.http.event_stream import MEDIA_TYPE, parsed

_MAX_BYTES = 512 * 1024
_MAX_REQUESTS = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, or none.

    Attributes:
        status: HTTP status; 0 when nobody answered.
        headers: Lower-case names; repeated ones are joined with a comma.
        text: The beginning of the body.
        error: Why there is no answer.
        seconds: How long it took.
        at: Local time in the middle of the exchange, in seconds since the epoch.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    error: str
    seconds: float
    at: float

    def json(self) -> Any:
        """The body as JSON; for an event stream its last event's data; None where it is neither."""
        text = self.text
        if MEDIA_TYPE in self.headers.get("content-type", ""):
            data = [each.data for each in parsed([text.encode()]) if each.data is not None]
            text = data[-1] if data else ""
        try:
            return json.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            return None


class Probe:
    """Sends requests and counts them.

    Args:
        timeout: Seconds for one request, from beginning to end.
        trust: Whose certificates are believed.
    """

    def __init__(self, *, timeout: float, trust: ssl.SSLContext) -> None:
        self.timeout = timeout
        self.trust = trust
        self.requests = 0
        self._http = httpx2.Client(
            timeout=timeout,
            verify=trust,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": "crosstalk-doctor"},
        )

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """`GET` a URL."""
        return self.send("GET", url, headers or {})

    def send(self, method: str, url: str, headers: Mapping[str, str], body: Any = None) -> Reply:
        """Send one request; `body` goes as JSON. Never raises."""
        self.requests += 1
        if self.requests > _MAX_REQUESTS:
            return Reply(0, {}, "", "too many requests for one examination", 0.0, time.time())
        began, clock = time.time(), time.monotonic()
        content = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        try:
            with self._http.stream(
                method, url, headers={**kind, **headers}, content=content
            ) as response:
                text = self._read(response, clock)
                seconds = time.monotonic() - clock
                named = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status_code, named, text, "", seconds, began + seconds / 2)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return Reply(0, {}, "", reason[:200], time.monotonic() - clock, began)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _read(self, response: httpx2.Response, began: float) -> str:
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                # A stream that never ends, or drips, has said enough.
                if len(body) > _MAX_BYTES or time.monotonic() - began > self.timeout:
                    break
        except httpx2.TimeoutException:
            # A stream that is open and silent: what came before counts.
            return bytes(body).decode("utf-8", "replace")
        return bytes(body[:_MAX_BYTES]).decode("utf-8", "replace")
