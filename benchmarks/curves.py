"""Curves of growth as a picture, both scales logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from crosstalk.report.svg import Markup, document, line, tag, text

_COLOURS = ("#0969da", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#bc4c00", "#57606a", "#0f8b8d")
_STYLE = ".axis{stroke:#8a8f98;stroke-width:.5}.end{text-anchor:end}polyline{fill:none}"
_LEFT, _TOP, _DECADE, _HIGH = 60, 50, 78, 48


def curves(title: str, points: Sequence[tuple[str, int, float]]) -> str:
    """Return a line for each curve, as SVG.

    Args:
        title: What is drawn.
        points: At least one: its curve, what grows, and what that costs, 1 or more of both.
    """
    wide = math.ceil(math.log10(max(size for _, size, _ in points)))
    high = math.ceil(math.log10(max(10, *(cost for _, _, cost in points))))
    bottom, right = _TOP + high * _HIGH, _LEFT + wide * _DECADE
    parts: list[Markup] = [text(8, 22, title)]
    for decade in range(high + 1):
        y = bottom - decade * _HIGH
        parts.append(line((_LEFT, y), (right, y), class_="axis"))
        parts.append(text(_LEFT - 6, y + 4, f"{10**decade:,}", class_="end"))
    for decade in range(1, wide + 1):
        x = _LEFT + decade * _DECADE
        parts.append(line((x, _TOP), (x, bottom), class_="axis"))
        parts.append(text(x, bottom + 18, f"{10**decade:,}", text_anchor="middle"))
    for place, curve in enumerate(dict.fromkeys(name for name, _, _ in points)):
        colour = _COLOURS[place % len(_COLOURS)]
        at = [
            (
                round(_LEFT + math.log10(size) * _DECADE, 1),
                round(bottom - math.log10(max(1, cost)) * _HIGH, 1),
            )
            for name, size, cost in points
            if name == curve
        ]
        drawn = " ".join(f"{x},{y}" for x, y in at)
        parts.append(tag("polyline", points=drawn, stroke=colour, stroke_width=2))
        parts += [tag("circle", cx=x, cy=y, r=3, fill=colour) for x, y in at]
        y = _TOP + 18 * place
        parts.append(tag("circle", cx=right + 24, cy=y - 4, r=4, fill=colour))
        parts.append(text(right + 34, y, curve))
    return document(title, *parts, width=right + 220, height=bottom + 34, style=_STYLE)
