"""The comparison as a table for people and as data for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.corpus_side_by_side.scoring import Score
from benchmarks.corpus_side_by_side.tools import INFORMED


def lines(scores: Sequence[Score], tools: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the lines of the page's generated part.

    Args:
        scores: One for each tool and server.
        tools: Name of a tool to its `version` and what it is `given`; the order of the columns. The
            informed matrix has no column: a sentence says what it adds.
    """
    informed = [each for each in scores if each.tool == INFORMED]
    scores = [each for each in scores if each.tool != INFORMED]
    about = tools
    tools = {name: each for name, each in tools.items() if name != INFORMED}
    servers = list(dict.fromkeys(each.server for each in scores))
    by = {(each.server, each.tool): each for each in scores}
    measured = ", ".join(sorted({each.measured for each in scores}))
    rows = [f"Measured {measured}.", "", _row(["server", *tools]), _row(["---"] * (len(tools) + 1))]
    for server in servers:
        cells = [_cell(by[server, tool]) if (server, tool) in by else "not run" for tool in tools]
        rows.append(_row([server, *cells]))
    for title, chosen in (("**the ten**", servers[:10]), ("**all**", servers)):
        if len(servers) > 10 or title == "**all**":
            sums = [[by[s, tool] for s in chosen if (s, tool) in by] for tool in tools]
            rows.append(_row([title, *(_sum(each, len(chosen)) for each in sums)]))
    rows += ["", "| tool | version | given |", "|---|---|---|"]
    rows += [_row([name, each["version"], each["given"]]) for name, each in about.items()]
    rows += [
        "",
        *_informed(informed, by),
        *_finders(servers, list(tools), by),
        *_false(scores),
        *_troubles(scores),
    ]
    return rows


def as_json(scores: Sequence[Score], tools: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return the data of the page."""
    return {"tools": dict(tools), "scores": [each.as_json() for each in scores]}


def _cell(score: Score) -> str:
    planted = len(score.found) + len(score.missed)
    return (
        f"{len(score.found)}/{planted}, {len(score.false)} false, "
        f"{score.written.lines} lines, {score.seconds:.0f} s"
    )


def _sum(scores: Sequence[Score], servers: int) -> str:
    where = "" if len(scores) == servers else f" on {len(scores)} of {servers}"
    found = sum(len(each.found) for each in scores)
    planted = found + sum(len(each.missed) for each in scores)
    return (
        f"**{found}/{planted}**{where}, {sum(len(each.false) for each in scores)} false, "
        f"{sum(each.written.lines for each in scores)} lines "
        f"({sum(each.written.characters for each in scores) / 1000:.1f} kB), "
        f"{sum(each.seconds for each in scores):.0f} s"
    )


def _finders(
    servers: Sequence[str], tools: Sequence[str], by: Mapping[tuple[str, str], Score]
) -> list[str]:
    rows = ["| server | planted leak | found by |", "|---|---|---|"]
    by_none = []
    for server in servers:
        here = [by[server, tool] for tool in tools if (server, tool) in by]
        planted = list(dict.fromkeys(each for one in here for each in (*one.found, *one.missed)))
        for leak in planted:
            finders = [one.tool for one in here if leak in one.found]
            if finders:
                rows.append(_row([server, leak, ", ".join(finders)]))
            else:
                by_none.append(f"{server} {leak}")
    return [*rows, "", f"Found by none: {', '.join(by_none) or 'nothing'}.", ""]


def _informed(informed: Sequence[Score], by: Mapping[tuple[str, str], Score]) -> list[str]:
    """Return what a person who knows the leaks gets out of overstep beside the column's."""
    more = [
        f"{each.server} {leak}"
        for each in informed
        for leak in each.found
        if (each.server, "overstep") in by and leak not in by[each.server, "overstep"].found
    ]
    if not informed:
        return []
    written = sum(each.written.lines for each in informed)
    false = sum(len(each.false) for each in informed)
    told = f"{written} lines more, written with the leaks known, let overstep find {len(more)} more"
    return [f"{told} ({false} false): {', '.join(more) or 'none'}.", ""]


def _false(scores: Sequence[Score]) -> list[str]:
    found = [f"- {each.tool}, {each.server}: {alarm}" for each in scores for alarm in each.false]
    return ["False alarms:", "", *found, ""] if found else ["No tool raised a false alarm.", ""]


def _troubles(scores: Sequence[Score]) -> list[str]:
    found = [f"- {each.tool}, {each.server}: {each.trouble}" for each in scores if each.trouble]
    return ["Runs without a report:", "", *found, ""] if found else []


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
