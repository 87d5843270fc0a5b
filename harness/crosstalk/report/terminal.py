"""The terminal that people read."""

from __future__ import annotations

import sys

from rich.console import Console


def make_console() -> Console:
    """A console that keeps table columns whole where the output is not a terminal."""
    return Console(width=None if sys.stdout.isatty() else 150, highlight=False)
