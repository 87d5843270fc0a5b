"""The score as a picture: how many calls each planted leak took, by class and oracle, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from crosstalk.campaign.mutant_outcome import MutantOutcome
from crosstalk.report.mutant_score.score import over_seeds
from crosstalk.report.svg import Markup, document, line, tag, text

_ROW, _LABEL, _BARS, _TOP, _HEAD = 15, 290, 420, 62, 24
_COLOURS = {
    "canary": "#0969da",
    "ownership": "#1a7f37",
    "existence": "#9a6700",
    "identity": "#8250df",
    "two-worlds": "#bf3989",
    "limits": "#9a6700",
    "concurrency": "#bc4c00",
    "layer": "#57606a",
}
_SURVIVED = "#cf222e"
_STYLE = ".end{text-anchor:end}.head{font-weight:600}line{stroke:#8a8f98;stroke-width:.5}"


def score_picture(outcomes: Sequence[MutantOutcome]) -> str:
    """One bar a mutant, as long as the logarithm of its calls; survivors in red.

    Args:
        outcomes: At least one; with each seed.
    """
    outcomes = over_seeds(outcomes)
    most = max(10, *(each.calls for each in outcomes))
    decades = range(1, math.ceil(math.log10(most)) + 1)
    scale = _BARS / decades[-1]
    parts: list[Markup] = []
    y = _TOP
    for kind in dict.fromkeys(each.kind for each in outcomes):
        parts.append(text(8, y + 13, kind, class_="head"))
        y += _HEAD
        for each in (one for one in outcomes if one.kind == kind):
            parts += _bar(each, y, scale)
            y += _ROW
    grid: list[Markup] = []
    for decade in decades:
        x = _LABEL + scale * decade
        grid += [line((x, _TOP), (x, y)), text(x, _TOP - 6, str(10**decade), class_="end")]
    killed = sum(each.killed_by is not None for each in outcomes)
    title = f"{killed} of {len(outcomes)} planted leaks found; calls until each was, logarithmic"
    head = text(8, 16, title, class_="head")
    return document(
        title,
        *(head, *_legend(outcomes), *grid, *parts),
        width=_LABEL + _BARS + 110,
        height=y + 12,
        style=_STYLE,
        size=11,
    )


def _bar(outcome: MutantOutcome, y: int, scale: float) -> list[Markup]:
    width = round(scale * math.log10(max(1.5, outcome.calls)), 1)
    colour = _COLOURS.get(outcome.killed_by or "", _SURVIVED)
    note = f"{outcome.calls}" if outcome.killed_by else f"survived {outcome.calls}"
    return [
        text(_LABEL - 6, y + 11, outcome.id, class_="end"),
        tag("rect", x=_LABEL, y=y + 2, width=width, height=11, fill=colour),
        text(_LABEL + width + 4, y + 11, note if outcome.alive else "not alive"),
    ]


def _legend(outcomes: Sequence[MutantOutcome]) -> list[Markup]:
    found = [name for name in _COLOURS if any(each.killed_by == name for each in outcomes)]
    parts: list[Markup] = []
    for place, name in enumerate(found):
        left = 8 + 96 * place
        parts.append(tag("rect", x=left, y=26, width=10, height=10, fill=_COLOURS[name]))
        parts.append(text(left + 14, 35, name))
    return parts
