"""Counts that answers tell of a limit: how many calls, credits or bytes are left, or used.

A header (`X-RateLimit-Remaining`), a field (`exports_left`, `quota.used`) or a sentence ("19
exports left") tells them. What stands in a row of a list is the stock of one thing, and no limit of
calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crosstalk.core.history import Answer, Outcome

_NAME = re.compile(
    r"(?:^|_)(?:left|remain(?:s|ing)?|quotas?|allowance|credits?|used|usage|free)(?:_|$)"
)
_HEADER = re.compile(r"^x-.*remaining$|^ratelimit-remaining$")
_SENTENCE = re.compile(
    r"(?<![\w.])(\d{1,9})\s+(?:[a-z]+\s+){0,3}(?:left|remaining)\b|\bremaining:?\s+(\d{1,9})\b",
    re.IGNORECASE,
)
_JOINED = re.compile(r"[-\s]+|(?<=[a-z])(?=[A-Z])")
_LONGEST_SENTENCE = 300
_DEEPEST = 4


def counts_told(answer: Answer) -> dict[str, int]:
    """Return the counts in a served answer, by where they stand.

    Args:
        answer: Of any call.
    """
    if answer.outcome is not Outcome.OK:
        return {}
    found = dict(_counts(answer.body, "", 0))
    for name, value in answer.headers.items():
        if _HEADER.search(name) and value.strip().isdigit():
            found[f"header {name}"] = int(value)
    return found


def _counts(value: Any, path: str, depth: int) -> Iterator[tuple[str, int]]:
    if isinstance(value, Mapping) and depth < _DEEPEST:
        for key, item in value.items():
            yield from _counts(item, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, int) and not isinstance(value, bool):
        names = [_JOINED.sub("_", part).lower() for part in path.split(".")[-2:]]
        if any(_NAME.search(name) for name in names):
            yield path, value
    elif isinstance(value, str) and len(value) <= _LONGEST_SENTENCE:
        said = _SENTENCE.search(value)
        if said is not None:
            yield path or "text", int(said.group(1) or said.group(2))
