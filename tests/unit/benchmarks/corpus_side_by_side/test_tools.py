"""Reports of the tools, read; and the lines that are written for them, counted."""

from __future__ import annotations

import pytest

from benchmarks.corpus_side_by_side.tools import authztrace, overstep, schemathesis
from benchmarks.corpus_side_by_side.tools.base import NoReportError, Written, count
from benchmarks.proving_ground.matching import Finding

_OPERATIONS = ("GET /notes/{id}", "DELETE /notes/{id}")


def result(outcome: str, category: str) -> dict[str, object]:
    """Build an entry of authztrace's report."""
    return {
        "outcome": outcome,
        "category": category,
        "note": f"{category}: bob",
        "request": {"method": "GET", "path": "/notes/7"},
    }


def test_overstep_names_the_operation_of_the_request() -> None:
    entry = {"method": "DELETE", "path": "/notes/7", "vuln_class": "BOLA", "detail": "bob"}
    report = {"findings": [entry, {**entry, "vuln_class": "unexpected-deny"}]}
    assert overstep.read_report(report, _OPERATIONS) == [
        Finding("DELETE /notes/{id}", "BOLA", "bob")
    ]


def test_refusal_of_what_is_allowed_is_a_finding_to_who_knows_the_leaks() -> None:
    entry = {"method": "DELETE", "path": "/notes/7", "vuln_class": "unexpected-deny", "detail": ""}
    found = overstep.read_report({"findings": [entry]}, _OPERATIONS, denials=True)
    assert [each.oracle for each in found] == ["unexpected-deny"]


def test_authztrace_fails_are_findings_and_warnings_are_not() -> None:
    report = {"results": [result("pass", "ok"), result("warn", "x"), result("fail", "bola")]}
    assert authztrace.read_report(report, _OPERATIONS) == [
        Finding("GET /notes/{id}", "bola", "bola: bob")
    ]


def test_authztrace_that_could_not_set_itself_up_has_no_report() -> None:
    with pytest.raises(NoReportError, match="setup: bob"):
        authztrace.read_report({"results": [result("error", "setup")]}, _OPERATIONS)


def test_schemathesis_gives_a_finding_for_each_operation_of_a_failure() -> None:
    failure = {"title": "Object-level authorization bypass", "operations": list(_OPERATIONS)}
    report = {"test_cases": {"generated": 5}, "failures": [failure]}
    found = schemathesis.read_report(report)
    assert [each.operation for each in found] == list(_OPERATIONS)


def test_schemathesis_that_sent_nothing_has_no_report() -> None:
    with pytest.raises(NoReportError):
        schemathesis.read_report({"test_cases": {"generated": 0}, "failures": []})


def test_blank_lines_and_comments_are_not_counted() -> None:
    assert count(["a: 1\n\n# why\n  b: 2\n", '"""Why."""\nx = 1\n']) == Written(3, 13)
