"""Model output made harmless to the code that reads it next.

The agents SDK reads a call's arguments for a fingerprint before it calls the tool: a hundred
thousand brackets end its stack there, and half a character (an unpaired surrogate) cannot be
encoded. Both would end the chat. Here the one becomes arguments that the tool refuses in words, and
the other a question mark; all else stays as it was.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel

from system.wire.json_shape import shape_problem

# Of one call's arguments: a model may write more than any user meant.
MOST_BYTES = 65_536
MOST_DEPTH = 64
MOST_VALUES = 2_000
# Not an object, so that it is refused where the tool is called, and the model reads why.
LEFT_OUT = '"left out: too long, too deep, or not UTF-8"'
# The parts of an event of the Responses API that hold what the model wrote.
_WRITTEN = {"delta", "text", "refusal", "arguments", "name", "item", "part"}
# How deep the SDK's own models nest: a response, an item, its content, an annotation.
_LEVELS = 6
_Event = TypeVar("_Event")
_Reply = TypeVar("_Reply", bound=BaseModel)


class HarmfulError(ValueError):
    """Arguments that the code which reads them next could not go on with."""


def harmless_event(event: _Event) -> _Event:
    """The same event, its texts changed in place where the SDKs could not go on with them."""
    if isinstance(event, BaseModel):
        for name in event.model_fields_set & _WRITTEN:
            _clean(event, name, _LEVELS)
        response = (
            getattr(event, "response", None) if "response" in event.model_fields_set else None
        )
        if isinstance(response, BaseModel):
            harmless_reply(response)
    return event


def harmless_reply(reply: _Reply) -> _Reply:
    """The same reply, its output changed in place as that of an event is."""
    # Its tools and instructions are what was sent, and large.
    if "output" in reply.model_fields_set:
        _clean(reply, "output", _LEVELS)
    return reply


def parsed_arguments(given: str) -> object:
    """Parse arguments as a model wrote them; none at all are an empty object.

    Raises:
        HarmfulError: They are too long or too deep, or cannot be written again.
        ValueError: They are not JSON, which does no harm.
    """
    try:
        text = given.encode()
        if len(text) > MOST_BYTES:
            raise HarmfulError
        if shape_problem(text, max_depth=MOST_DEPTH, max_values=MOST_VALUES):
            raise HarmfulError
        value = json.loads(text or b"{}")
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        raise HarmfulError from None
    return value


def _is_harmful(given: str) -> bool:
    try:
        parsed_arguments(given)
    except HarmfulError:
        return True
    except ValueError:
        # A text that is not JSON is one that the model reads about.
        return False
    return False


def _clean(owner: BaseModel, name: str, levels: int) -> None:
    value = getattr(owner, name)
    cleaned = _cleaned(value, name, levels)
    if cleaned is not value:
        setattr(owner, name, cleaned)


def _cleaned(value: Any, name: str, levels: int) -> Any:
    if isinstance(value, str):
        if name == "arguments" and _is_harmful(value):
            return LEFT_OUT
        return value if _encodable(value) else value.encode(errors="replace").decode()
    if isinstance(value, BaseModel) and levels:
        for each in value.model_fields_set:
            _clean(value, each, levels - 1)
    elif isinstance(value, list) and levels:
        for place, each in enumerate(value):
            value[place] = _cleaned(each, name, levels - 1)
    return value


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
