"""Names of operations and users in a description, and what is suggested for a wrong one."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches


def operation_name(name: str) -> str:
    """Return an operation's name as a campaign knows it: a REST operation has a method."""
    return (
        name if name.startswith(("mcp:", "rest:")) else f"{'rest' if ' ' in name else 'mcp'}:{name}"
    )


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return the end of a sentence about a name that there is not: the nearest, or some."""
    close = get_close_matches(name, sorted(known), 1, 0.5)
    return f": did you mean {close[0]!r}?" if close else f"; it has {', '.join(sorted(known)[:5])}"
