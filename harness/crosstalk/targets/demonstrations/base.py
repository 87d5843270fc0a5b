"""Demonstrations: an application to serve, and the credentials that actors can present."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from starlette.types import ASGIApp

from crosstalk.core.errors import HarnessError
from crosstalk.surface.credentials import Credentials, Presented

MCP_PATH = "/mcp"


class UnknownDemonstrationError(HarnessError):
    """No demonstration has that name."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of telling the server who calls, ready to be served.

    Attributes:
        app: The MCP server, and whatever stands before it.
        credentials: What each actor presents.
        discovery: Gives what is presented when the tools are listed.
        forgeries: Names of the credentials that must be refused; `credentials` can present them.
        endpoint: Path of the MCP endpoint that callers use.
    """

    app: ASGIApp
    credentials: Credentials
    discovery: Callable[[], Presented]
    forgeries: Sequence[str] = ()
    endpoint: str = MCP_PATH


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A pattern and the verdict that a campaign is expected to give.

    Attributes:
        name: How the command line calls it.
        title: What it is, in one line.
        lesson: What leaks, or why nothing does.
        expected: The verdict.
        build: Makes it, given the base URL at which it will be served.
    """

    name: str
    title: str
    lesson: str
    expected: Literal["leak", "clean"]
    build: Callable[[str], Pattern]
