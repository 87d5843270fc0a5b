"""Inspection of an MCP server: its transport, its tools, and guesses that a few calls confirm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.mcp.answers import inferred_result
from crosstalk.surface.mcp.resources import McpResourcesSurface
from crosstalk.surface.mcp.tools import ToolSurface
from crosstalk.surface.operation import Operation
from crosstalk.targets.described.config import McpConfig
from crosstalk.targets.described.init.detection import Detected, authorization_at, detect
from crosstalk.targets.described.init.survey import Survey, probe, survey
from crosstalk.targets.described.login.discovery import AuthorizationServer


@dataclass(frozen=True, slots=True)
class Inspected:
    """A server that was looked at.

    Attributes:
        mcp: Its transport and address.
        tools: Its tools, as it describes them.
        survey: Guesses about them.
        authorization: Where tokens come from, where one was presented and metadata says it.
        beside: Resources, templates, prompts and completions that it lists.
    """

    mcp: McpConfig
    tools: Sequence[Mapping[str, Any]]
    survey: Survey
    authorization: AuthorizationServer | None = None
    beside: Sequence[Operation] = ()


def inspect_server(
    *,
    url: str | None,
    command: Sequence[str],
    environment: Mapping[str, str],
    headers: Mapping[str, str],
    token: str | None,
    probing: bool,
) -> Inspected:
    """Connect, list the tools, guess, and try the guesses.

    Args:
        url: The endpoint; `{user}` may stand in it.
        command: Command of a server on standard streams.
        environment: Variables of its process.
        headers: What is presented.
        token: What stands in the place of `{token}` of the URL.
        probing: Try the guesses with a few calls, which store something.

    Raises:
        HarnessError: No transport works; the message has the reason of each.
    """
    presented = Presented(
        headers,
        address={"user": "crosstalk-probe", "token": token or ""} if url is not None else {},
        connection="init",
    )
    detected = detect(url=url, command=command, environment=environment, presented=presented)
    try:
        found = survey(detected.tools, proven=bool(headers))
        # Before anything is stored: what is listed then is everybody's.
        beside = _beside_tools(detected, presented)
        # Where a login or a token argument comes first, calls would only be refused.
        if probing and found.login is None and not found.token_arguments:
            surface = ToolSurface(detected.transport, presented)
            probe(surface, detected.tools, found, presented)
    finally:
        detected.transport.close()
    authorization = authorization_at(url) if headers else None
    return Inspected(detected.mcp, detected.tools, found, authorization, beside)


def _beside_tools(detected: Detected, presented: Presented) -> list[Operation]:
    """Return what a server offers beside its tools; nothing where it does not list it."""
    surface = McpResourcesSurface(
        detected.transport, presented, answer=inferred_result, strict=False
    )
    try:
        return surface.discover()
    except SurfaceError:
        return []
