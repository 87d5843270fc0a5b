"""The terminal that people read."""

from __future__ import annotations

import os
import sys
import textwrap

from rich.console import Console

from crosstalk.report.text import printable

# Where the output is a file or a pipe, and nothing says how wide its reader is.
_WIDTH = 150


def make_console(*, errors: bool = False) -> Console:
    """Return a console as wide as the terminal, or as `COLUMNS` says where there is none.

    Args:
        errors: Print on standard error, because a program reads standard output.
    """
    width = None if _width_is_known() else _WIDTH
    return Console(width=width, highlight=False, stderr=errors)


def print_sentence(console: Console, text: str, style: str | None = None) -> None:
    """Print a sentence; where a person reads it at a known width, it is broken between words."""
    lines = [printable(text)]
    if console.is_terminal or _width_is_known():
        lines = textwrap.wrap(
            lines[0], max(20, console.width), break_long_words=False, break_on_hyphens=False
        )
    for line in lines:
        console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


def _width_is_known() -> bool:
    said = os.environ.get("COLUMNS", "")
    return sys.stdout.isatty() or (said.isdigit() and int(said) > 0)
