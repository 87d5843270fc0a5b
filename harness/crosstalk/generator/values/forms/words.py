"""Words that several objects have in common: tags and other lists of words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crosstalk.core.identifiers import last_name
from crosstalk.surface.operation import Parameter

# The one element that is given of a list of words which several objects have.
TAG = re.compile(r"(?:^|\.)(?:tags?|labels?|keywords?|categories|topics?)\[\]$", re.IGNORECASE)
# One word by which objects are grouped.
_GROUP = re.compile(r"^(?:tag|label|category|topic|genre|group|team|folder)$", re.IGNORECASE)
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
