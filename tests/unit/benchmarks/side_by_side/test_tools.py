"""Adapters read each tool's report as the tool writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.side_by_side.tools import (
    AgentSecurityHarness,
    Corvus,
    Crosstalk,
    FinishedCommand,
    McpAuthlab,
    McpFuzzer,
    McpIdprobe,
    Schemathesis,
    UnreadableReportError,
    all_tools,
)
from tests.unit.benchmarks.side_by_side.systems import SYSTEM


def _left(folder: Path, name: str, report: Any) -> FinishedCommand:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report))
    return FinishedCommand(folder, 0, "")


def test_every_tool_gets_a_credential_that_it_can_send() -> None:
    for tool in all_tools():
        said = json.dumps(
            [[*each.arguments, *each.files.values()] for each in tool.commands(SYSTEM)]
        )
        if isinstance(tool, Crosstalk):
            assert "--mutant" in said
        elif isinstance(tool, McpIdprobe):
            assert SYSTEM.relayed_mcp_url in said
        else:
            assert "token-a-" in said
        if isinstance(tool, Schemathesis | AgentSecurityHarness):
            assert "token-b-" in said


def test_schemathesis_findings_come_from_both_runs(tmp_path: Path) -> None:
    def report(*operations: str) -> dict[str, Any]:
        failures = [{"title": "Unauthorized access", "operations": list(operations)}]
        return {"test_cases": {"generated": 9}, "failures": failures if operations else []}

    finished = [
        _left(tmp_path / "1", "report.json", report()),
        _left(tmp_path / "2", "report.json", report("GET /a", "GET /b")),
    ]
    assert Schemathesis().findings(finished) == {
        "Unauthorized access: GET /a",
        "Unauthorized access: GET /b",
    }


def test_schemathesis_report_without_test_cases_is_unreadable(tmp_path: Path) -> None:
    empty = {"test_cases": {"generated": 0}, "failures": []}
    with pytest.raises(UnreadableReportError, match="no test case"):
        Schemathesis().findings([_left(tmp_path, "report.json", empty)])


def test_mcp_fuzzer_findings_of_one_kind_are_one(tmp_path: Path) -> None:
    finding = {"category": "accepted_malformed", "target": "PingRequest", "detail": "accepted"}
    report = {"findings": [{**finding, "run": 1}, {**finding, "run": 2}]}
    finished = _left(tmp_path, "reports/findings.json", report)
    assert McpFuzzer().findings([finished]) == {"accepted_malformed: PingRequest: accepted"}


def test_mcp_authlab_failures_and_warnings_count_and_skipped_checks_do_not(tmp_path: Path) -> None:
    results = [
        {"id": "TOK-02", "status": "fail", "title": "unsigned token is refused"},
        {"id": "CHAL-03", "status": "warn", "title": "challenge names scopes"},
        {"id": "SESS-01", "status": "skip", "title": "session alone"},
        {"id": "TOK-01", "status": "pass", "title": "malformed token"},
    ]
    finished = _left(tmp_path, "report.json", {"results": results})
    assert McpAuthlab().findings([finished]) == {
        "TOK-02 fail: unsigned token is refused",
        "CHAL-03 warn: challenge names scopes",
    }


def test_agent_security_harness_names_pairs_and_ignores_inconclusive_results(
    tmp_path: Path,
) -> None:
    def result(test: str, passed: bool, details: str) -> dict[str, Any]:
        return {"test_id": test, "name": "test", "passed": passed, "details": details}

    first = [
        result("MCP-RC-006", True, "rejected"),
        result("MCP-007", False, "INCONCLUSIVE - no such capability"),
        result("MCP-018", False, "not rejected"),
    ]
    second = [result("MCP-RC-006", False, "accepted a handle")]
    finished = [
        _left(tmp_path / str(number), "report.json", {"results": results})
        for number, results in enumerate((first, second))
    ]
    assert AgentSecurityHarness().findings(finished) == {
        "MCP-018: test",
        "MCP-RC-006 (pair 2): test",
    }


def test_corvus_findings_are_named_by_title_tool_and_parameter(tmp_path: Path) -> None:
    report = {
        "surface": {"tools": [{"name": "add"}]},
        "findings": [{"title": "injection", "tool_name": "add", "parameter": None}],
    }
    assert Corvus().findings([_left(tmp_path, "session/report.json", report)]) == {
        "injection / add"
    }
    report["surface"] = {"tools": []}
    with pytest.raises(UnreadableReportError, match="no tool"):
        Corvus().findings([_left(tmp_path, "session/report.json", report)])


def _probe(folder: Path, verdict: str, delivered: list[str]) -> FinishedCommand:
    probe = {"verdict": verdict, "evidence": {"correctly_delivered": delivered}}
    return _left(folder, "evidence/evidence.json", {"probe": probe})


def test_mcp_idprobe_counts_only_when_an_answer_could_be_attributed(tmp_path: Path) -> None:
    assert McpIdprobe().findings([_probe(tmp_path, "PASS", ["text"])]) == set()
    assert McpIdprobe().findings([_probe(tmp_path, "VULNERABLE", [])])
    with pytest.raises(UnreadableReportError, match="attributed"):
        McpIdprobe().findings([_probe(tmp_path, "PASS", [])])


def test_crosstalk_findings_are_named_by_oracle_and_operation(tmp_path: Path) -> None:
    summary = {"findings": [{"oracle": "canary", "tool": "mcp:get_task"}]}
    name = ".crosstalk/runs/isolation-get-without-filter/latest/summary.json"
    assert Crosstalk().findings([_left(tmp_path, name, summary)]) == {"canary: mcp:get_task"}


@pytest.mark.parametrize("tool", all_tools(), ids=lambda tool: str(tool.name))
def test_tool_without_a_report_is_not_read_as_clean(tmp_path: Path, tool: Any) -> None:
    with pytest.raises(UnreadableReportError):
        tool.findings([FinishedCommand(tmp_path, 0, "")])
