"""Callers who list what an MCP server offers, beside the one by whom it is discovered."""

from __future__ import annotations

from collections.abc import Mapping

from crosstalk.core.principals import ANONYMOUS
from crosstalk.surface.credentials import Presented
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.credentials import DescribedCredentials
from crosstalk.targets.described.identity import UserConfig


def lookers_of(
    config: TargetConfig,
    credentials: DescribedCredentials,
    users: Mapping[str, tuple[str, UserConfig]],
    subject: str,
) -> tuple[Presented, ...]:
    """Return what the other listed users present, and a stranger where a credential is asked for.

    Users with attributes of their own are shown tools and resources of their own; those who are
    made up are all alike.

    Args:
        config: The description.
        credentials: Of the described system.
        users: Those that are listed, by subject.
        subject: By whom it is discovered; again as a user who is logged in, where a tool does that.

    Raises:
        CredentialError: A user's credential cannot be had.
    """
    found = credentials.of("mcp")
    by_tool = found.identity.login is not None and bool(found.identity.login.tool)
    others = [each for each in users if each != subject]
    presented = [found.of_user(each) for each in ([subject, *others] if by_tool else others)]
    # A process that is started for a stranger alone tells nothing more.
    stdio = config.mcp is not None and config.mcp.transport == "stdio"
    if found.identity.proves(found.urls) and not stdio:
        presented.append(found.present(ANONYMOUS, subject))
    return tuple(presented)
