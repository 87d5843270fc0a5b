"""A campaign against a small system in memory: what it comes to, and when it may acquit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from crosstalk.campaign.events import Event
from crosstalk.campaign.merge import merged
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.runner import Campaign, CampaignOptions
from crosstalk.core.script import Script
from crosstalk.core.verdict import Control, Inconclusive, InconclusiveKind
from crosstalk.oracles import Suspicion
from crosstalk.phases.base import Outcome, Turn
from crosstalk.phases.concurrency import ConcurrencyPhase, phase
from crosstalk.targets.base import Target, discovered
from tests.unit.crosstalk.phases.concurrency.test_phase import Notes

_SUSPICION = Inconclusive(
    InconclusiveKind.UNCONFIRMED, "list", "bob received 'x' (not seen again in 8 attempts)"
)


@dataclass
class _Suspicious:
    """A phase with one suspicion that did not show again."""

    name: str = "tides"
    share: float = 0.0
    least: int = 10

    def obstacle(self, target: Target) -> str | None:
        return None

    def play(self, turn: Turn) -> Outcome:
        controls = {"list": Control(oracles={self.name: 1})}
        return Outcome(controls=controls, inconclusive=[_SUSPICION])

    def reproduces(self, turn: Turn, script: Script) -> Suspicion | None:
        return None


def _campaign(*phases: _Suspicious, seed: int = 1) -> CampaignResult:
    notes = Notes(leaks=False)
    inapplicable = dict.fromkeys(("existence", "identity"), "there are no ids and no tokens")

    def reset() -> None:
        notes.rows.clear()

    surfaces = {"mem": notes}
    target = Target(surfaces, notes, discovered(surfaces), reset=reset, not_applicable=inapplicable)
    options = CampaignOptions(calls=120, seconds=30.0, seed=seed)
    return Campaign(target, options, _quiet, phases=phases).run()


def test_a_sound_system_is_clean() -> None:
    result = _campaign()
    assert (result.verdict, result.inconclusive) == ("clean", [])


def test_a_phases_suspicion_that_does_not_replay_is_inconclusive_in_one_run_and_merged() -> None:
    one = _campaign(_Suspicious())
    assert (one.verdict, one.inconclusive) == ("inconclusive", [_SUSPICION])
    assert merged([one, _campaign(seed=2)]).verdict == "inconclusive"
    assert one.summary()["inconclusive"] == [
        {
            "kind": "unconfirmed",
            "where": "list",
            "text": "bob received 'x' (not seen again in 8 attempts)",
        }
    ]


def test_a_parallel_run_that_shows_something_once_is_unconfirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.unit.crosstalk.phases.concurrency.test_phase import _turn

    monkeypatch.setattr(phase, "shrunk", lambda turn, script, seconds: None)
    outcome = ConcurrencyPhase().play(_turn(Notes(leaks=True)))
    assert {each.kind for each in outcome.inconclusive} == {InconclusiveKind.UNCONFIRMED}


def _quiet(event: Event) -> None:
    """No report is wanted."""
