"""The score as a picture: how many calls each planted leak took, by class and oracle, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from crosstalk.report.mutant_score.score import MutantOutcome

_ROW, _LABEL, _BARS, _TOP, _HEAD = 15, 290, 420, 62, 24
_COLOURS = {
    "canary": "#0969da",
    "ownership": "#1a7f37",
    "existence": "#9a6700",
    "identity": "#8250df",
    "two-worlds": "#bf3989",
    "concurrency": "#bc4c00",
    "layer": "#57606a",
}
_SURVIVED = "#cf222e"
_STYLE = (
    "svg{font:11px system-ui,sans-serif;color-scheme:light dark}text{fill:CanvasText}"
    ".end{text-anchor:end}.head{font-weight:600}line{stroke:#8a8f98;stroke-width:.5}"
)


def score_picture(outcomes: Sequence[MutantOutcome]) -> str:
    """One bar a mutant, as long as the logarithm of its calls; survivors in red.

    Args:
        outcomes: At least one.
    """
    most = max(10, *(each.calls for each in outcomes))
    decades = range(1, math.ceil(math.log10(most)) + 1)
    scale = _BARS / decades[-1]
    parts: list[str] = []
    y = _TOP
    for kind in dict.fromkeys(each.kind for each in outcomes):
        parts.append(f'<text class="head" x="8" y="{y + 13}">{escape(kind)}</text>')
        y += _HEAD
        for each in (one for one in outcomes if one.kind == kind):
            parts.append(_bar(each, y, scale))
            y += _ROW
    grid = "".join(
        f'<line x1="{_LABEL + scale * each}" x2="{_LABEL + scale * each}" y1="{_TOP}" y2="{y}"/>'
        f'<text class="end" x="{_LABEL + scale * each}" y="{_TOP - 6}">{10**each}</text>'
        for each in decades
    )
    killed = sum(each.killed_by is not None for each in outcomes)
    title = f"{killed} of {len(outcomes)} planted leaks found; calls until each was, logarithmic"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LABEL + _BARS + 110} {y + 12}" '
        f'role="img"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f'<text class="head" x="8" y="16">{escape(title)}</text>{_legend(outcomes)}'
        f"{grid}{''.join(parts)}</svg>\n"
    )


def _bar(outcome: MutantOutcome, y: int, scale: float) -> str:
    width = round(scale * math.log10(max(1.5, outcome.calls)), 1)
    colour = _COLOURS.get(outcome.killed_by or "", _SURVIVED)
    said = f"{outcome.calls}" if outcome.killed_by else f"survived {outcome.calls}"
    said = said if outcome.alive else "not alive"
    return (
        f'<text class="end" x="{_LABEL - 6}" y="{y + 11}">{escape(outcome.id)}</text>'
        f'<rect x="{_LABEL}" y="{y + 2}" width="{width}" height="11" fill="{colour}"/>'
        f'<text x="{_LABEL + width + 4}" y="{y + 11}">{said}</text>'
    )


def _legend(outcomes: Sequence[MutantOutcome]) -> str:
    found = [name for name in _COLOURS if any(each.killed_by == name for each in outcomes)]
    return "".join(
        f'<rect x="{8 + 96 * place}" y="26" width="10" height="10" fill="{_COLOURS[name]}"/>'
        f'<text x="{22 + 96 * place}" y="35">{escape(name)}</text>'
        for place, name in enumerate(found)
    )
