"""The page says who kills what, by what, and what could not be run."""

from __future__ import annotations

from benchmarks.side_by_side.runner import Reading
from benchmarks.side_by_side.scoring import compare
from benchmarks.side_by_side.selection import MUTANTS
from benchmarks.side_by_side.table import as_data, as_markdown
from benchmarks.side_by_side.tools import McpAuthlab, McpIdprobe, Tool
from crosstalk.targets.mutants import get_mutant, load_catalog


def test_every_chosen_mutant_is_in_the_catalog_and_every_class_is_there() -> None:
    catalog = load_catalog()
    assert set(MUTANTS) <= set(catalog)
    assert {catalog[each].kind for each in MUTANTS} == {each.kind for each in catalog.values()}


def test_the_page_has_a_row_a_mutant_and_a_column_a_tool() -> None:
    tools: list[Tool] = [McpAuthlab(), McpIdprobe()]
    mutants = [get_mutant("alg-none-accepted"), get_mutant("get-without-filter")]
    clean, unable = Reading((), 1.0, None, ("scan",)), Reading((), 1.0, "a | b", ("probe",))
    killing = Reading(("TOK-02 fail: a|b",), 1.0, None, ("scan",))
    baseline = {"mcp-authlab": [clean], "mcp-idprobe": [unable]}
    readings = {
        "mcp-authlab": {"alg-none-accepted": killing, "get-without-filter": clean},
        "mcp-idprobe": {"alg-none-accepted": unable, "get-without-filter": unable},
    }
    cells = {
        name: {mutant: compare(reading, baseline[name]) for mutant, reading in rows.items()}
        for name, rows in readings.items()
    }
    first = {name: rows["alg-none-accepted"] for name, rows in readings.items()}
    data = as_data(tools, mutants, cells, baseline, first)
    lines = as_markdown(data).splitlines()
    assert "| alg-none-accepted | identity | **killed** | – |" in lines
    assert "| get-without-filter | queries | · | – |" in lines
    assert "| **killed** | | 1 of 2 | 0 of 0 |" in lines
    assert "| alg-none-accepted | mcp-authlab | TOK-02 fail: a\\|b |" in lines
    assert "- mcp-idprobe: a | b (2 mutants)" in lines
