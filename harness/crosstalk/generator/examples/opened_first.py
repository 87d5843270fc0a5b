"""Calls that a system wants before others, as its refusals say: "Open a campaign first".

A server may keep for each user what they work on. Until a user has opened something, all that works
on it is refused, whoever owns what; and it is refused again once that is closed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from crosstalk.core.history import Answer
from crosstalk.core.identifiers import strings_in
from crosstalk.core.object_kinds import singular
from crosstalk.surface.capabilities import removes
from crosstalk.surface.operation import Operation

_WORD = re.compile(r"[a-z]+")
_VARIABLE = re.compile(r"\{[^}]*\}")
# "Open a campaign first", "no trip is under way"; that an account is not disabled asks for nothing.
_STATE = r"(?:open|opened|selected|chosen|active|started|set|under way|checked out|loaded|joined)"
_COMES_FIRST = re.compile(
    rf"\b(?:first|before|beforehand)\b|\b(?:no|not|isn't|nothing)\b(?: \w+){{0,4}} {_STATE}\b"
)
_NO_WORDS = frozenset({"api", "rest", "mcp", "v", "post", "put", "patch", "get", "a", "the"})
# Words of a refusal; a longer text is a page or a list.
_MOST_WORDS = 60
# Times that a call is opened for while it is never served.
_MOST_IN_VAIN = 4


@dataclass(slots=True)
class OpenedFirst:
    """Calls that a campaign has learnt to make before others.

    Attributes:
        known: Operation to the one that is called before it.
    """

    known: dict[str, str] = field(default_factory=dict)
    _tried: Counter[str] = field(default_factory=Counter)

    def learn(self, operation: Operation, answer: Answer, operations: Iterable[Operation]) -> bool:
        """Note what a refusal of a user's own call names; return whether it names anything.

        Args:
            operation: That was refused.
            answer: The refusal.
            operations: That can be called.
        """
        text = " ".join([answer.message or "", *strings_in(answer.body)]).lower()
        said = _words(text)
        if not _COMES_FIRST.search(text) or len(said) > _MOST_WORDS:
            return False
        for each in operations:
            if each is operation or each.reads_only or each.conversational or removes(each):
                continue
            if _is_named(each, said):
                self.known[operation.name] = each.name
                return True
        return False

    def before(self, operation: str) -> str:
        """Return what is to be called before an operation; empty for nothing."""
        return self.known.get(operation, "") if self._tried[operation] < _MOST_IN_VAIN else ""

    def note(self, operation: str) -> None:
        """Count that something was opened for an operation."""
        self._tried[operation] += 1

    def served(self, operation: str) -> None:
        """Note that an operation was served, after which it is worth while."""
        self._tried.pop(operation, None)


def _words(text: str) -> list[str]:
    return [singular(each) for each in _WORD.findall(text)]


def _is_named(operation: Operation, said: Collection[str]) -> bool:
    """Return whether a text names an operation: both its verb and what it is about."""
    name = _VARIABLE.sub(" ", operation.name.partition(":")[2]).lower()
    words = [each for each in _words(name.replace("_", " ")) if each not in _NO_WORDS]
    return len(words) > 1 and all(
        any(each == one or (each.startswith(one) and len(one) > 3) for each in said)
        for one in words
    )
