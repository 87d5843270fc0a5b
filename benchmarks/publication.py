"""The published figures: a data file, and the part of the page that is made from it.

`python -m benchmarks.publication [SUMMARY...] [--load SUMMARY]` takes runs of the benchmarks (the
latest by default) and of the load proof into `docs/performance.json`. Of runs that are named
together each figure is the worst by its goal, with the ratios of the others beside it; it has the
date, the machine and the versions of its run. A test compares page and data.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError
from crosstalk.environment.runtime.exit_status import exit_status

DOCS = Path(__file__).parents[1] / "docs"
DATA, PAGE, SCORE = "performance.json", "performance.md", "mutants-score.json"
BEGIN, END = "<!-- made by python -m benchmarks.publication -->", "<!-- end of what is made -->"
_KEPT = ("what", "unit", "ours", "anchor", "ratio", "middle", "steady", "goal", "verdict")
_COLUMNS = (
    *("figure", "system", "anchor", "unit", "ratio", "middle half", "other runs", "goal"),
    "measured, load",
)
# How a goal begins that wants a ratio to be large.
_LEAST = "≥"
_OF_THE_RUN = frozenset({"date", "load"})


def merged(data: Mapping[str, Any], *runs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data with the figures of runs in the place of earlier ones of their names.

    Args:
        data: What `docs/performance.json` holds.
        runs: Summaries that belong together: of each figure the worst is taken.

    Raises:
        HarnessError: One is not the summary of a run of the benchmarks.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        for run in runs:
            for name, each in run["ratios"].items():
                kept = {**{key: each[key] for key in _KEPT}, "machine": run["machine"]}
                found.setdefault(name, []).append(kept)
    except (KeyError, TypeError) as error:
        raise HarnessError(f"not the summary of a run of the benchmarks: {error!r}") from error
    figures = {name: _worst_first(measured) for name, measured in found.items()}
    return {**data, "figures": {**data.get("figures", {}), **figures}}


def _worst_first(measured: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the worst of a figure's runs by its goal, the last where it has none."""
    goal = str(measured[-1]["goal"] or "")
    if goal.startswith(_LEAST):
        worst = min(measured, key=lambda each: each["ratio"])
    elif goal:
        worst = max(measured, key=lambda each: each["ratio"])
    else:
        worst = measured[-1]
    return {**worst, "others": [each["ratio"] for each in measured if each is not worst]}


def with_load(data: Mapping[str, Any], run: Mapping[str, Any], date: str) -> dict[str, Any]:
    """Return the data with the boundaries that a run of the load proof found.

    Raises:
        HarnessError: It is not the summary of such a run.
    """
    try:
        found = [
            {key: each[key] for key in ("name", "predicted", "observed")}
            for each in run["topologies"]
        ]
    except (KeyError, TypeError) as error:
        raise HarnessError(f"not the summary of a run of the load proof: {error!r}") from error
    return {**data, "load": {"date": date, "topologies": found}}


def section(data: Mapping[str, Any], score: Mapping[str, Any]) -> str:
    """Return the part of the page that is made.

    Args:
        data: What `docs/performance.json` holds.
        score: What `docs/mutants-score.json` holds.
    """
    lines = [
        f"| {' | '.join(_COLUMNS)} |",
        "|---|---:|---:|---|---:|---|---|---|---|",
    ]
    figures = data.get("figures", {})
    for name, each in figures.items():
        low, high = each["middle"]
        steady = "" if each["steady"] else ", unsteady"
        goal = f"{each['goal']}, {each['verdict']}" if each["goal"] else ""
        at = f"{each['machine']['date']}, {_latest(each['machine']['load'])}"
        sides = ("" if each[side] is None else each[side] for side in ("ours", "anchor"))
        cells = (f"`{name}`", *sides, each["unit"], each["ratio"])
        others = ", ".join(map(str, each.get("others", ())))
        rest = (f"{low} to {high}{steady}", others, goal, at)
        lines.append(f"| {' | '.join(map(str, (*cells, *rest)))} |")
    machines = {
        ", ".join(
            f"{key} {value}" for key, value in each["machine"].items() if key not in _OF_THE_RUN
        )
        for each in figures.values()
    }
    lines += ["", *(f"On: {each}." for each in sorted(machines)), *_first_finding(score)]
    if "load" in data:
        lines += _boundaries(data["load"])
    return "\n".join(lines)


def _latest(load: str) -> str:
    """Return the load of the last minute, of the three that are noted; or what is said instead."""
    first = load.split()[0]
    return first if first[0].isdigit() else load


def _machine(said: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in said.items() if key not in _OF_THE_RUN)


def _first_finding(score: Mapping[str, Any]) -> list[str]:
    killed = [each for each in score["mutants"] if each["killed_by"]]
    if not killed:
        return []
    calls = sorted(each["calls"] for each in killed)[len(killed) // 2]
    seconds = sorted(each["seconds"] for each in killed)[len(killed) // 2]
    return [
        "",
        f"**Time to the first finding**: {calls} calls and {seconds} s at the median of the "
        f"{len(killed)} planted leaks that the [published score](mutants-score.md) found.",
    ]


def _boundaries(load: Mapping[str, Any]) -> list[str]:
    def said(number: int | None) -> str:
        return "never" if number is None else str(number)

    return [
        "",
        f"**Load boundaries**, concurrent chats from which on a topology stalls ({load['date']}; "
        "[what they are](deadlock.md)):",
        "",
        "| topology | predicted | observed |",
        "|---|---|---|",
        *(
            f"| `{each['name']}` | {said(each['predicted'])} | {said(each['observed'])} |"
            for each in load["topologies"]
        ),
    ]


def with_section(page: str, made: str) -> str:
    """Return a page with its made part replaced.

    Raises:
        HarnessError: It has no such part.
    """
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not pattern.search(page):
        raise HarnessError(f"{PAGE} has no part between {BEGIN} and {END}")
    return pattern.sub(lambda _: f"{BEGIN}\n\n{made}\n\n{END}", page)


def main() -> int:
    """Take the named runs into the data, and write data and page."""
    parser = argparse.ArgumentParser(prog="benchmarks.publication", description=__doc__)
    latest = Path(".crosstalk/runs/benchmarks/latest/summary.json")
    parser.add_argument("runs", nargs="*", type=Path, default=[latest], metavar="SUMMARY")
    parser.add_argument("--load", type=Path, metavar="SUMMARY", help="of a run of the load proof")
    arguments = parser.parse_args()
    file = DOCS / DATA
    data = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    data = merged(data, *map(_read, arguments.runs))
    if arguments.load:
        # A run's folder is named by its time.
        when = arguments.load.resolve().parent.name
        data = with_load(data, _read(arguments.load), f"{when[:4]}-{when[4:6]}-{when[6:8]}")
    score = json.loads((DOCS / SCORE).read_text(encoding="utf-8"))
    page = DOCS / PAGE
    text = with_section(page.read_text(encoding="utf-8"), section(data, score))
    file.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page.write_text(text, encoding="utf-8")
    return 0


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HarnessError(f"{path} cannot be read: {error}") from error
    return found


if __name__ == "__main__":
    sys.exit(exit_status("benchmarks.publication", main))
