"""What a caller observed, without what differs between any two runs: ids, markers, times.

Two runs of the same calls by two users give the same observations where nobody else's acts can be
seen. Every identifying value becomes the place in which this caller first met it, so that equal
observations are equal values, and one that came from elsewhere is a place that nobody expected.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Answer, Call
from crosstalk.core.identifiers import identifiers_in, identifiers_of, is_id_path, is_short_id

_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?|"
    r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT"
)


class Observer:
    """One caller's eyes: takes their calls in order and gives what each showed.

    Args:
        subject: What the system knows the caller by.
    """

    def __init__(self, subject: str) -> None:
        self._subject = re.compile(
            rf"(?<![A-Za-z0-9]){re.escape(subject)}(?![A-Za-z0-9])" if subject else r"(?!)"
        )
        self._places: dict[str, int] = {}

    def observe(self, call: Call) -> Any:
        """What this call showed, as plain data that can be compared."""
        self._masked(call.arguments)
        answer = call.answer
        return {
            "outcome": str(answer.outcome),
            "status": answer.status,
            "code": answer.code,
            "message": self._text(answer.message or ""),
            "body": self._masked(answer.body),
        }

    def _masked(self, value: Any, path: str = "") -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {
                self._text(str(key)): self._masked(each, f"{path}.{key}")
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            seen = [self._masked(each, path) for each in value]
            # Pieces of a stream come in one part or in many, as the network likes.
            return [each for place, each in enumerate(seen) if not place or each != seen[place - 1]]
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and is_id_path(path)
            and is_short_id(str(value))
        ):
            return self._place(f"number {value}")
        return value

    def _text(self, text: str) -> str:
        text = _TIME.sub("<time>", self._subject.sub("<me>", text))
        # In the order in which they stand, longest first where one holds another.
        found = sorted(
            identifiers_in(text), key=lambda each: (text.lower().find(each.lower()), -len(each))
        )
        for token in found:
            text = re.sub(re.escape(token), self._place(token), text, flags=re.IGNORECASE)
        return text

    def _place(self, token: str) -> str:
        return f"<{self._places.setdefault(token, len(self._places) + 1)}>"


def difference(expected: Any, seen: Any, path: str = "") -> str | None:
    """Where two observations first differ, and how; None where they are equal."""
    if isinstance(expected, Mapping) and isinstance(seen, Mapping):
        for key in dict.fromkeys([*expected, *seen]):
            inner = f"{path}.{key}" if path else str(key)
            if key not in seen:
                return f"{inner} is missing"
            if key not in expected:
                return f"{inner} is new"
            found = difference(expected[key], seen[key], inner)
            if found is not None:
                return found
        return None
    if isinstance(expected, list) and isinstance(seen, list):
        for place, (first, second) in enumerate(zip(expected, seen, strict=False)):
            found = difference(first, second, f"{path}.{place}")
            if found is not None:
                return found
        if len(expected) != len(seen):
            return f"{path} has {len(seen)} entries instead of {len(expected)}"
        return None
    if expected == seen:
        return None
    return f"{path} is {str(seen)[:80]!r} instead of {str(expected)[:80]!r}"


def identifiers_shown(answer: Answer) -> set[str]:
    """The identifying values anywhere in an answer."""
    return (
        identifiers_of(answer.body)
        | identifiers_of(dict(answer.headers))
        | identifiers_of(answer.message)
    )


def copies_of(value: Any, token: str) -> int:
    """How many entries of one list hold the token and are alike but for ids and times, at most."""
    if isinstance(value, Mapping):
        return max((copies_of(each, token) for each in value.values()), default=0)
    if not isinstance(value, list | tuple):
        return 0
    alike = Counter(_alike(each) for each in value if isinstance(each, Mapping))
    direct = [count for text, count in alike.items() if token in text]
    return max([0, *direct, *(copies_of(each, token) for each in value)])


def _alike(entry: Mapping[str, Any]) -> str:
    """The plain fields of an entry, without ids and times."""
    plain = {
        key: each
        for key, each in entry.items()
        if not isinstance(each, Mapping | list | tuple) and not is_id_path(key)
    }
    return _TIME.sub("", json.dumps(plain, sort_keys=True, default=str))
