"""An HTTP client with bounds on the number of requests, and on the time and size of each.

It keeps no state between requests: no cookies, no redirects, no credentials but those that a check
passes on purpose.
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
class BoundedReply:
    """A response, or the reason for there being none.

    Attributes:
        status: HTTP status; 0 where there is no response.
        headers: Headers by lower-case name; repeated ones are joined with a comma.
        text: The beginning of the body.
        error: The reason for there being no response.
        seconds: Duration of the exchange.
        at: Local time in the middle of the exchange, in seconds since the epoch.
    """

    status: int
    headers: Mapping[str, str]
    text: str
    error: str
    seconds: float
    at: float

    def json(self) -> Any:
        """Parse the body as JSON, of an event stream the last event's data; None where it fails."""
        text = self.text
        if MEDIA_TYPE in self.headers.get("content-type", ""):
            data = [each.data for each in parsed([text.encode()]) if each.data is not None]
            text = data[-1] if data else ""
        try:
            return json.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            return None


class BoundedClient:
    """Sends requests and counts them.

    Args:
        timeout: Seconds for one request, from beginning to end.
        trust: The certificate authorities to trust.
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

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> BoundedReply:
        """Send a `GET` request."""
        return self.send("GET", url, headers or {})

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: Any = None
    ) -> BoundedReply:
        """Send one request; `body` is sent as JSON. Never raises."""
        self.requests += 1
        if self.requests > _MAX_REQUESTS:
            return BoundedReply(0, {}, "", "too many requests for one diagnosis", 0.0, time.time())
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
                return BoundedReply(
                    response.status_code, named, text, "", seconds, began + seconds / 2
                )
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return BoundedReply(0, {}, "", reason[:200], time.monotonic() - clock, began)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _read(self, response: httpx2.Response, began: float) -> str:
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                # The beginning of a stream that never ends, or drips, is enough.
                if len(body) > _MAX_BYTES or time.monotonic() - began > self.timeout:
                    break
        except httpx2.TimeoutException:
            # A stream that is open and silent: what it sent before counts.
            return bytes(body).decode("utf-8", "replace")
        return bytes(body[:_MAX_BYTES]).decode("utf-8", "replace")
