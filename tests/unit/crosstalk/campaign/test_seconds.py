"""The seconds of a campaign: no call begins after them, and nothing suspected is dropped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crosstalk.campaign.events import Event, Shortened, Suspected
from crosstalk.campaign.options import ALL_FINDINGS, CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign
from crosstalk.core.history import Answer
from crosstalk.core.principals import ALL_PRINCIPALS
from crosstalk.core.verdict import InconclusiveKind
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.histories import ok
from tests.unit.crosstalk.phases.concurrency.test_phase import Notes

_A_CALL = 0.2


class _Slow(Notes):
    """Takes the same time for each call, by a clock of its own; may show the notes of all users."""

    def __init__(self, clock: list[float], shows_all: bool) -> None:
        super().__init__(leaks=False)
        self.clock = clock
        self.shows_all = shows_all
        self.begun: list[float] = []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Answer as notes do, later."""
        began = self.clock[0]
        self.begun.append(began)
        answer = super().call(operation, arguments, presented)
        if self.shows_all and operation.name == "list":
            answer = ok({"items": [{"title": text} for _, text in list(self.rows)]})
        with self.lock:
            self.clock[0] = max(self.clock[0], began + _A_CALL)
        return answer


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only calls move on."""
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def _run(
    clock: list[float], seconds: float, calls: int = 100_000, *, leak: bool = False
) -> tuple[CampaignResult, _Slow, list[Event]]:
    notes = _Slow(clock, leak)
    surfaces = {"mem": notes}
    target = Target(
        surfaces,
        notes,
        discovered(surfaces),
        reset=notes.rows.clear,
        not_applicable=dict.fromkeys(("existence", "identity"), "there are no ids and no tokens"),
        principals=replace(ALL_PRINCIPALS, strangers=()),
    )
    options = CampaignOptions(calls, seconds, seed=3, findings=ALL_FINDINGS)
    events: list[Event] = []
    return Campaign(target, options, events.append).run(), notes, events


@pytest.mark.parametrize("leak", [False, True])
@pytest.mark.parametrize("seconds", [3.0, 10.0, 30.0])
def test_no_call_begins_after_the_seconds(clock: list[float], seconds: float, leak: bool) -> None:
    began = clock[0]
    result, notes, _ = _run(clock, seconds, leak=leak)
    assert max(notes.begun) - began < seconds
    assert result.seconds <= seconds + _A_CALL
    if leak and seconds > 10.0:
        assert result.verdict == "leak"
        assert result.replay_calls > 0


def test_a_suspicion_that_could_not_be_replayed_in_time_is_open(clock: list[float]) -> None:
    for seconds in (2.0, 2.6, 3.2, 3.8):
        result, _, events = _run(clock, seconds, leak=True)
        suspected = any(isinstance(each, Suspected) for each in events)
        kinds = {each.kind for each in result.inconclusive}
        assert result.findings or InconclusiveKind.UNCONFIRMED in kinds or not suspected
        assert result.verdict != "clean"


def test_the_calls_bound_search_and_phases_and_replays_are_counted_apart(
    clock: list[float],
) -> None:
    for calls in (300, 700):
        result, _, events = _run(clock, 10_000.0, calls, leak=True)
        assert calls * 0.9 <= result.calls <= calls * 1.1
        assert result.replay_calls > 0
        assert any(isinstance(each, Shortened) for each in events)
