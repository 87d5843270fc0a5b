"""Names of operations in a description."""

from __future__ import annotations


def operation_name(name: str) -> str:
    """Return an operation's name as a campaign knows it: a REST operation has a method."""
    return (
        name if name.startswith(("mcp:", "rest:")) else f"{'rest' if ' ' in name else 'mcp'}:{name}"
    )
