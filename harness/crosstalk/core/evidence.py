"""Evidence of a finding: calls as they were made, and what came back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crosstalk.core.history import Call

# Of an answer as it is shown; a file or a long list is cut around what crossed.
_LONGEST = 600
_BEFORE = 200


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call of a finding's script with its answer, both as in the last replay.

    Attributes:
        number: Of the script's line, from 1.
        call: Who made it, its operation and its arguments.
        answer: Outcome, status and body, cut where it is long.
        foreign: Values in the answer that belong to another user.
    """

    number: int
    call: str
    answer: str
    foreign: tuple[str, ...]

    def parts(self) -> list[tuple[str, bool]]:
        """Return the answer in pieces, each with whether it belongs to another user."""
        if not self.foreign:
            return [(self.answer, False)]
        values = "|".join(re.escape(each) for each in _forms(self.foreign))
        pieces = re.split(f"({values})", self.answer, flags=re.IGNORECASE)
        return [(text, bool(place % 2)) for place, text in enumerate(pieces) if text]

    def marked(self, begin: str = ">>>", end: str = "<<<") -> str:
        """Return the answer with what belongs to another user between two marks."""
        return "".join(f"{begin}{text}{end}" if mark else text for text, mark in self.parts())

    def of_script(self, written: Callable[[str], str]) -> Exchange:
        """Return the same with the script's markers.

        Args:
            written: Puts them into a text in the place of a replay's.
        """
        return replace(
            self,
            call=written(self.call),
            answer=written(self.answer),
            foreign=tuple(written(each) for each in self.foreign),
        )

    def lines(self) -> list[str]:
        """Return the call and its marked answer as lines of text."""
        return [f"{self.number}. {self.call}", f"   answer: {self.marked()}"]


def exchange_of(
    call: Call, foreign: Sequence[str], *, number: int | None = None, note: str = ""
) -> Exchange:
    """Return a call as evidence.

    Args:
        call: Of a history.
        foreign: Values in its answer that belong to another user.
        number: Of the script's line; the call's index where each line was called once.
        note: What else is to be said of the call, e.g. beside whom it was made.
    """
    answer = call.answer
    said = [str(answer.outcome), *([str(answer.status)] if answer.status is not None else [])]
    said += [each for each in (answer.code, answer.message) if each]
    text = " ".join([*said, *([_plain(answer.body)] if answer.body is not None else [])])
    for more in (list(answer.unsolicited), dict(answer.headers)):
        shown = _plain(more)
        if more and _first(text, foreign) is None and _first(shown, foreign) is not None:
            text = f"{text} {shown}"
    sent = f"{call.actor.name}: {call.operation} {_plain(dict(call.arguments))}"
    said_of = f"{_cut(sent, 0)} ({note})" if note else _cut(sent, 0)
    line = call.index if number is None else number
    return Exchange(line, said_of, _cut(text, _first(text, foreign) or 0), (*foreign,))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _forms(values: Sequence[str]) -> list[str]:
    """Return how values may be written in an answer: as they are, and inside a JSON string.

    Longest first, so that a value inside a longer one does not break it up.
    """
    forms = {form for each in values for form in (each, json.dumps(each, ensure_ascii=False)[1:-1])}
    return sorted(forms, key=lambda form: (-len(form), form))


def _first(text: str, values: Sequence[str]) -> int | None:
    """Return where the first of some values begins in a text."""
    lower = text.lower()
    found = [place for each in _forms(values) if (place := lower.find(each.lower())) >= 0]
    return min(found, default=None)


def _cut(text: str, around: int) -> str:
    """Return the part of a long text that lies around a place, and how long the whole is."""
    if len(text) <= _LONGEST:
        return text
    begin = max(0, min(around - _BEFORE, len(text) - _LONGEST))
    part = text[begin : begin + _LONGEST]
    end = "…" if begin + _LONGEST < len(text) else ""
    return f"{'…' if begin else ''}{part}{end} ({len(text)} characters)"
