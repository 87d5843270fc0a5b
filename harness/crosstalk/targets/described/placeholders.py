"""Placeholders in a file's texts: `{user}`, `{token}`, `{port}` and the like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def filled(value: Any, replacements: Mapping[str, str]) -> Any:
    """Replace `{name}` in every text of a JSON value; keys stay as they are."""
    if isinstance(value, str):
        for name, text in replacements.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, Mapping):
        return {key: filled(each, replacements) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, replacements) for each in value]
    return value


def filled_fields(fields: Mapping[str, Any], replacements: Mapping[str, str]) -> dict[str, Any]:
    """Replace `{name}` in the fields of a call; a field that `{tenant}` or `{role}` leaves empty is
    left out: a user without a role sends none.
    """
    found = filled(fields, replacements)
    return {
        name: found[name]
        for name, each in fields.items()
        if found[name] != "" or each not in ("{tenant}", "{role}")
    }
