"""One file of an MCP server and the REST API of the same host."""

from __future__ import annotations

import re

_NOBODY = 'by = ["none"]'
_LOGIN = 'by = ["login"]'
_TABLE = re.compile(r"^\[", re.MULTILINE)


def combined(mcp: str, rest: str) -> str:
    """Return a description of both surfaces, each with its own identity.

    Where nothing says to the MCP server who calls, and the REST API has a login, its token is
    guessed to serve both: servers of one host seldom tell users apart by one of them alone.

    Args:
        mcp: Text of the MCP server's file.
        rest: Text of the REST API's file.
    """
    head, *tables = _tables(mcp)
    _, *further = _tables(rest)
    if _NOBODY in "".join(tables) and _LOGIN in "".join(further):
        kept = [each for each in tables if not _name(each).startswith("identity")]
        known = {_name(each) for each in kept}
        shared = [each for each in further if _name(each) not in known]
        return head + "".join(f"{_shared(each).rstrip()}\n\n" for each in [*kept, *shared])
    known = {_name(each) for each in tables}
    tables = [_own_identity(each, "mcp") for each in tables]
    tables += [
        _own_identity(each, "rest")
        for each in further
        if _name(each) not in known or _name(each).startswith("identity")
    ]
    return head + "".join(tables)


def _shared(table: str) -> str:
    """Return a table with the comment that its login serves both surfaces, where it has one."""
    comment = "  # guess: its token says to the MCP server too who calls"
    return re.sub(rf"^{re.escape(_LOGIN)}.*$", _LOGIN + comment, table, flags=re.MULTILINE)


def _tables(text: str) -> list[str]:
    starts = [match.start() for match in _TABLE.finditer(text)]
    return [text[a:b] for a, b in zip([0, *starts], [*starts, len(text)], strict=True)]


def _name(table: str) -> str:
    return table[1 : table.index("]\n")] if "]\n" in table else table[1:].partition("]")[0]


def _own_identity(table: str, surface: str) -> str:
    return re.sub(r"\A\[identity", f"[{surface}.identity", table).rstrip("\n") + "\n\n"
