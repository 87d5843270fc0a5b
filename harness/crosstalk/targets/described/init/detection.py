"""Finds out which transport a server speaks, by asking it for its tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.transports import Transport
from crosstalk.targets.described.build import transport_of
from crosstalk.targets.described.config import McpConfig, TransportName

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Detected:
    """A server that answered.

    Attributes:
        mcp: How it is reached.
        tools: Its tools, as it describes them.
        transport: Open; close it.
    """

    mcp: McpConfig
    tools: list[Mapping[str, Any]]
    transport: Transport


def detect(
    *,
    url: str | None,
    command: Sequence[str],
    environment: Mapping[str, str],
    presented: Presented,
) -> Detected:
    """The first transport by which the server lists its tools.

    Args:
        url: The endpoint; `{user}` may stand in it.
        command: For a server on standard streams.
        environment: Variables of its process.
        presented: What is presented.

    Raises:
        HarnessError: None of them does; the message says what each answered.
    """
    if (url is None) == (not command):
        raise HarnessError("give the server's URL, or --stdio with its command")
    reasons: dict[str, str] = {}
    for candidate in _candidates(url, command, environment):
        transport = transport_of(candidate, Path.cwd())
        surface = ToolSurface(transport, presented)
        try:
            return Detected(candidate, surface.listed(), transport)
        except SurfaceError as error:
            transport.close()
            reasons[candidate.transport] = str(error)
    wanting = next((each for each in reasons.values() if "wants a credential" in each), None)
    if wanting is not None:
        raise HarnessError(f"{wanting}: give it with --token or --header")
    if len(set(reasons.values())) == 1:
        raise HarnessError(next(iter(reasons.values())))
    if all("(ConnectError)" in each for each in reasons.values()):
        raise HarnessError(f"nothing answers at {url}: is the server running?")
    said = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise HarnessError(f"no transport works ({said})")


def _candidates(
    url: str | None, command: Sequence[str], environment: Mapping[str, str]
) -> list[McpConfig]:
    if url is None:
        return [
            McpConfig(
                transport="stdio",
                command=list(command),
                environment=dict(environment),
                timeout=60.0,
            )
        ]
    order: list[TransportName] = ["streamable-http", "streamable-http-older", "json-rpc"]
    order.insert(0 if url.rstrip("/").endswith("/sse") else 2, "sse")
    make: Callable[[TransportName], McpConfig] = lambda name: McpConfig(  # noqa: E731
        transport=name, url=url, timeout=_SECONDS
    )
    return [make(name) for name in order]
