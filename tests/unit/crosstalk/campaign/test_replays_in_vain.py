"""Suspicions that never show again do not take the calls of a whole campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from crosstalk.campaign.evaluation.findings import FindingsRecord
from crosstalk.campaign.evaluation.suspicions import SuspicionReview
from crosstalk.core.history import History
from crosstalk.core.identifiers import marker
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Rejected
from crosstalk.execution.executor import Executor
from crosstalk.oracles import Canary, Suspicion
from tests.unit.crosstalk.execution.test_replay import Notes
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

NOTE, OTHER = "3f0f9a52-6d0b-4a52-8d0e-1b8f6f0f9a52", "7c1d2e3f-4a5b-4c6d-8e7f-9a0b1c2d3e4f"
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
    pausing: bool = False
    explained: bool = False
    kept: bool = False
    after_pauses: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)

    def confirm(
        self, history: History, suspicion: Suspicion, leaving_out: Collection[str] = ()
    ) -> Rejected:
        """Reject it."""
        self.order.append(suspicion.operation)
        if self.pausing:
            self.after_pauses.append(suspicion.operation)
            return Rejected("kept", explained=False, kept=True)
        (self.cheaply if self.likely_alone else self.asked).append(suspicion.operation)
        self.executor.replay_calls += 2 if self.likely_alone else self.calls
        if self.explained and not self.likely_alone:
            return Rejected("shows all the same with the act left out", explained=True)
        if self.kept:
            return Rejected("kept", explained=False, in_haste=True, kept=True)
        return Rejected("not seen again in 5 replays", explained=False)


class _TwoReadings(_Oracle):
    """Suspects that an act of another user changed what two readings show."""

    name = "ownership"

    def judge(self, history: History) -> list[Suspicion]:
        """Return a suspicion for each of the two."""
        return [
            Suspicion(
                self.name, history.calls[place].operation, (place + 1, 3, place + 4), "changed"
            )
            for place in range(2)
        ]


def _review(
    calls: int, oracle: _Oracle | None = None
) -> tuple[SuspicionReview, _Confirmation, Executor]:
    memory = Notes(leaks=False)
    executor = Executor({"mem": memory}, {e.name: e for e in memory.discover()}, memory)
    confirmation = _Confirmation(executor, calls)
    record = FindingsRecord(lambda _: None, 1_000)
    review = SuspicionReview(
        record, executor, lambda: cast(Confirmation, confirmation), (oracle or _Oracle(),)
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


def test_act_that_shows_by_a_second_reading_is_replayed_for_that_one_as_well() -> None:
    story = Writer()
    for shown in ([NOTE, OTHER], [NOTE]):
        for operation in ("rest:GET /counts", "rest:GET /notes"):
            story.call(ALICE, operation, {}, ok({"notes": shown}))
        if len(shown) > 1:
            story.call(BOB, "rest:PUT /notes", {}, ok({}))
    # After one of them more were in vain than a cause may be tried again for.
    review, confirmation, _ = _review(calls=1_500, oracle=_TwoReadings())
    review.follow_up(story.history)
    assert confirmation.asked == ["rest:GET /counts", "rest:GET /notes"]


class _OneReading(_Oracle):
    """Suspects that the act of another user changed what a reading shows."""

    name = "ownership"

    def judge(self, history: History) -> list[Suspicion]:
        """Return the suspicion."""
        return [Suspicion(self.name, history.calls[-1].operation, (1, 2, 3), "changed")]


@pytest.mark.parametrize(("explained", "fully"), [(True, 2), (False, 6)])
def test_reading_that_changes_whichever_act_is_left_out_is_its_readers_own(
    *, explained: bool, fully: int
) -> None:
    review, confirmation, _ = _review(calls=20, oracle=_OneReading())
    confirmation.explained = explained
    for number in range(6):
        story = Writer().call(ALICE, "rest:GET /log", {}, ok([1]))
        story.call(BOB, f"rest:PUT /part-{number}", {}, ok({}))
        review.follow_up(story.call(ALICE, "rest:GET /log", {}, ok([2])).history)
    assert len(confirmation.asked) == fully
    assert len(confirmation.cheaply) == 6 - fully
    assert bool(review.record.inconclusive) is not explained


@pytest.mark.parametrize(("stored", "asked"), [(False, 1), (True, 3)])
def test_value_that_an_earlier_example_left_is_replayed_once(*, stored: bool, asked: int) -> None:
    review, confirmation, _ = _review(calls=20, oracle=Canary())  # type: ignore[arg-type]
    for number in range(5):
        said = f"note {marker('bob', number)}"
        story = Writer()
        story.history.new_users = True
        if stored:
            story.call(BOB, "rest:POST /notes", {"text": said}, ok({}))
        review.follow_up(story.call(ALICE, "rest:GET /heard", {}, ok([said])).history)
    assert confirmation.asked == ["rest:GET /heard"] * asked


def test_suspicion_that_had_no_time_is_replayed_when_the_calls_are_made() -> None:
    review, confirmation, _ = _review(calls=20)
    review.puts_off = lambda: True
    review.follow_up(_history())
    assert confirmation.asked == []
    assert {each.text.partition("(")[2] for each in review.record.inconclusive} == {
        "not replayed: replays had used their share of the run)"
    }
    assert review.put_off == len(_OPERATIONS)
    review.take_up()
    assert confirmation.asked == _OPERATIONS
    assert review.put_off == 0


def test_suspicion_shown_with_earlier_values_is_replayed_after_pauses_in_the_end() -> None:
    review, confirmation, _ = _review(calls=20)
    confirmation.kept = True
    for _ in range(2):
        review.follow_up(_history())
    assert confirmation.asked == _OPERATIONS
    assert confirmation.after_pauses == []
    assert review.put_off == review.kept == len(_OPERATIONS)
    review.take_up()
    # All pauses were in vain for two.
    assert confirmation.after_pauses == _OPERATIONS[:2]
    assert len(review.record.inconclusive) == len(_OPERATIONS)


def test_suspicions_that_need_pauses_are_taken_up_after_all_others() -> None:
    review, confirmation, _ = _review(calls=20)
    confirmation.kept = True
    history = _history()
    review.follow_up(history)
    review.puts_off = lambda: True
    story = Writer()
    story.call(ALICE, "rest:GET /other", {}, ok({}))
    review.follow_up(story.history)
    confirmation.asked.clear()
    confirmation.order.clear()
    confirmation.kept = False
    review.take_up()
    assert confirmation.asked == ["rest:GET /other"]
    assert confirmation.order[0] == "rest:GET /other"
