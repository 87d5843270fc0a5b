"""Drawings of a deadlock's cycle: Mermaid for pages that render it, SVG for those that do not."""

from __future__ import annotations

import math
from collections.abc import Sequence

from crosstalk.deadlock.cycle import Link
from crosstalk.report.svg import Markup, document, tag, text

_WIDTH, _HEIGHT = 640, 360
_BOX = (232, 46)
_STYLE = (
    "rect{fill:Canvas;stroke:#8a8f98;stroke-width:1.5}.held{stroke:#cf222e}"
    "text{text-anchor:middle;dominant-baseline:middle}"
    "path{fill:none;stroke:#8a8f98;stroke-width:1.5}.note{font-size:11px;fill:#8a8f98}"
)


def mermaid(cycle: Sequence[Link]) -> str:
    """Draw a Mermaid flowchart: requests rounded, resources square."""
    lines = ["flowchart LR"]
    for number, link in enumerate(cycle):
        following = (number + 1) % len(cycle)
        lines += [
            f'  q{number}(["{link.count} × {link.request}"])',
            f'  r{number}["{link.wants.name}: {link.wants.capacity}"]',
            f"  q{number} -- waits for --> r{number}",
            f"  r{number} -- held by --> q{following}",
        ]
    return "\n".join(lines) + "\n"


def svg(cycle: Sequence[Link], title: str = "") -> str:
    """Draw an SVG: requests rounded, resources square and red."""
    boxes: list[tuple[str, str]] = []
    for link in cycle:
        boxes.append((f"{link.count} × {link.request}", "request"))
        boxes.append((f"{link.wants.name}: {link.wants.capacity}", "held"))
    centres = [_on_ellipse(number, len(boxes)) for number in range(len(boxes))]
    tip = tag("path", d="M0 0L8 4L0 8z", style="fill:#8a8f98")
    view = {"viewBox": "0 0 8 8", "refX": 8, "refY": 4, "markerWidth": 8, "markerHeight": 8}
    parts = [tag("defs", tag("marker", tip, id="tip", orient="auto", **view))]
    for number, start in enumerate(centres):
        end = centres[(number + 1) % len(centres)]
        note = "held by" if number % 2 else "wait for"
        parts += _arrow(start, end, note, bend=60 if len(boxes) == 2 else 0)
    width, height = _BOX
    for (label, kind), (x, y) in zip(boxes, centres, strict=True):
        corner = {"x": x - width / 2, "y": y - height / 2}
        radius = height / 2 if kind == "request" else 4
        parts.append(tag("rect", class_=kind, **corner, width=width, height=height, rx=radius))
        parts.append(text(x, y, label))
    return document(title, *parts, width=_WIDTH, height=_HEIGHT, style=_STYLE)


def _on_ellipse(number: int, total: int) -> tuple[float, float]:
    angle = 2 * math.pi * number / total - math.pi
    return _WIDTH / 2 + 195 * math.cos(angle), _HEIGHT / 2 + 130 * math.sin(angle)


def _arrow(
    start: tuple[float, float], end: tuple[float, float], note: str, bend: float
) -> tuple[Markup, Markup]:
    """Draw an arrow from the edge of one box to the edge of another, bent where two coincide."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    middle = (
        (start[0] + end[0]) / 2 - bend * dy / length,
        (start[1] + end[1]) / 2 + bend * dx / length,
    )
    first, last = _edge(start, middle), _edge(end, middle)
    curve = (2 * middle[0] - (first[0] + last[0]) / 2, 2 * middle[1] - (first[1] + last[1]) / 2)
    bow = " ".join(f"{x:.0f} {y:.0f}" for x, y in (curve, last))
    path = tag("path", d=f"M{first[0]:.0f} {first[1]:.0f} Q{bow}", marker_end="url(#tip)")
    x, y = middle[0] - 24 * dy / length, middle[1] + 12 * dx / length
    return path, text(x, y, note, class_="note")


def _edge(centre: tuple[float, float], towards: tuple[float, float]) -> tuple[float, float]:
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    half_width, half_height = _BOX[0] / 2 + 3, _BOX[1] / 2 + 3
    scale = min(half_width / abs(dx) if dx else math.inf, half_height / abs(dy) if dy else math.inf)
    return centre[0] + dx * scale, centre[1] + dy * scale
