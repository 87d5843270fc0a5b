"""The interface of oracles: a name, a judgement of a history, and its opportunities."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Answer, Call, History, Outcome
from crosstalk.core.identifiers import strings_in


@dataclass(frozen=True, slots=True)
class Suspicion:
    """An oracle fired; a finding once it replays.

    Attributes:
        oracle: Which one.
        operation: The operation whose answer shows it.
        calls: Indexes of the calls that show it, the last one being where it shows.
        summary: What reached whom, in one sentence.
        operations: All operations that show the same, where that is one defect of the server.
        rule: What is broken, where the oracle knows it without the script.
        differs: The answer differs from another, and holds nothing of another user's.
        besides: Indexes of calls without which it would not count, wherever they stand: they show
            that a header does not differ by itself.
    """

    oracle: str
    operation: str
    calls: tuple[int, ...]
    summary: str
    operations: tuple[str, ...] = ()
    rule: BrokenRule | None = None
    differs: bool = False
    besides: tuple[int, ...] = ()


class Oracle(Protocol):
    """Judges histories; keeps no state between them."""

    @property
    def name(self) -> str:
        """The oracle's name in reports."""
        ...

    def judge(self, history: History) -> list[Suspicion]:
        """Everything in this history that should not have crossed."""
        ...

    def opportunities(self, history: History) -> Counter[str]:
        """Operation name to how often the oracle could have fired."""
        ...


# What stands around data and is none.
_ENVELOPE = re.compile(
    r"^(status|success|ok|message|detail|code|total|count|page|pages|limit|offset|size|next\w*"
    r"|prev\w*|has_\w+|cursor|query|q|took\w*|type|is_?error)$",
    re.IGNORECASE,
)
# Of the envelope what counts data: more than none of it is data.
_COUNTS = frozenset({"total", "count"})
_NOTHING = re.compile(
    r"^\W*(no|0|zero) [\w ]{1,40}$|^\W*(none|nothing|empty)\b.{0,80}$"
    r"|\b(no|0|zero)( \w+){1,3} (found|yet|available|matched|stored|exist)\b"
    r"|\bnothing (found|yet|to)\b",
    re.IGNORECASE,
)
_LONGEST_SENTENCE = 200


def is_empty(body: Any) -> bool:
    """Return whether an answer holds no data: empty lists, zeros, "no notes found"."""
    if isinstance(body, Mapping):
        data = [each for name, each in body.items() if not _ENVELOPE.search(str(name))]
        counts = [each for name, each in body.items() if str(name).lower() in _COUNTS]
        if any(isinstance(each, int) and each > 0 for each in counts):
            return False
        return all(is_empty(each) for each in data or body.values())
    if isinstance(body, list | tuple):
        return all(is_empty(each) for each in body)
    if isinstance(body, str):
        said = body.strip()
        return not said or (len(said) <= _LONGEST_SENTENCE and _NOTHING.search(said) is not None)
    return body is None or body == 0


_DENIED = re.compile(
    r"not[ _-]?found|no[ _-]such|(does not|doesn't|do not|don't) exist|unknown|missing|forbidden"
    r"|denied|unauthori[sz]ed|unauthenticated|not[ _-]allowed|not (yours|your|owned)|permission",
    re.IGNORECASE,
)
# An error says it in more ways; an answer in prose says so of a list that is empty.
_LACKING = re.compile(
    r"\bthere (?:is|are|was|were) no\b|\bthere's no\b|\byou have no\b|\bnothing (?:has|by|with)\b"
    r"|\bno \w+ (?:has|have|with|by|of|for|called|named|matches|is|goes by)\b",
    re.IGNORECASE,
)
_DENYING = frozenset({401, 403, 404, 410})


def denies(answer: Answer) -> bool:
    """Return whether an error says that an object is missing, or not for this caller."""
    if answer.outcome is Outcome.REFUSED or answer.status in _DENYING:
        return True
    said = [answer.code or "", answer.message or "", *strings_in(answer.body)]
    return answer.outcome is Outcome.ERROR and any(
        _DENIED.search(each) or _LACKING.search(each) for each in said
    )


_SHORT_ANSWER = 300


def served(answer: Answer) -> bool:
    """Return whether a call was done: an answer may deny it without saying that it is an error."""
    if answer.outcome is not Outcome.OK:
        return False
    said = list(strings_in(answer.body))
    short = sum(map(len, said)) <= _SHORT_ANSWER
    return not (short and any(_DENIED.search(each) for each in said))


def was_served(call: Call) -> bool:
    """Return whether a call was done, as `served` finds it in the answer."""
    return call.once("served", lambda it: served(it.answer))


def conclusive(answer: Answer) -> bool:
    """Return whether an answer says anything: a rate limit or a lost connection does not."""
    return answer.outcome in (Outcome.OK, Outcome.ERROR, Outcome.REFUSED)
