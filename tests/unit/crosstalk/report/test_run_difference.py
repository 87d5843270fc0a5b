"""Difference of two runs: what is gone was looked for, and lost coverage is a difference."""

from __future__ import annotations

from typing import Any

from crosstalk.core.exit_codes import ExitCode
from crosstalk.report.run_difference import difference


def finding(name: str, tool: str = "mcp:get") -> dict[str, Any]:
    return {"fingerprint": name, "oracle": "canary", "tool": tool, "summary": name}


def run(*findings: dict[str, Any], **operations: int) -> dict[str, Any]:
    return {
        "findings": list(findings),
        "controls": {
            f"mcp:{name}": {"calls": 3, "answered": count, "oracles": {"canary": count}}
            for name, count in operations.items()
        },
        "coverage": {f"mcp:{name}": {"id": count} for name, count in operations.items()},
    }


def test_a_finding_that_appeared_is_1() -> None:
    found = difference(run(get=2), run(finding("a"), get=2))
    assert [each["fingerprint"] for each in found.appeared] == ["a"]
    assert found.exit_code() is ExitCode.FINDING


def test_a_finding_that_is_gone_is_0() -> None:
    found = difference(run(finding("a"), get=2), run(get=1))
    assert [each["fingerprint"] for each in found.gone] == ["a"]
    assert found.exit_code() is ExitCode.CLEAN


def test_a_finding_that_was_not_looked_for_is_not_gone() -> None:
    found = difference(run(finding("a"), get=2), run(get=0))
    assert not found.gone
    assert [each["fingerprint"] for each in found.not_looked_for] == ["a"]
    assert found.exit_code() is ExitCode.INCONCLUSIVE


def test_an_operation_that_is_no_longer_served_is_named_once_and_is_3() -> None:
    found = difference(run(get=2, add=2), run(get=2, add=0))
    assert found.lost == ("mcp:add",)
    assert found.exit_code() is ExitCode.INCONCLUSIVE
    assert difference(run(get=2), run(get=2, add=1)).gained == ("mcp:add",)


def test_a_check_that_no_longer_has_an_opportunity_is_named() -> None:
    newer = run(get=2)
    newer["controls"]["mcp:get"]["oracles"] = {}
    newer["coverage"]["mcp:get"]["id"] = 0
    found = difference(run(get=2), newer)
    assert found.lost == ("mcp:get: another user's id in id", "mcp:get: oracle canary")


def test_two_equal_runs_have_no_difference() -> None:
    found = difference(run(finding("a"), get=2), run(finding("a"), get=1))
    assert found.to_json() == {
        "exit_code": 0,
        "appeared": [],
        "gone": [],
        "not_looked_for": [],
        "stayed": [{**finding("a"), "severity": None, "replay": None}],
        "no_longer_reached": [],
        "newly_reached": [],
    }
