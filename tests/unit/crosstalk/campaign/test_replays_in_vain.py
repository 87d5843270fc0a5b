"""Suspicions that never show again do not take the calls of a whole campaign."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

from crosstalk.campaign.evaluation.findings import FindingsRecord
from crosstalk.campaign.evaluation.suspicions import SuspicionReview
from crosstalk.core.history import History
from crosstalk.execution.confirmation import Confirmation, Rejected
from crosstalk.execution.executor import Executor
from crosstalk.oracles import Suspicion
from tests.unit.crosstalk.execution.test_replay import Notes
from tests.unit.crosstalk.histories import ALICE, Writer, ok

_OPERATIONS = [f"rest:GET /part-{number}" for number in range(10)]


class _Oracle:
    """Suspects each call."""

    name = "canary"

    def judge(self, history: History) -> list[Suspicion]:
        """Return one suspicion for each of them."""
        return [
            Suspicion(self.name, call.operation, (call.index,), f"seen with {call.operation}")
            for call in history
        ]

    def opportunities(self, history: History) -> Counter[str]:
        """Return none."""
        return Counter()


@dataclass
class _Confirmation:
    """Makes calls, and confirms nothing."""

    executor: Executor
    calls: int
    asked: list[str] = field(default_factory=list)
    cheaply: list[str] = field(default_factory=list)
    progress: Any = None
    likely_alone: bool = False

    def confirm(self, history: History, suspicion: Suspicion) -> Rejected:
        """Reject it."""
        (self.cheaply if self.likely_alone else self.asked).append(suspicion.operation)
        self.executor.replay_calls += 2 if self.likely_alone else self.calls
        return Rejected("not seen again in 5 replays", explained=False)


def _review(calls: int) -> tuple[SuspicionReview, _Confirmation, Executor]:
    memory = Notes(leaks=False)
    executor = Executor({"mem": memory}, {e.name: e for e in memory.discover()}, memory)
    confirmation = _Confirmation(executor, calls)
    record = FindingsRecord(lambda _: None, 1_000)
    review = SuspicionReview(
        record, executor, lambda: cast(Confirmation, confirmation), (_Oracle(),)
    )
    return review, confirmation, executor


def _history() -> History:
    story = Writer()
    for each in _OPERATIONS:
        story.call(ALICE, each, {}, ok({}))
    return story.history


def test_suspicions_are_left_open_after_replays_in_vain_until_the_campaign_has_made_calls() -> None:
    review, confirmation, executor = _review(calls=800)
    review.follow_up(_history())
    # 3,000 calls of a campaign that has just begun.
    assert confirmation.asked == _OPERATIONS[:4]
    doubts = {each.where: each.text for each in review.record.inconclusive}
    assert len(doubts) == len(_OPERATIONS)
    # Of the others a few calls alone were replayed.
    assert confirmation.cheaply == _OPERATIONS[4:]
    executor.calls_made = 2_000
    review.follow_up(_history())
    # Others are tried, and what was rejected is not tried again yet.
    assert confirmation.asked[4:] == _OPERATIONS[4:8]


def test_few_replays_in_vain_keep_nothing_from_being_tried() -> None:
    review, confirmation, _ = _review(calls=20)
    for _ in range(3):
        review.follow_up(_history())
    assert confirmation.asked == _OPERATIONS * 3
