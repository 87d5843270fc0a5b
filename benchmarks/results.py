"""Results of a run: `summary.json` for programs, `results.md` for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
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
            "unmet": [each.name for each in figures if each.verdict == "missed"],
            "undecided": [each.name for each in figures if each.verdict == "undecided"],
            "unsteady": [each.name for each in figures if not each.steady],
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
        "Medians over alternating rounds, with the middle half of the rounds and their lowest and "
        "highest. A goal that the middle half crosses is undecided.",
        "",
        "| figure | system | anchor | unit | ratio | middle | lowest, highest | goal | result |",
        "|---|---:|---:|---|---:|---|---|---|---|",
    ]
    for each in figures:
        row = each.summarized()
        low, high = row["spread"]
        result = {None: "", "met": "met"}.get(each.verdict, f"**{each.verdict}**")
        middle = "{} to {}".format(*row["middle"])
        cells = (each.name, row["ours"], row["anchor"], each.unit, row["ratio"])
        spread = middle if each.steady else f"{middle}, unsteady"
        rest = (spread, f"{low}, {high}", row["goal"] or "", result)
        lines.append("| " + " | ".join(str(cell) for cell in (*cells, *rest)) + " |")
    lines += ["", *(f"- **{each.name}**: {each.what}" for each in figures)]
    lines += [f"- not measured: {each}" for each in missing]
    lines += ["", *(f"- {each}" for each in conclusions(figures))]
    lines += ["", ", ".join(f"{key} {value}" for key, value in machine.items()), ""]
    return "\n".join(lines)


def conclusions(figures: Sequence[Figure]) -> list[str]:
    """Return what did not come out as it should, a sentence for each figure: for the end."""
    said = [
        f"{each.name}: goal {each.goal} {each.verdict}, {_told(each)}"
        for each in figures
        if each.verdict in ("missed", "undecided")
    ]
    return said + [
        f"{each.name}: not steady after {len(each.ratios)} rounds, {_told(each)}"
        for each in figures
        if not each.steady and each.verdict not in ("missed", "undecided")
    ]


def _told(figure: Figure) -> str:
    row = figure.summarized()
    return f"{row['ratio']} ({row['middle'][0]} to {row['middle'][1]})"


def _machine() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        # In the last one, five and fifteen minutes; the benchmarks themselves are part of it.
        "load": " ".join(f"{each:.1f}" for each in os.getloadavg()),
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        **{name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    """Return the processor's name, as Linux tells it."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
