"""Tables of a score: for the terminal, and for the page in docs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median

from benchmarks.proving_ground.matching import Match
from benchmarks.proving_ground.scoring import Score

_HALVES = {"blind": "written blind", "open": "open"}


def summary_lines(scores: Sequence[Score]) -> list[str]:
    """Return found/planted and false findings, by half, surface and oracle, for each mode."""
    lines = []
    for mode in _modes(scores):
        chosen = [each for each in scores if each.mode == mode and each.unavailable is None]
        lines += [
            "",
            f"### {_MODE_TITLES[mode]}",
            "",
            "| what | servers | found/planted | % | of them noted | false on the twin |",
            "|---|---:|---:|---:|---:|---:|",
            _row("all", chosen),
        ]
        for author, title in _HALVES.items():
            lines.append(_row(title, [s for s in chosen if s.entry.manifest.author == author]))
        for surface in ("rest", "mcp", "both"):
            of = [s for s in chosen if s.entry.manifest.surface == surface]
            lines.append(_row(f"surface {surface}", of))
        for oracle in sorted({m.planted.oracle for s in chosen for m in s.matches}):
            lines.append(_row(f"oracle {oracle}", chosen, _by_oracle(oracle)))
        subtle = _row("subtle ones", chosen, lambda match: match.planted.subtle)
        lines += [subtle, "", *_speed(chosen)]
    return [line for line in lines if line is not None]


def server_lines(scores: Sequence[Score]) -> list[str]:
    """Return a row for each server and mode: what was found, what was missed, what was false."""
    lines = [
        "| server | half | framework | mode | seed | found | missed | false | seconds |",
        "|---|---|---|---|---:|---:|---|---|---:|",
    ]
    for each in scores:
        manifest = each.entry.manifest
        head = [manifest.name, manifest.author, manifest.framework, each.mode, str(each.seed)]
        if each.unavailable is not None:
            lines.append(_cells([*head, "not run", each.unavailable[:120], "", ""]))
            continue
        missed = ", ".join(m.planted.id for m in each.matches if m.how is None)
        if each.leaking.verdict == "failed":
            missed = f"no verdict: {each.leaking.trouble[:160]}"
        false = ", ".join(f"{f.oracle} at {f.operation}" for f in each.false)
        seconds = f"{each.leaking.seconds + each.clean.seconds:.0f}"
        lines.append(_cells([*head, f"{each.found}/{len(each.matches)}", missed, false, seconds]))
    return lines


_MODE_TITLES = {
    "init": "From `crosstalk init` alone",
    "confirmed": "From the confirmed file",
}


def _modes(scores: Iterable[Score]) -> list[str]:
    there = {each.mode for each in scores}
    return [mode for mode in _MODE_TITLES if mode in there]


def _row(
    title: str, scores: Sequence[Score], counted: Callable[[Match], bool] = lambda match: True
) -> str:
    matches = [match for each in scores for match in each.matches if counted(match)]
    found = [match for match in matches if match.how is not None]
    noted = sum(match.how != "exact" for match in found)
    with_some = {s.entry.manifest.name for s in scores if any(map(counted, s.matches))}
    share = f"{100 * len(found) / len(matches):.0f}" if matches else "-"
    false = "" if title.startswith(("oracle", "subtle")) else str(sum(len(s.false) for s in scores))
    return _cells(
        [title, str(len(with_some)), f"{len(found)}/{len(matches)}", share, str(noted), false]
    )


def _by_oracle(oracle: str) -> Callable[[Match], bool]:
    return lambda match: match.planted.oracle == oracle


def _speed(scores: Sequence[Score]) -> list[str]:
    calls = [s.leaking.calls_to_first for s in scores if s.leaking.calls_to_first is not None]
    if not calls:
        return []
    seconds = median(s.leaking.seconds for s in scores)
    return [
        f"Median to the first finding: {median(calls):.0f} calls. "
        f"Median duration of a campaign: {seconds:.0f} s."
    ]


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
