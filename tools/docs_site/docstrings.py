"""Attributes of a class as its docstring tells them (Google style)."""

from __future__ import annotations

import inspect
import re

_ENTRY = re.compile(r"^ {4}(\w+): (.*)$")


def attributes_of(documented: type) -> dict[str, str]:
    """Return attribute name to its description on one line, those of base classes among them."""
    told: dict[str, str] = {}
    for each in reversed(documented.__mro__):
        told |= _own(each)
    return told


def _own(documented: type) -> dict[str, str]:
    text = inspect.cleandoc(documented.__dict__.get("__doc__") or "")
    _, found, section = text.partition("\nAttributes:\n")
    told: dict[str, str] = {}
    last = ""
    for line in section.splitlines() if found else ():
        if line and not line.startswith("    "):
            break
        if entry := _ENTRY.match(line):
            last = entry[1]
            told[last] = entry[2]
        elif last and line.strip():
            told[last] += f" {line.strip()}"
    return told
