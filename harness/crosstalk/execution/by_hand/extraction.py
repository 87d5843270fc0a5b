"""Places of values in replies, as programs that print them: JSON, and JSON inside its texts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_MAX_DEPTH = 40
# A step from a value to one inside it: a key, a place in a list, or a text that holds JSON.
_Step = str | int | None


def program(reply: str, path: str, value: str) -> str | None:
    """Return a program for Python's `-c` that reads a reply and prints a value of it.

    Args:
        reply: The text that came back.
        path: Of the value in the answer that was made of it, e.g. `items.0.id`.
        value: What stands there; None is returned where it stands nowhere in the reply.
    """
    try:
        whole = json.loads(reply)
    except (ValueError, RecursionError):
        return None
    # The number of a JSON-RPC message is no value of the system's.
    rpc = isinstance(whole, Mapping) and "jsonrpc" in whole
    found = [steps for steps in _places(whole, value, ()) if not (rpc and steps == ("id",))]
    if not found:
        return None
    wanted = path.split(".")
    best = max(found, key=lambda steps: _alike(steps, wanted))
    return f"import json,sys; print({_expression(best)})"


def _places(value: Any, wanted: str, steps: tuple[_Step, ...]) -> Iterator[tuple[_Step, ...]]:
    """Every way from a JSON value to what is wanted."""
    if len(steps) > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _places(each, wanted, (*steps, key))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _places(each, wanted, (*steps, place))
    elif isinstance(value, str):
        if value == wanted:
            yield steps
        elif value.lstrip()[:1] in ("{", "[", '"'):
            try:
                inner = json.loads(value)
            except (ValueError, RecursionError):
                return
            yield from _places(inner, wanted, (*steps, None))
    elif isinstance(value, int) and not isinstance(value, bool) and str(value) == wanted:
        yield steps


def _alike(steps: tuple[_Step, ...], wanted: list[str]) -> tuple[int, int]:
    """How many of the last names agree; of equal ones the shorter way."""
    names = [str(each) for each in steps if each is not None]
    count = 0
    for one, other in zip(reversed(names), reversed(wanted), strict=False):
        if one != other:
            break
        count += 1
    return count, -len(steps)


def _expression(steps: tuple[_Step, ...]) -> str:
    text = "json.load(sys.stdin)"
    for each in steps:
        if each is None:
            text = f"json.loads({text})"
        else:
            text += f"[{json.dumps(each) if isinstance(each, str) else each}]"
    return text
