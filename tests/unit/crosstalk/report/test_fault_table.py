"""Table of faults: sums, medians, and faults after which the system did not serve again."""

from __future__ import annotations

from crosstalk.faults.schedule import Schedule
from crosstalk.faults.session import Injected, RoundResult, RunResult
from crosstalk.faults.workload import Findings
from crosstalk.report.fault_table import control_shown, fault_markdown, fault_rows, fault_summary

_INJECTED = [
    Injected("kill -9 mcp", 10, 1.0, 0.5),
    Injected("kill -9 mcp", 20, 3.0, 1.5),
    Injected("cut mcp", 5, 0.3, None),
]


def _round(**counts: int) -> RoundResult:
    counted = {"acknowledged": 0, "lost": 0, "duplicated": 0, "foreign": 0, **counts}
    return RoundResult(Schedule(1, ()), _INJECTED, counted, Findings(), 7)


def test_table_has_a_row_for_each_fault() -> None:
    assert fault_markdown(fault_rows(_INJECTED)).splitlines()[2:] == [
        "| cut mcp | 1 | 5 | 0.30 | 0.00 | not in time: 1 |",
        "| kill -9 mcp | 2 | 30 | 2.00 | 1.00 | 1.50 |",
    ]


def test_summary_sums_up_all_rounds() -> None:
    result = RunResult([_round(acknowledged=30), _round(acknowledged=12, lost=1)])
    summary = fault_summary(result, 5, None)
    assert summary["injections"] == 6
    assert (summary["acknowledged"], summary["lost"]) == (42, 1)
    assert summary["recovery_s"]["kill -9 mcp"] == {"median": 1.0, "max": 1.5}


def test_control_must_lose_and_duplicate() -> None:
    assert control_shown(_round(lost=1, duplicated=1))
    assert not control_shown(_round(lost=1))
    assert not control_shown(_round(duplicated=1))


def test_rounds_of_the_control_are_counted_as_one() -> None:
    joined = _round(duplicated=3, acknowledged=5).joined(_round(lost=2, acknowledged=4))
    assert control_shown(joined)
    assert joined.counts["acknowledged"] == 9
    assert len(joined.injected) == 2 * len(_INJECTED)
    assert joined.repeated == 14
