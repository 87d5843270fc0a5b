"""Guard of host names and origins: refuses other hosts, and pages of other origins.

A page can have its own name resolve to this machine and so reach a local server with the visitor's
network position (DNS rebinding); the `Host` header then gives it away, and `Origin` says whose page
it is. Both are compared with lists from the configuration before anything else is looked at. A
request without `Origin` comes from no page of another site.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from system.errors import Forbidden, Misdirected, ServiceError
from system.wire.error_response import send_error

# A name, an IPv4 address or an IPv6 address in brackets, and perhaps a port.
_HOST = re.compile(r"([a-z0-9](?:[a-z0-9.\-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_ORIGIN = re.compile(rf"(https?://)(?:{_HOST.pattern})")


class NameList:
    """Hosts or origins: `name`, `name:8443` or, for any port, `name:*`.

    Args:
        entries: Checked with `host_entry` or `origin_entry`.
    """

    def __init__(self, entries: Sequence[str]) -> None:
        lowered = [entry.lower() for entry in entries]
        self.exact = frozenset(each for each in lowered if not each.endswith(":*"))
        self.any_port = frozenset(each[:-2] for each in lowered if each.endswith(":*"))

    def has_host(self, host: str) -> bool:
        """Return whether a `Host` header (RFC 9110 section 7.2) is listed."""
        found = _HOST.fullmatch(host.lower())
        return found is not None and (found[0] in self.exact or found[1] in self.any_port)

    def has_origin(self, origin: str) -> bool:
        """Return whether an `Origin` header (RFC 6454 section 7) is listed; `null` never is."""
        found = _ORIGIN.fullmatch(origin.lower())
        if found is None:
            return False
        return found[0] in self.exact or f"{found[1]}{found[2]}" in self.any_port


def host_entry(entry: str) -> str:
    """An entry of a host list as it is.

    Raises:
        ValueError: It is not a host name with or without port, or has a `*` elsewhere.
    """
    if _HOST.fullmatch(entry.lower().removesuffix(":*")) is None:
        raise ValueError(f"{entry!r} is not NAME, NAME:PORT or NAME:*")
    return entry


def origin_entry(entry: str) -> str:
    """An entry of an origin list as it is.

    Raises:
        ValueError: It is not an origin: a scheme and a host, nothing behind them.
    """
    if _ORIGIN.fullmatch(entry.lower().removesuffix(":*")) is None:
        raise ValueError(f"{entry!r} is not https://NAME, https://NAME:PORT or https://NAME:*")
    return entry


class HostGuard:
    """Refuses other host names (421) and pages of other origins (403).

    Args:
        app: What is protected.
        hosts: Answered to.
        origins: Whose pages may call.
        exempt: Whether a path is answered whatever the host: a platform's probes call by address.
        settings: What the operator sets, for the messages: hosts first, origins second.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: NameList,
        origins: NameList,
        exempt: Callable[[str], bool],
        settings: tuple[str, str],
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins
        self._exempt = exempt
        self._host_setting, self._origin_setting = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not self._exempt(scope["path"]):
            error = self._refusal(Headers(scope=scope))
            if error is not None:
                await send_error(error, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> ServiceError | None:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not self._hosts.has_host(hosts[0]):
            return Misdirected(details={"host": f"not one of {self._host_setting}"})
        if len(origins) > 1 or not all(map(self._origins.has_origin, origins)):
            reason = {"origin": f"not one of {self._origin_setting}"}
            return Forbidden("pages of this origin may not call this service", details=reason)
        return None
