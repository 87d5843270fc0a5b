"""Table of the comparison, as data for programs and as a page for people."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.side_by_side.runner import ToolReport
from benchmarks.side_by_side.scoring import Cell, score
from benchmarks.side_by_side.tools import Tool
from crosstalk.targets.mutants import Mutant

_SIGNS = {"killed": "**killed**", "not killed": "·", "could not run": "–"}
_SHOWN = 3


def as_data(
    tools: Sequence[Tool],
    mutants: Sequence[Mutant],
    cells: Mapping[str, Mapping[str, Cell]],
    baseline: Mapping[str, Sequence[ToolReport]],
    reports: Mapping[str, ToolReport],
) -> dict[str, Any]:
    """Return the data of the page with the findings behind it.

    Args:
        tools: The columns.
        mutants: The rows.
        cells: Tool and mutant to the result.
        baseline: Tool to its reports on the unpatched system.
        reports: Tool to one of its reports on a mutant, for its command lines.
    """
    return {
        "python": platform.python_version(),
        "tools": {
            tool.name: {
                "version": tool.version,
                "meant_for": tool.meant_for,
                "given": tool.given,
                "commands": list(reports[tool.name].commands),
                "baseline": [_report_data(each) for each in baseline[tool.name]],
                "killed": score(cells[tool.name])[0],
                "ran": score(cells[tool.name])[1],
                "seconds": round(sum(each.seconds for each in cells[tool.name].values()), 1),
            }
            for tool in tools
        },
        "mutants": [
            {
                "id": mutant.id,
                "class": mutant.kind,
                "title": mutant.title,
                "tools": {
                    tool.name: _cell_data(cells[tool.name][mutant.id])
                    for tool in tools
                    if mutant.id in cells[tool.name]
                },
            }
            for mutant in mutants
        ],
    }


def as_markdown(data: Mapping[str, Any]) -> str:
    """Format the page: results, the tools' purposes, their commands, and the new findings."""
    names = list(data["tools"])
    lines = [
        "# Side by side",
        "",
        "The same planted leaks before public tools, each run as its manual says, and before",
        "Crosstalk. A tool kills a mutant when it reports something there that it reports in none",
        "of its runs over the unpatched system. The tools were made for other questions, which the",
        "second table names: this one shows what stays unasked when one of them is all there is.",
        "",
        "```console",
        "$ python -m benchmarks.side_by_side --into docs",
        "```",
        "",
        f"| mutant | class | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
    ]
    for mutant in data["mutants"]:
        cells = mutant["tools"]
        signs = [_SIGNS[cells[name]["fate"]] if name in cells else "" for name in names]
        lines.append(f"| {mutant['id']} | {mutant['class']} | {' | '.join(signs)} |")
    totals = [f"{data['tools'][name]['killed']} of {data['tools'][name]['ran']}" for name in names]
    lines.append(f"| **killed** | | {' | '.join(totals)} |")
    lines += ["", "· not killed, – could not be run (why, below), empty: not tried yet.", ""]
    lines += ["## The tools", ""]
    lines += [
        "| tool | version | meant for | given | on the unpatched system | seconds a mutant |",
        "|---|---|---|---|---|---|",
    ]
    for name, tool in data["tools"].items():
        noise = {finding for each in tool["baseline"] for finding in each["findings"]}
        tried = sum(name in mutant["tools"] for mutant in data["mutants"])
        average = tool["seconds"] / max(1, tried)
        lines.append(
            f"| {name} | {tool['version']} | {tool['meant_for']} | {tool['given']} "
            f"| {len(noise)} reported | {average:.0f} |"
        )
    lines += ["", "## What killed", "", "| mutant | tool | new |", "|---|---|---|"]
    for mutant in data["mutants"]:
        for name, cell in mutant["tools"].items():
            if cell["fate"] == "killed":
                more = len(cell["by"]) - _SHOWN
                shown = [*cell["by"][:_SHOWN], *([f"and {more} more"] if more > 0 else [])]
                new = "; ".join(shown).replace("|", "\\|")
                lines.append(f"| {mutant['id']} | {name} | {new} |")
    failures = _failures(data)
    if failures:
        lines += ["", "## What could not be run", ""]
        lines += [f"- {name}: {why} ({count} mutants)" for (name, why), count in failures.items()]
    lines += ["", "## Commands", "", "Tokens and addresses have names instead.", ""]
    for name, tool in data["tools"].items():
        lines += [f"{name}:", "", "```sh", *tool["commands"], "```", ""]
    return "\n".join(lines)


def _failures(data: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for mutant in data["mutants"]:
        for name, cell in mutant["tools"].items():
            if cell["fate"] == "could not run":
                key = (name, cell["failure"])
                found[key] = found.get(key, 0) + 1
    return found


def _report_data(report: ToolReport) -> dict[str, Any]:
    return {"findings": list(report.findings), "failure": report.failure}


def _cell_data(cell: Cell) -> dict[str, Any]:
    data: dict[str, Any] = {"fate": cell.fate, "by": list(cell.by), "seconds": cell.seconds}
    if cell.failure is not None:
        data["failure"] = cell.failure
    return data
