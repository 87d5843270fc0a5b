"""What is kept of a run: `summary.json` for programs, `results.md` for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from benchmarks.figures import Figure
from crosstalk.report.run_folder import RunFolder

_TELLING = ("mcp", "openai-agents", "fastapi", "uvicorn", "sqlalchemy", "asyncpg", "httpx2")


def write(run: RunFolder, figures: Sequence[Figure], missing: Sequence[str]) -> None:
    """Write both files; called again after each benchmark, so that an interrupted run has some.

    Args:
        run: Where.
        figures: What was measured so far.
        missing: What could not be measured, each with its reason.
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
    """The table, with the sentence behind each figure."""
    lines = [
        "# Benchmarks",
        "",
        "Medians over rounds in turns; the spread is the lowest and highest ratio of a round.",
        "",
        "| figure | ours | anchor | unit | ratio | spread | goal | met |",
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
        **{name: version(name) for name in _TELLING},
    }
