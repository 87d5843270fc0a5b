"""Sizes of pages that a system serves, as its refusals tell them.

A list that is read by a page of a hundred is refused by a system that serves fifty, each time, and
says so: "limit must be from 1 to 50". Where no schema has that number, the refusal has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from dataclasses import replace

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.identifiers import last_name, strings_in
from crosstalk.surface.capabilities import page_size
from crosstalk.surface.operation import Operation

_NUMBER = re.compile(r"(?<![\w.-])\d{1,4}(?![\w.]*\d)")


def fit_page_sizes(
    operations: MutableMapping[str, Operation], read: Callable[[Operation], Answer]
) -> bool:
    """Put the largest page that a system serves into its lists' schemas; return whether any was.

    Args:
        operations: By name; those that are refused for the size of the page are replaced.
        read: Reads a list by its largest page.
    """
    fitted = False
    for name, operation in list(operations.items()):
        size = page_size(operation)
        plain = operation.lists and not (operation.public or operation.pushes)
        if size is None or "maximum" in size.schema or not plain or operation.effect_only:
            continue
        most = _told(read(operation), last_name(size.name))
        if most is None:
            continue
        smaller = replace(size, schema={**size.schema, "maximum": most})
        parameters = tuple(smaller if each is size else each for each in operation.parameters)
        operations[name] = replace(operation, parameters=parameters)
        fitted = True
    return fitted


def _told(answer: Answer, name: str) -> int | None:
    """Return the largest number that a refusal says of a page's size, if it says one."""
    if answer.outcome not in (Outcome.ERROR, Outcome.REFUSED):
        return None
    texts = [answer.message or "", *strings_in(answer.body if answer.body is not None else "")]
    told = [
        int(number)
        for text in texts
        if re.search(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", text, re.IGNORECASE)
        for number in _NUMBER.findall(text)
    ]
    return max((each for each in told if 1 < each < 100), default=None)
