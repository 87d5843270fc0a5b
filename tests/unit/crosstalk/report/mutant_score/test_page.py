"""The score as a page."""

from __future__ import annotations

from dataclasses import replace

from crosstalk.campaign.mutant_outcome import MutantOutcome
from crosstalk.report.mutant_score.page import score_page
from crosstalk.report.mutant_score.score import summary

_OUTCOMES = [
    MutantOutcome("found", "queries", True, "canary", "canary", 120, 3.0),
    MutantOutcome("other", "queries", True, "existence", "canary", 300, 5.0),
    MutantOutcome("lives", "agent", True, None, "canary", 4_000, 80.0),
    MutantOutcome("dead", "agent", False, None, "canary", 0, 0.0),
]


def test_it_says_what_became_of_each_and_of_each_class() -> None:
    page = score_page(_OUTCOMES, {**summary(_OUTCOMES), "calls": 4_000, "seed": 7})
    assert "2 of 4 killed, 3 alive; median 210.0 calls" in page
    assert "Killed by: canary 1, existence 1." in page
    assert "| queries | 2 of 2 | 2 | 300 |" in page
    assert "| agent | 1 of 2 | 0 | – |" in page
    assert "| lives | agent | **survived** | 4000 | 80.0 |" in page
    assert "| dead | agent | not alive | 0 | 0.0 |" in page


def test_it_says_each_seed_where_there_are_several() -> None:
    runs = [replace(each, seed=seed) for seed in (7, 8) for each in _OUTCOMES]
    page = score_page(runs, {**summary(runs), "calls": 4_000, "seed": 7})
    assert "2 of 4 killed" in page
    assert "found with each of 2 seeds" in page
    assert "- Seed 8: 2 of 4, " in page
    assert page.count("| lives |") == 1
