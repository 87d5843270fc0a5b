"""The published figures, and the part of the page that is made from them."""

from __future__ import annotations

import json

import pytest

from benchmarks.publication import (
    DATA,
    DOCS,
    PAGE,
    SCORE,
    merged,
    section,
    with_load,
    with_section,
)
from crosstalk.core.errors import HarnessError

FIGURE = {
    "what": "one against another",
    "unit": "calls/s",
    "ours": 90.0,
    "anchor": 100.0,
    "ratio": 0.9,
    "middle": [0.8, 0.95],
    "steady": False,
    "goal": "≥ 0.6",
    "verdict": "met",
}
MACHINE = {"date": "2026-11-28 12:00 UTC", "load": "1.0 2.0 3.0", "python": "3.11.7"}


def test_published_page_is_what_its_data_gives() -> None:
    data, score = (json.loads((DOCS / name).read_text(encoding="utf-8")) for name in (DATA, SCORE))
    page = (DOCS / PAGE).read_text(encoding="utf-8")
    assert with_section(page, section(data, score)) == page


def test_a_run_replaces_its_own_figures_alone() -> None:
    before = {"figures": {"a": {"ratio": 1}, "b": {"ratio": 2}}}
    after = merged(before, {"ratios": {"b": FIGURE}, "machine": MACHINE})
    assert after["figures"]["a"] == {"ratio": 1}
    assert after["figures"]["b"]["machine"] == MACHINE


@pytest.mark.parametrize(
    ("goal", "worst", "others"),
    [("≥ 0.6", 0.7, [0.9, 0.8]), ("≤ 3", 0.9, [0.7, 0.8]), (None, 0.8, [0.9, 0.7])],
)
def test_of_several_runs_the_worst_is_published_and_the_others_stand_beside_it(
    goal: str | None, worst: float, others: list[float]
) -> None:
    runs = [
        {"ratios": {"a": {**FIGURE, "ratio": ratio, "goal": goal}}, "machine": MACHINE}
        for ratio in (0.9, 0.7, 0.8)
    ]
    data = merged({}, *runs)
    assert (data["figures"]["a"]["ratio"], data["figures"]["a"]["others"]) == (worst, others)
    said = ", ".join(map(str, others))
    assert f"| {worst} | 0.8 to 0.95, unsteady | {said} |" in section(data, {"mutants": []})


def test_a_figure_says_when_and_on_which_machine_it_was_measured() -> None:
    data = merged({}, {"ratios": {"a": FIGURE}, "machine": MACHINE})
    data = with_load(
        data, {"topologies": [{"name": "held", "predicted": 15, "observed": None}]}, "2026-11-28"
    )
    mutants = [{"killed_by": "canary", "calls": 7, "seconds": 1.5}]
    made = section(data, {"mutants": mutants})
    assert "| `a` | 90.0 | 100.0 | calls/s | 0.9 | 0.8 to 0.95, unsteady |  | ≥ 0.6, met |" in made
    assert "2026-11-28 12:00 UTC, 1.0 |" in made
    assert "On: python 3.11.7." in made
    assert "7 calls and 1.5 s at the median" in made
    assert "| `held` | 15 | never |" in made


@pytest.mark.parametrize("run", [{}, {"ratios": {"a": {}}, "machine": {}}])
def test_a_summary_of_another_kind_is_refused(run: dict[str, object]) -> None:
    with pytest.raises(HarnessError, match="not the summary"):
        merged({}, run)
    with pytest.raises(HarnessError, match="not the summary"):
        with_load({}, run, "")
