"""The score's picture."""

from __future__ import annotations

import re

from crosstalk.campaign.mutant_outcome import MutantOutcome
from crosstalk.report.mutant_score.picture import score_picture


def _outcome(name: str, killed_by: str | None, calls: int, *, alive: bool = True) -> MutantOutcome:
    return MutantOutcome(name, "queries", alive, killed_by, "canary", calls, 1.0)


def test_says_how_many_were_found_and_escapes_what_it_names() -> None:
    drawn = score_picture([_outcome("a<b", "canary", 120), _outcome("other", None, 2_400)])
    assert "1 of 2 planted leaks found" in drawn
    assert "survived 2400" in drawn
    assert "a&lt;b" in drawn
    assert "a<b" not in drawn


def test_a_bar_is_longer_the_more_calls_were_needed() -> None:
    drawn = score_picture([_outcome("few", "canary", 20), _outcome("many", "canary", 900)])
    bars = [float(each) for each in re.findall(r'width="([\d.]+)" height="11"', drawn)]
    assert len(bars) == 2
    assert bars[0] < bars[1]


def test_a_leak_that_was_not_alive_is_neither_found_nor_a_survivor() -> None:
    drawn = score_picture([_outcome("dead", None, 0, alive=False)])
    assert "not alive" in drawn
    assert "0 of 1" in drawn
