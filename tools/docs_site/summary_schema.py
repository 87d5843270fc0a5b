"""Reference of `summary.json`, made from the JSON Schema that `crosstalk schema` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

_HEAD = """# summary.json

Every isolation run writes `summary.json` into its folder, with the figures that the terminal shows;
`--json` prints the same. This page is made from the JSON Schema (2020-12) that `crosstalk schema`
prints; `crosstalk schema events` prints that of a line of `--events`. `schema_version` is raised
when a key changes its meaning or goes away; further keys may be added at any time. The summaries of
other verbs are on their pages: [mutants](../mutants.md), [forgeries](../sessions.md),
[load](../deadlock.md), [faults](../faults.md), [hostile input](../hostile.md),
[benchmarks](../performance.md).
"""


def summary_reference() -> str:
    """Return the page: the keys, and those of their entries.

    Raises:
        ValueError: A key has no description.
    """
    found = files("crosstalk.report") / "schemas" / "summary-1.schema.json"
    schema = json.loads(found.read_text(encoding="utf-8"))
    lines = [_HEAD, *_table(schema)]
    for name, each in schema["properties"].items():
        shape, place = _entries(name, each)
        if shape.get("properties"):
            lines += [f"\n## {place}\n", *_table(shape)]
    return "\n".join(lines) + "\n"


def _entries(name: str, schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    if "items" in schema:
        return schema["items"], f"{name}[]"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return schema["additionalProperties"], f"{name}{{}}"
    return schema, name


def _table(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    yield "| key | type | always there | |"
    yield "|---|---|---|---|"
    for name, each in schema["properties"].items():
        if not each.get("description"):
            raise ValueError(f"{name} has no description in the schema of summary.json")
        always = "yes" if name in required else ""
        cells = (f"`{name}`", _type(each), always, each["description"])
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _type(schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    kinds = schema.get("type", "anything")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds == ["array"] and "items" in schema:
        return f"list of {_type(schema['items'])}"
    if kinds == ["object"] and isinstance(schema.get("additionalProperties"), Mapping):
        return f"name to {_type(schema['additionalProperties'])}"
    return " or ".join(kinds)
