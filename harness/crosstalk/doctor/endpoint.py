"""Which kind of service stands at an address, and where its other addresses are."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from crosstalk.core.errors import HarnessError
from crosstalk.doctor.probe import Probe

Kind = Literal["backend", "mcp", "frontend"]
_NAMED = re.compile(r"(backend|mcp|frontend)=(.+)")
MCP_ACCEPT = {"Accept": "application/json, text/event-stream"}


@dataclass(frozen=True, slots=True)
class Place:
    """An address that was given.

    Attributes:
        url: As given, without a slash at the end.
        kind: What stands there; None until somebody looked.
    """

    url: str
    kind: Kind | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def base(self) -> str:
        """What health and readiness are below: the address itself, for MCP its origin."""
        return self.origin if self.kind == "mcp" else self.url

    @property
    def host(self) -> str:
        """The host's name."""
        return urlsplit(self.url).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether it is https."""
        return urlsplit(self.url).scheme == "https"

    @property
    def loopback(self) -> bool:
        """Whether it is this very machine, where nobody listens in."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse(given: str) -> Place:
    """The place of an argument: a URL, or `backend=URL`, `mcp=URL`, `frontend=URL`.

    Raises:
        HarnessError: It is neither.
    """
    named = _NAMED.fullmatch(given)
    kind: Kind | None = None
    if named is not None:
        kind, given = named[1], named[2]  # type: ignore[assignment]
    try:
        parts = urlsplit(given)
        _ = parts.port
    except ValueError as error:
        raise HarnessError(f"{given!r} is no URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HarnessError(f"{given!r} is no http:// or https:// URL")
    if parts.username or parts.password:
        raise HarnessError("leave user and password out of the URL: tokens go in --token")
    return Place(given.rstrip("/"), kind)


def recognize(place: Place, probe: Probe) -> Place:
    """The place with its kind, from what it answers to somebody without credentials."""
    if place.kind is not None:
        return place
    asked = probe.send("POST", place.url, MCP_ACCEPT, {})
    challenge = asked.headers.get("www-authenticate", "")
    speaks_rpc = isinstance(body := asked.json(), dict) and "jsonrpc" in body
    if "resource_metadata" in challenge or speaks_rpc:
        return Place(place.url, "mcp")
    if urlsplit(place.url).path.rsplit("/", 1)[-1] in ("mcp", "sse"):
        return Place(place.url, "mcp")
    page = probe.get(place.url or "/")
    html = "text/html" in page.headers.get("content-type", "")
    return Place(place.url, "frontend" if html else "backend")
