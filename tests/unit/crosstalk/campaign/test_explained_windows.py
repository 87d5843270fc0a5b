"""An act between two readings is replayed once, though several readings show what it changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from crosstalk.campaign.evaluation.findings import FindingsRecord
from crosstalk.campaign.evaluation.suspicions import SuspicionReview
from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import History, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.script import Script, Step
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.fixtures import NEWCOMERS
from crosstalk.oracles import Canary, Oracle, Suspicion
from tests.unit.crosstalk.execution.test_replay import Notes
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok

_ACT = "rest:POST /purge"


class _Oracle:
    """Suspects each reading after an act."""

    name = "ownership"

    def judge(self, history: History) -> list[Suspicion]:
        """Return one suspicion for each of them."""
        return [
            Suspicion(self.name, call.operation, (call.index - 3, 3, call.index), "changed")
            for call in history
            if call.probe is not None and call.probe.part == "after"
        ]

    def opportunities(self, history: History) -> Counter[str]:
        """Return none."""
        return Counter()


@dataclass
class _Confirmation:
    """Says of every suspicion that the same operation is to blame; of each its own without one."""

    cause: str
    besides: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    left_out: list[frozenset[str]] = field(default_factory=list)
    cheaply: list[bool] = field(default_factory=list)
    progress: Any = None
    likely_alone: bool = False
    pausing: bool = False

    def changed_without(
        self, acts: Collection[str], history: History, suspicion: Suspicion
    ) -> frozenset[str]:
        """Return what changes all the same."""
        self.left_out.append(frozenset(acts))
        return self.besides

    def confirm(
        self, history: History, suspicion: Suspicion, leaving_out: Collection[str] = ()
    ) -> Confirmed:
        """Confirm it."""
        self.asked.append(suspicion.operation)
        cause = suspicion.operation if leaving_out else self.cause or suspicion.operation
        script = Script((Step(1, BOB, cause, {}),))
        return Confirmed(script, suspicion, cause, BrokenRule.SCOPE, "", (3, 3), ())


def _history(key: int = 1) -> History:
    story = Writer()
    for part in ("before", "attack", "after"):
        probe = Probe("ownership", key, cast(Any, part), "alice")
        if part == "attack":
            story.call(BOB, _ACT, {}, ok({}), probe)
            continue
        for each in ("rest:GET /notes", "rest:GET /stats"):
            story.call(ALICE, each, {}, ok({}), probe)
    return story.history


def _review(confirmation: _Confirmation, oracle: Oracle | None = None) -> SuspicionReview:
    memory = Notes(leaks=False)
    executor = Executor({"mem": memory}, {e.name: e for e in memory.discover()}, memory)
    record = FindingsRecord(lambda _: None, 1_000)
    return SuspicionReview(
        record, executor, lambda: cast(Confirmation, confirmation), (oracle or _Oracle(),)
    )


def test_one_act_between_two_readings_is_replayed_once_whatever_shows_it() -> None:
    confirmation = _Confirmation(_ACT)
    review = _review(confirmation)
    assert review.follow_up(_history())
    assert confirmation.asked == ["rest:GET /notes"]
    assert [each.operation for each in review.record.findings] == [_ACT]


def test_readings_that_are_to_blame_themselves_are_each_replayed() -> None:
    confirmation = _Confirmation("")
    review = _review(confirmation)
    review.follow_up(_history())
    assert confirmation.asked == ["rest:GET /notes", "rest:GET /stats"]


def test_reading_that_changes_without_the_known_act_has_a_cause_of_its_own() -> None:
    confirmation = _Confirmation(_ACT, frozenset({"rest:GET /stats"}))
    review = _review(confirmation)
    review.follow_up(_history())
    assert confirmation.left_out == [{_ACT}]
    assert confirmation.asked == ["rest:GET /notes", "rest:GET /stats"]
    assert [each.operation for each in review.record.findings] == [_ACT, "rest:GET /stats"]


@pytest.mark.parametrize("besides", [frozenset[str](), frozenset({"rest:GET /notes"})])
def test_in_another_history_the_same_act_is_left_out_before_a_reading_is_replayed(
    besides: frozenset[str],
) -> None:
    confirmation = _Confirmation(_ACT, besides)
    review = _review(confirmation)
    review.follow_up(first := _history())
    review.record.findings.clear()
    confirmation.left_out.clear()
    assert review.follow_up(second := _history())
    # Once for both readings.
    assert confirmation.left_out == [{_ACT}]
    assert confirmation.asked == ["rest:GET /notes", *besides]
    assert first is not second


_LINK, _LINKED = "rest:POST /findings", "rest:GET /findings"


def _linked(*, foreign: int, number: int = 1, shown: str = _LINKED) -> History:
    """Return a history in which bob is shown so many of alice's words, twice each."""
    said = [f"note {marker('alice', 10 * number + place)}" for place in range(foreign)]
    story = Writer()
    for each in said:
        story.call(ALICE, "rest:POST /sites", {"text": each}, ok({}))
    for _ in range(2):
        story.call(BOB, shown, {}, ok(said))
    return story.history


def test_act_that_changed_what_a_newcomer_reads_explains_nothing_of_another_oracle() -> None:
    confirmation = _Confirmation(_ACT)
    review = _review(confirmation)
    history = _history(key=NEWCOMERS)
    review.follow_up(history)
    said = f"note {marker('alice', 1)}"
    story = Writer()
    story.history = history
    story.call(ALICE, "rest:POST /notes", {"text": said}, ok({}))
    story.call(BOB, "rest:GET /feed", {}, ok([said]))
    review.oracles = (Canary(),)
    confirmation.cause = ""
    confirmation.left_out.clear()
    review.follow_up(history)
    assert confirmation.left_out == []
    assert confirmation.asked == ["rest:GET /notes", "rest:GET /feed"]


@dataclass
class _Linked(_Confirmation):
    """Says of every suspicion that an earlier call is to blame."""

    def confirm(
        self, history: History, suspicion: Suspicion, leaving_out: Collection[str] = ()
    ) -> Confirmed:
        """Confirm it."""
        self.asked.append(suspicion.operation)
        self.cheaply.append(self.likely_alone)
        script = Script((Step(1, BOB, _LINK, {}),))
        return Confirmed(script, suspicion, _LINK, BrokenRule.OBJECT, "", (3, 3), ())


def test_value_that_an_earlier_call_let_cross_is_replayed_once_by_one_reading() -> None:
    confirmation = _Linked("")
    review = _review(confirmation, Canary())
    assert review.follow_up(_linked(foreign=1))
    # Once more where rows stay, in another example.
    assert not review.follow_up(_linked(foreign=1))
    assert confirmation.asked == [_LINKED]


def test_reading_that_shows_more_than_an_earlier_call_let_cross_is_replayed() -> None:
    confirmation = _Linked("")
    review = _review(confirmation, Canary())
    review.follow_up(_linked(foreign=1))
    assert review.follow_up(_linked(foreign=2))
    assert review.follow_up(_linked(foreign=1, number=2))
    assert confirmation.asked == [_LINKED] * 3


def test_value_that_is_known_to_cross_is_replayed_by_another_reading_with_few_calls() -> None:
    confirmation = _Linked("")
    review = _review(confirmation, Canary())
    review.follow_up(_linked(foreign=1))
    review.follow_up(_linked(foreign=1, shown="rest:GET /feed"))
    assert confirmation.asked == [_LINKED, "rest:GET /feed"]
    assert confirmation.cheaply == [False, True]


def test_replays_are_brief_where_the_campaigns_calls_need_the_time() -> None:
    confirmation = _Linked("")
    review = _review(confirmation, Canary())
    review.hurried = lambda: True
    review.follow_up(_linked(foreign=1))
    assert confirmation.cheaply == [True]
