"""The score as a page to read: figures, then one line a mutant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from crosstalk.campaign.mutant_outcome import MutantOutcome
from crosstalk.report.mutant_score.score import by_half, halves, over_seeds


def score_page(runs: Sequence[MutantOutcome], figures: Mapping[str, Any]) -> str:
    """Markdown.

    Args:
        runs: With each seed, in the order in which they are shown.
        figures: What `score.summary` says of them, with `calls` and `seed`.
    """
    outcomes = over_seeds(runs)
    seeds = figures["seeds"]
    said_seed = f"seed {figures['seed']}"
    if len(seeds) > 1:
        said_seed = (
            f"found with each of {len(seeds)} seeds, calls and seconds at the median of them"
        )
    oracles = Counter(each.killed_by for each in outcomes if each.killed_by)
    said = ", ".join(f"{oracle} {count}" for oracle, count in oracles.most_common())
    lines = [
        "# The score",
        "",
        f"{figures['killed']} of {figures['total']} killed, {figures['alive']} alive; median "
        f"{figures['median_calls']} calls, {figures['median_seconds']} s; at most "
        f"{figures['calls']} calls for each, {said_seed}. Killed by: {said}.",
        "",
        *(_seed_line(each) for each in seeds if len(seeds) > 1),
        *([""] if len(seeds) > 1 else []),
        f"By half of the catalog: {by_half(halves(outcomes))}.",
        "",
        "| class | alive | killed | median calls |",
        "|---|---|---|---|",
    ]
    classes: defaultdict[str, list[MutantOutcome]] = defaultdict(list)
    for each in outcomes:
        classes[each.kind].append(each)
    for kind, members in classes.items():
        calls = sorted(each.calls for each in members if each.killed_by)
        median = calls[len(calls) // 2] if calls else "–"
        alive = sum(each.alive for each in members)
        lines.append(f"| {kind} | {alive} of {len(members)} | {len(calls)} | {median} |")
    lines += ["", "| mutant | class | killed by | calls | seconds |", "|---|---|---|---|---|"]
    lines += [
        f"| {each.id} | {each.kind} | {_fate(each)} | {each.calls} | {each.seconds:.1f} |"
        for each in outcomes
    ]
    return "\n".join(lines) + "\n"


def _seed_line(figures: Mapping[str, Any]) -> str:
    return (
        f"- Seed {figures['seed']}: {figures['killed']} of {figures['total']}, "
        f"{by_half(figures['halves'])}; median {figures['median_calls']} calls, "
        f"{figures['median_seconds']} s."
    )


def _fate(outcome: MutantOutcome) -> str:
    if not outcome.alive:
        return "not alive"
    return outcome.killed_by or "**survived**"
