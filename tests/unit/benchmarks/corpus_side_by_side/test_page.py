"""Page of the comparison."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.corpus_side_by_side.page import lines
from benchmarks.corpus_side_by_side.scoring import Score
from benchmarks.corpus_side_by_side.tools import INFORMED, Written
from benchmarks.marked_part import replace_part

_TOOLS = {
    "one": {"version": "1.0", "given": "a matrix"},
    "other": {"version": "2.0", "given": "a document"},
}


def scored(tool: str, found: tuple[str, ...], missed: tuple[str, ...], *false: str) -> Score:
    """Build a score on the server `notes`."""
    return Score("notes", tool, Written(7, 500), found, missed, false, 3.4, None, "then")


def test_page_has_cells_sums_finders_and_alarms() -> None:
    page = "\n".join(
        lines(
            [scored("one", ("a",), ("b",), "BOLA at DELETE /x"), scored("other", (), ("a", "b"))],
            _TOOLS,
        )
    )
    assert "Measured then." in page
    assert "| notes | 1/2, 1 false, 7 lines, 3 s | 0/2, 0 false, 7 lines, 3 s |" in page
    assert "| **all** | **1/2**, 1 false, 7 lines (0.5 kB), 3 s |" in page
    assert "| notes | a | one |" in page
    assert "Found by none: notes b." in page
    assert "- one, notes: BOLA at DELETE /x" in page


def test_server_that_a_tool_was_not_run_on_is_told() -> None:
    elsewhere = replace(scored("one", ("a",), ()), server="tasks")
    page = "\n".join(
        lines([scored("one", ("a",), ()), scored("other", (), ("a",)), elsewhere], _TOOLS)
    )
    assert "| tasks | 1/1, 0 false, 7 lines, 3 s | not run |" in page
    assert "**0/1** on 1 of 2, 0 false" in page


def test_informed_matrix_is_a_sentence_and_no_column() -> None:
    scores = [scored("overstep", ("a",), ("b", "c")), scored(INFORMED, ("a", "b"), ("c",))]
    about = {"overstep": _TOOLS["one"], INFORMED: _TOOLS["other"]}
    page = "\n".join(lines(scores, about))
    assert "| server | overstep |" in page
    assert "let overstep find 1 more (0 false): notes b." in page


def test_part_of_a_page_is_replaced_and_the_rest_kept(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- t: begin -->\nold\n<!-- t: end -->\nafter\n")
    replace_part(page, "t", ["new", "lines"])
    assert page.read_text() == "before\n<!-- t: begin -->\nnew\nlines\n<!-- t: end -->\nafter\n"


def test_page_without_the_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before <!-- t: begin -->\n")
    with pytest.raises(ValueError, match="t: end"):
        replace_part(page, "t", [])
