"""The page has the results, the killing findings, and the failed runs."""

from __future__ import annotations

from benchmarks.side_by_side.runner import ToolReport
from benchmarks.side_by_side.scoring import score_report
from benchmarks.side_by_side.selection import MUTANTS
from benchmarks.side_by_side.table import as_data, as_markdown
from benchmarks.side_by_side.tools import McpAuthlab, McpIdprobe, Tool
from crosstalk.targets.mutants import get_mutant, load_catalog


def test_selection_covers_every_class_of_the_catalog() -> None:
    catalog = load_catalog()
    assert set(MUTANTS) <= set(catalog)
    assert {catalog[each].kind for each in MUTANTS} == {each.kind for each in catalog.values()}


def test_comparison_page_has_a_row_for_each_mutant_and_a_column_for_each_tool() -> None:
    tools: list[Tool] = [McpAuthlab(), McpIdprobe()]
    mutants = [get_mutant("alg-none-accepted"), get_mutant("get-without-filter")]
    clean, unable = ToolReport((), 1.0, None, ("scan",)), ToolReport((), 1.0, "a | b", ("probe",))
    killing = ToolReport(("TOK-02 fail: a|b",), 1.0, None, ("scan",))
    baseline = {"mcp-authlab": [clean], "mcp-idprobe": [unable]}
    reports = {
        "mcp-authlab": {"alg-none-accepted": killing, "get-without-filter": clean},
        "mcp-idprobe": {"alg-none-accepted": unable, "get-without-filter": unable},
    }
    cells = {
        name: {mutant: score_report(report, baseline[name]) for mutant, report in rows.items()}
        for name, rows in reports.items()
    }
    first = {name: rows["alg-none-accepted"] for name, rows in reports.items()}
    data = as_data(tools, mutants, cells, baseline, first)
    lines = as_markdown(data).splitlines()
    assert "| alg-none-accepted | identity | **killed** | – |" in lines
    assert "| get-without-filter | queries | · | – |" in lines
    assert "| **killed** | | 1 of 2 | 0 of 0 |" in lines
    assert "| alg-none-accepted | mcp-authlab | TOK-02 fail: a\\|b |" in lines
    assert "- mcp-idprobe: a | b (2 mutants)" in lines
