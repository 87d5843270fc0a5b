"""The tools, each with what a person writes for it and how its report reads."""

from __future__ import annotations

from benchmarks.corpus_side_by_side.tools.authztrace import Authztrace
from benchmarks.corpus_side_by_side.tools.base import Tool, Written
from benchmarks.corpus_side_by_side.tools.crosstalk import Crosstalk
from benchmarks.corpus_side_by_side.tools.overstep import INFORMED, Overstep
from benchmarks.corpus_side_by_side.tools.schemathesis import Schemathesis

__all__ = [
    "INFORMED",
    "Authztrace",
    "Crosstalk",
    "Overstep",
    "Schemathesis",
    "Tool",
    "Written",
    "all_tools",
]


def all_tools() -> list[Tool]:
    """Return the tools in the order of the table's columns."""
    return [Crosstalk(), Overstep(), Overstep(informed=True), Authztrace(), Schemathesis()]
