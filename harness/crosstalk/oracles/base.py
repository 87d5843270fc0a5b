"""What every oracle has: a name, a judgement of a history, and its opportunities."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from crosstalk.core.history import Answer, History, Outcome


@dataclass(frozen=True, slots=True)
class Suspicion:
    """An oracle fired; a finding once it replays.

    Attributes:
        oracle: Which one.
        operation: The operation whose answer shows it.
        calls: Indexes of the calls that show it, the last one being where it shows.
        summary: What reached whom, in one sentence.
    """

    oracle: str
    operation: str
    calls: tuple[int, ...]
    summary: str


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


def conclusive(answer: Answer) -> bool:
    """Whether an answer says anything: a rate limit or a lost connection does not."""
    return answer.outcome in (Outcome.OK, Outcome.ERROR, Outcome.REFUSED)
