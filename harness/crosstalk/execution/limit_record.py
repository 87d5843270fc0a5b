"""Record of whom each operation refused for being too many, and how much they had done by then.

A limit of one's own refuses those who have done most. Where a user is refused who has done nothing
of the kind, or less than another was let do, the limit may count what all users do.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field

from crosstalk.core.counts_told import counts_told
from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.limit_refusals import refused_for_many

# Calls of an operation whose makers can take back what they stored.
_KEPT = 6
_SAYS_NOTHING = frozenset({Outcome.UNREACHABLE, Outcome.REFUSED})


@dataclass(frozen=True, slots=True)
class EarlyRefusal:
    """A refusal of a user who had done less than another was let do.

    Attributes:
        call: That was refused.
        own: Calls of the operation by which the same subject was answered before.
        most: Calls by which one other subject was answered before.
        total: Calls by which all of them were.
        made: Calls of the whole run by then.
    """

    call: Call
    own: int
    most: int
    total: int
    made: int


@dataclass(slots=True)
class _Told:
    """Counts that an operation told at one place.

    Attributes:
        first: What it told the first subject at their first call.
        latest: Subject to what they were told last, and to the calls of all by then.
    """

    first: int
    latest: dict[str, tuple[int, int]] = field(default_factory=dict)

    def falls_with_others(self, subject: str, value: int, *, own: int, calls: int) -> bool:
        """Take what a subject was told; return whether it seems to count others' calls.

        Args:
            subject: Who was told.
            value: The count.
            own: Calls by which the subject was answered before.
            calls: Calls by which all were, with this one.
        """
        before = self.latest.get(subject)
        self.latest[subject] = value, calls
        if before is None:
            return own == 0 and value != self.first
        between = calls - before[1]
        return between > 1 and abs(value - before[0]) == between


@dataclass(slots=True)
class LimitRecord:
    """Counts of what each operation let each subject do.

    Attributes:
        early: Operation to its first early refusal, of a user with the least of their own.
        answered: Operation to how many calls it answered each subject.
        stored: Operation to its latest served calls, each with its history.
        refused: Operations that refused any user for being too many.
        telling: Operation to where it tells a count that seems to fall with what others do.
    """

    early: dict[str, EarlyRefusal] = field(default_factory=dict)
    answered: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    stored: defaultdict[str, deque[tuple[History, Call]]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT))
    )
    refused: Counter[str] = field(default_factory=Counter)
    telling: dict[str, str] = field(default_factory=dict)
    _told: dict[tuple[str, str], _Told] = field(default_factory=dict)

    def note(self, history: History, call: Call, made: int) -> None:
        """Take one call.

        Args:
            history: That it belongs to.
            call: That was answered.
            made: Calls of the whole run.
        """
        actor = call.actor
        if actor.user is None or actor.forgery is not None or actor.user != actor.claims:
            return
        subject = history.subjects.get(actor.user, actor.user)
        counts = self.answered[call.operation]
        if refused_for_many(call.answer):
            self.refused[call.operation] += 1
            self._note_refusal(call, counts, subject, made)
        elif call.answer.outcome not in _SAYS_NOTHING and call.answer.status != 422:
            self._note_counts(call, counts, subject)
            counts[subject] += 1
            if call.answer.outcome is Outcome.OK:
                self.stored[call.operation].append((history, call))

    def _note_counts(self, call: Call, counts: Counter[str], subject: str) -> None:
        for place, value in counts_told(call.answer).items():
            told = self._told.setdefault((call.operation, place), _Told(value))
            own, calls = counts[subject], counts.total() + 1
            if told.falls_with_others(subject, value, own=own, calls=calls):
                self.telling.setdefault(call.operation, place)

    def _note_refusal(self, call: Call, counts: Counter[str], subject: str, made: int) -> None:
        own, known = counts[subject], self.early.get(call.operation)
        if known is not None and known.own <= own:
            return
        most = max((each for name, each in counts.items() if name != subject), default=0)
        if own < most:
            total = counts.total()
            self.early[call.operation] = EarlyRefusal(call, own, most, total, made)
