"""Names of the settings that each table of a `crosstalk.toml` takes."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from crosstalk.targets.described.config import TargetConfig


def settings_of(where: Sequence[str | int]) -> list[str]:
    """Return the settings of the table at a place; none where there is no such table.

    Args:
        where: Names of the tables from the file's root, e.g. `("mcp", "identity")`.
    """
    table: type[BaseModel] | None = TargetConfig
    named = False
    for part in where:
        if table is None:
            return []
        if named:
            # The name of a user or a tool, or a place in a list.
            named = False
            continue
        field = _fields(table).get(str(part))
        if field is None:
            return []
        table, named = _table_in(field)
    return sorted(_fields(table)) if table is not None else []


def _fields(table: type[BaseModel]) -> dict[str, Any]:
    return {each.alias or name: each.annotation for name, each in table.model_fields.items()}


def _table_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The table that a setting holds, and whether it holds many by name or place."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    many = typing.get_origin(annotation) in (dict, list, Mapping, Sequence)
    for each in typing.get_args(annotation):
        found, inner = _table_in(each)
        if found is not None:
            return found, many or inner
    return None, False
