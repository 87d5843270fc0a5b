"""Tables that stay legible: at any width no word is broken, and no column is lost.

Where a terminal is too narrow for a table, each row becomes a short paragraph: its name, and below
it every other cell with the name of its column.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crosstalk.report.text import printable

# What a box adds on both sides of a column, and once at the end.
_PADDING, _EDGE = 3, 1
# A cell that shares its line with others, where a row is a paragraph.
_SHORT = 24


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: Its heading.
        number: Whether it holds figures, which stand to the right.
    """

    name: str
    number: bool = False


def columns(*names: str, numbers: Sequence[str] = ()) -> list[Column]:
    """Return columns of text, and after them columns of figures."""
    return [*(Column(each) for each in names), *(Column(each, number=True) for each in numbers)]


def print_table(
    console: Console,
    title: str,
    heads: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    styles: Sequence[str] = (),
) -> None:
    """Print a table, or paragraphs where it does not fit.

    Args:
        console: Where to print; its width counts.
        title: Above it; empty for none.
        heads: The columns; the first one names its row.
        rows: Their cells, a text of one or more lines each.
        styles: Style of each row; of none where it is left out.
    """
    cells = [[_printable(each) for each in row] for row in rows]
    widths = fitted([each.name for each in heads], cells, console.width)
    if widths is None:
        _print_paragraphs(console, title, heads, cells, styles)
        return
    table = Table(title=title or None, title_justify="left")
    for head, width in zip(heads, widths, strict=True):
        table.add_column(head.name, justify="right" if head.number else "left", width=width)
    for number, row in enumerate(cells):
        style = styles[number] if number < len(styles) else ""
        table.add_row(*(Text(each) for each in row), style=style)
    console.print(table)


def fitted(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """Return the width of each column, wide enough for its longest word; None without room.

    Args:
        names: Headings.
        rows: Cells.
        width: Of the terminal.
    """
    least, most = [], []
    for place, name in enumerate(names):
        texts = [name, *(row[place] for row in rows)]
        least.append(max((len(word) for text in texts for word in text.split()), default=1))
        most.append(max((len(line) for text in texts for line in text.split("\n")), default=1))
    spare = width - sum(least) - _PADDING * len(names) - _EDGE
    if spare < 0:
        return None
    # The room that is left goes to the columns that want it, a little to each in turn.
    found = list(least)
    while spare > 0 and (wanting := [i for i, each in enumerate(found) if each < most[i]]):
        for place in wanting[:spare]:
            found[place] += 1
        spare -= len(wanting[:spare])
    return found


def _print_paragraphs(
    console: Console,
    title: str,
    heads: Sequence[Column],
    rows: Sequence[Sequence[str]],
    styles: Sequence[str],
) -> None:
    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    if title:
        for line in _wrapped(title, console.width):
            say(line, "italic")
    for number, (name, *others) in enumerate(rows):
        style = styles[number] if number < len(styles) else ""
        say(name, style or "bold")
        said = [
            f"{head.name} {_in_a_line(cell)}" if head.number else f"{head.name}: {_in_a_line(cell)}"
            for head, cell in zip(heads[1:], others, strict=True)
        ]
        for text in _together(said):
            for line in _wrapped(text, console.width - 2):
                say(f"  {line}", style)


def _together(said: Sequence[str]) -> list[str]:
    """Put what is short into one line; a longer text has a line of its own."""
    lines: list[str] = []
    open_line = False
    for each in said:
        short = len(each) <= _SHORT
        if short and open_line:
            lines[-1] += f", {each}"
        else:
            lines.append(each)
        open_line = short
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(20, width), break_long_words=False, break_on_hyphens=False)


def _in_a_line(cell: str) -> str:
    return "; ".join(cell.split("\n"))


def _printable(cell: str) -> str:
    """Lines without anything that a terminal would not print."""
    return "\n".join(printable(line) for line in cell.split("\n"))
