"""Results of a run: `summary.json` for programs, `results.md` for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from benchmarks.figures import Figure
from crosstalk.report.run_folder import RunFolder

_PACKAGES = ("mcp", "openai-agents", "fastapi", "uvicorn", "sqlalchemy", "asyncpg", "httpx2")


def write(run: RunFolder, figures: Sequence[Figure], missing: Sequence[str]) -> None:
    """Write both files, again after each benchmark, so that an interrupted run has results.

    Args:
        run: The run's folder.
        figures: Figures so far.
        missing: Benchmarks that could not be measured, with their reasons.
    """
    machine = _machine()
    run.write_summary(
        {
            "ratios": {each.name: each.summarized() for each in figures},
            "unmet": [each.name for each in figures if each.met is False],
            "missing": list(missing),
            "machine": machine,
        }
    )
    run.write("results.md", markdown(figures, missing, machine))


def markdown(figures: Sequence[Figure], missing: Sequence[str], machine: dict[str, Any]) -> str:
    """Format the table, with the sentence of each figure below."""
    lines = [
        "# Benchmarks",
        "",
        "Medians over alternating rounds; the spread is the lowest and highest ratio of a round.",
        "",
        "| figure | system | anchor | unit | ratio | spread | goal | met |",
        "|---|---:|---:|---|---:|---|---|---|",
    ]
    for each in figures:
        row = each.summarized()
        low, high = row["spread"]
        met = {None: "", True: "yes", False: "**no**"}[each.met]
        cells = (each.name, row["ours"], row["anchor"], each.unit, row["ratio"])
        rest = (f"{low} to {high}", row["goal"] or "", met)
        lines.append("| " + " | ".join(str(cell) for cell in (*cells, *rest)) + " |")
    lines += ["", *(f"- **{each.name}**: {each.what}" for each in figures)]
    lines += [f"- not measured: {each}" for each in missing]
    lines += ["", ", ".join(f"{key} {value}" for key, value in machine.items()), ""]
    return "\n".join(lines)


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        **{name: version(name) for name in _PACKAGES},
    }
