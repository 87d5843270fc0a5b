"""JSON as it travels: written in ASCII, read where a text is JSON and left as it is otherwise."""

from __future__ import annotations

import json
from typing import Any

_BYTE_ORDER_MARK = "\ufeff"


def encode(value: Any) -> bytes:
    """JSON in ASCII: unpaired surrogates travel as escapes, as a hostile client sends them.

    Raises:
        ValueError, RecursionError: The value has no JSON form (a number or depth without bound).
    """
    return json.dumps(value, ensure_ascii=True, default=str).encode("ascii")


def loads(text: str) -> Any:
    """Return the value that a JSON text stands for; the text itself where it stands for none.

    A byte-order mark before it is ignored (RFC 8259, section 8.1).
    """
    try:
        return json.loads(text.removeprefix(_BYTE_ORDER_MARK))
    except (ValueError, RecursionError):
        return text
