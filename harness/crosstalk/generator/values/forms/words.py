"""Words by which an object is called, and words that several have in common: tags, other lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crosstalk.core.identifiers import last_name
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Parameter, Role

# The one element that is given of a list of words which several objects have.
TAG = re.compile(r"(?:^|\.)(?:tags?|labels?|keywords?|categories|topics?)\[\]$", re.IGNORECASE)
# One word by which objects are grouped.
_GROUP = re.compile(r"^(?:tag|label|category|topic|genre|group|team|folder)$", re.IGNORECASE)
# What an object is called, by the name of the argument.
_CALLED = frozenset(
    {"name", "title", "label", "slug", "code", "key", "topic", "subject", "term", "word", "number"}
)
# Characters of a word with a marker in it.
_LENGTH = 26


def lists_words(parameter: Parameter) -> bool:
    """Return whether a parameter takes a list of words of any kind, with room for a marker."""
    schema = parameter.schema if isinstance(parameter.schema, Mapping) else {}
    items = schema.get("items")
    if schema.get("type") != "array" or not isinstance(items, Mapping):
        return False
    said = {"enum", "const", "format", "pattern"} & set(items)
    longest = items.get("maxLength")
    short = isinstance(longest, int) and longest < _LENGTH
    return items.get("type") == "string" and not said and not short


def groups(parameter: Parameter) -> bool:
    """Return whether objects are listed and counted by the words that a parameter takes."""
    name = parameter.name
    return lists_words(parameter) or bool(TAG.search(name) or _GROUP.match(last_name(name)))


def names_among(operation: Operation, said: Mapping[str, Any]) -> list[str]:
    """Return the arguments of a call that say what an object is called, or how it is tagged.

    Args:
        operation: Stores it.
        said: Arguments.
    """
    given = [each for each in operation.parameters if each.name in said]
    texts = [each for each in given if each.role is Role.TEXT]
    names = [each.name for each in given if each.role is Role.NAME]
    called = [each.name for each in texts if last_name(each.name).lower() in _CALLED]
    first = [each.name for each in (*(e for e in texts if e.required), *texts)][:1]
    if len(texts) == 1 and required_references(operation):
        # What stands inside what both call alike tells whose it is by these words alone.
        first = []
    tags = [each.name for each in texts if TAG.search(each.name)]
    return [*(names or called or first), *tags]
