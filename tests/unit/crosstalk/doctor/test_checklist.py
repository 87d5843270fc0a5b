"""The checklist, its page and the doctor's checks agree."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import crosstalk.doctor
from crosstalk.cli.app import app
from crosstalk.doctor import CheckResult, Status
from crosstalk.doctor.checklist import CHECKLIST, page, walk
from tests.repository import ROOT
from tests.unit.crosstalk.doctor.deployment import deployed

_PAGE = ROOT / "docs" / "deploy" / "checklist.md"


def checks_of_the_code() -> set[str]:
    """The names that doctor's code gives to its checks: second argument of the report's methods."""
    found = set()
    for path in Path(crosstalk.doctor.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("ok", "skip", "warn", "fail")
                and len(node.args) > 2
                and isinstance(node.args[1], ast.Constant)
            ):
                found.add(str(node.args[1].value))
    return found


def test_checklist_page_is_generated_from_the_list() -> None:
    assert _PAGE.read_text(encoding="utf-8").endswith("\n\n" + page())


def test_checklist_item_names_existing_checks_or_asks() -> None:
    items = [item for items in CHECKLIST.values() for item in items]
    named = [check for item in items for check in item.checks]
    assert len(set(named)) == len(named)
    assert checks_of_the_code() <= set(named)
    assert all(bool(item.checks) != bool(item.ask) for item in items)


def test_checklist_item_has_the_worst_status_of_its_checks() -> None:
    results = [
        CheckResult("a", "tls", Status.OK, ""),
        CheckResult("b", "tls", Status.WARN, ""),
        CheckResult("a", "reachable", Status.OK, ""),
    ]
    found = {item.title: status for _, item, status in walk(results)}
    assert found["Every tier answers over valid TLS"] is Status.WARN
    assert found["Clocks agree within a token's leeway"] is Status.SKIP
    assert found["A backup was restored once"] is None


def test_doctor_prints_the_checklist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with deployed() as system:
        done = CliRunner().invoke(app, ["doctor", "--checklist", system.url, system.mcp_url])
    assert done.exit_code == 0, done.output
    assert "  ok   Figures are not public" in done.output
    assert "  ask  A backup was restored once\n       look: into another" in done.output
    summary = json.loads((tmp_path / ".crosstalk/runs/doctor/latest/summary.json").read_text())
    assert len(summary["checklist"]) == sum(map(len, CHECKLIST.values()))
