"""Values and keys as text of TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key(name: str) -> str:
    """Write a key, quoted where it has to be."""
    return name if _BARE.fullmatch(name) else json.dumps(name)


def toml(value: Any) -> str:
    """Write a value on one line; JSON's text in ASCII is TOML's too."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    return json.dumps(str(value) if isinstance(value, str) else value, ensure_ascii=False)
