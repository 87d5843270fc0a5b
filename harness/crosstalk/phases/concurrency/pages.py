"""Pages of longer lists: what an answer lacks may be on the next one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from crosstalk.core.history import Call, History
from crosstalk.core.object_kinds import CURSOR_FIELD
from crosstalk.surface.capabilities import is_page_size

# Fields that say how many pages a list has, and how many entries.
_PAGES = re.compile(r"(?:total_?|last_?)?pages?(?:_?count)?", re.IGNORECASE)
_TOTAL = re.compile(r"(?:total|count)(?:_?(?:count|items|results|entries))?", re.IGNORECASE)


def page_sizes(history: History) -> Mapping[str | None, Collection[int]]:
    """Return the sizes of pages that each user has set or was told, wherever they did.

    How many rows a list shows may be a preference of the user's, which no call of the list names.
    """
    found: defaultdict[str | None, set[int]] = defaultdict(set)
    for call in history:
        found[call.actor.user].update(_sizes_in(call.arguments), _sizes_in(call.answer.body))
    return found


def goes_on(call: Call, sizes: Collection[int] = ()) -> bool:
    """Return whether an answer is a page of a longer list: it has a cursor, is full, or says how
    many pages or entries there are.

    Args:
        call: Reads a list.
        sizes: Of pages, beside those that the call itself asks for.
    """
    found = call.paths
    if any(text and CURSOR_FIELD.search(path.rpartition(".")[2]) for path, text in found):
        return True
    asked = {each for each in call.arguments.values() if isinstance(each, int | float) and each > 1}
    body = call.answer.body
    fields = dict(body) if isinstance(body, Mapping) else {}
    lists = [each for each in (body, *fields.values()) if isinstance(each, list)]
    longest = max(map(len, lists), default=0)
    return any(len(each) in asked or len(each) in sizes for each in lists) or any(
        isinstance(value, int)
        and (
            (_PAGES.fullmatch(str(name)) and value > 1)
            or (_TOTAL.fullmatch(str(name)) and value > longest)
        )
        for name, value in fields.items()
    )


def _sizes_in(value: Any) -> Iterator[int]:
    """Yield the numbers above one that stand under the name of a page's size."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, int) and inner > 1 and is_page_size(str(name)):
                yield inner
            else:
                yield from _sizes_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sizes_in(inner)
