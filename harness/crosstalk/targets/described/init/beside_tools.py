"""Lines for the resources, templates, prompts and completions that an MCP server lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from crosstalk.core.identifiers import last_name
from crosstalk.surface.operation import Operation, Role
from crosstalk.targets.described.guesses import TOLD_ROLES
from crosstalk.targets.described.init.toml import key, toml

_WORDS: Mapping[str, str] = {
    "resources/read": "resource",
    "prompts/get": "prompt",
    "completion/complete": "completion",
}


def tables_beside_tools(beside: Sequence[Operation], roles: Mapping[str, Role]) -> list[str]:
    """Return the lines of what is called beside the tools.

    A template is a table, because its variables name objects. All else is told in a comment: a
    resource of a fixed URI may not be there any more when a run begins, and a table of what is not
    there is an error.

    Args:
        beside: What the server lists.
        roles: Argument of the tools to its role: variables of that name have the same.
    """
    listed = _listed(beside)
    plain = [name for name in listed if not _is_template(name)]
    lines: list[str] = []
    if plain:
        lines += ["", "# Called as well, with its name under [tools] where anything is to be said:"]
        lines += [f"#   {name}" for name in plain]
    for name, operation in listed.items():
        if not _is_template(name):
            continue
        told = {
            each.name: roles.get(last_name(each.name), each.role) for each in operation.parameters
        }
        told = {argument: role for argument, role in told.items() if role in TOLD_ROLES}
        lines += ["", f"[tools.{key(name)}]"]
        lines.append(f"arguments = {toml(told)}  # guess" if told else "# a resource template")
    return lines


def counted_beside_tools(beside: Sequence[Operation]) -> str:
    """Return how many there are of each, as the end of a sentence; empty where there are none."""
    counts = Counter(
        "resource template" if _is_template(name) else _WORDS[name.partition(" ")[0]]
        for name in _listed(beside)
    )
    return "".join(f", {count} {word}{'s' * (count > 1)}" for word, count in counts.items())


def _listed(beside: Sequence[Operation]) -> dict[str, Operation]:
    """Return what the server itself lists, by the name that a file writes."""
    named = {each.name.partition(":")[2]: each for each in beside}
    return {
        name: each
        for name, each in named.items()
        if name.partition(" ")[0] in _WORDS and name.partition(" ")[2] and "(unlisted" not in name
    }


def _is_template(name: str) -> bool:
    return name.startswith("resources/read ") and "{" in name
