"""Addresses of a deployment: the kind of service at each, and its related addresses."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from crosstalk.core.errors import HarnessError
from crosstalk.doctor.client import BoundedClient

Kind = Literal["backend", "mcp", "frontend"]
_NAMED = re.compile(r"(backend|mcp|frontend)=(.+)")
MCP_ACCEPT = {"Accept": "application/json, text/event-stream"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address of the deployment.

    Attributes:
        url: The URL as given, without a slash at the end.
        kind: The kind of service there; None until it is recognized.
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
        """The base of health and readiness URLs: the address itself, for MCP its origin."""
        return self.origin if self.kind == "mcp" else self.url

    @property
    def host(self) -> str:
        """The host's name."""
        return urlsplit(self.url).hostname or ""

    @property
    def secure(self) -> bool:
        """True for an https URL."""
        return urlsplit(self.url).scheme == "https"

    @property
    def loopback(self) -> bool:
        """True for an address of this very machine, whose traffic crosses no network."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse(given: str) -> Endpoint:
    """Parse an argument: a URL, or `backend=URL`, `mcp=URL`, `frontend=URL`.

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
        raise HarnessError(f"{given!r} is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise HarnessError(f"{given!r} is not an http:// or https:// URL")
    if parts.username or parts.password:
        raise HarnessError("leave user and password out of the URL: tokens go in --token")
    return Endpoint(given.rstrip("/"), kind)


def recognize(endpoint: Endpoint, client: BoundedClient) -> Endpoint:
    """Recognize the kind of service from its responses to requests without credentials."""
    if endpoint.kind is not None:
        return endpoint
    asked = client.send("POST", endpoint.url, MCP_ACCEPT, {})
    challenge = asked.headers.get("www-authenticate", "")
    speaks_rpc = isinstance(body := asked.json(), dict) and "jsonrpc" in body
    if "resource_metadata" in challenge or speaks_rpc:
        return Endpoint(endpoint.url, "mcp")
    if urlsplit(endpoint.url).path.rsplit("/", 1)[-1] in ("mcp", "sse"):
        return Endpoint(endpoint.url, "mcp")
    page = client.get(endpoint.url or "/")
    html = "text/html" in page.headers.get("content-type", "")
    return Endpoint(endpoint.url, "frontend" if html else "backend")
