"""Tables at any width: no word is broken, and no column is lost."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from crosstalk.report.tables import columns, fitted, print_table

HEADS = columns(
    "operation", "what it is", numbers=("calls", "ownership", "existence", "concurrency", "layer")
)
ROWS = [
    ("rest:GET /api/{user_id}/tasks/{task_id}", "one task of a user", "12", "3", "0", "7", "0"),
    ("mcp:list_tasks", "all tasks\nin pages", "1200", "30", "5", "70", "2"),
]


def printed(width: int, **how: object) -> str:
    """Print the table at a width."""
    out = io.StringIO()
    console = Console(file=out, width=width, **how)  # type: ignore[arg-type]
    print_table(console, "Controls", HEADS, ROWS)
    return re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 150, 200])
def test_table_has_every_word_whole_and_every_column(width: int) -> None:
    text = printed(width)
    words = {word for row in ROWS for cell in row for word in cell.split()}
    words |= {word for head in HEADS[1:] for word in head.name.split()}
    assert words <= set(re.findall(r"[^\s│┃,;]+(?<!:)", text))
    assert "…" not in text


@pytest.mark.parametrize("width", [80, 200])
def test_lines_are_no_longer_than_the_terminal_is_wide(width: int) -> None:
    assert max(map(len, printed(width).splitlines())) <= width


def test_wide_terminal_has_a_table_in_colour() -> None:
    text = printed(200, force_terminal=True, color_system="truecolor")
    (row,) = (line for line in text.splitlines() if "mcp:list_tasks" in line)
    assert re.findall(r"\d+", row) == ["1200", "30", "5", "70", "2"]


def test_narrow_terminal_names_each_figure() -> None:
    text = printed(60)
    assert "calls 1200, ownership 30, existence 5" in text
    assert "what it is: all tasks; in pages" in text


def test_room_that_is_left_goes_to_the_columns_that_want_it() -> None:
    rows = [["aa bb cc", "x"]]
    assert fitted(["n", "m"], rows, 15) == [7, 1]
    assert fitted(["n", "m"], rows, 9) is None


def test_hostile_cells_reach_no_terminal() -> None:
    out = io.StringIO()
    print_table(Console(file=out, width=80), "", columns("a", "b"), [("\x1b[2J", "[red]x")])
    assert "\x1b" not in out.getvalue()
    assert "[red]x" in out.getvalue()
