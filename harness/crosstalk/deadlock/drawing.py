"""Drawings of a cycle: Mermaid for pages that render it, SVG for those that do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from crosstalk.deadlock.cycle import Link

_WIDTH, _HEIGHT = 640, 360
_BOX = (232, 46)
_STYLE = (
    "svg{font:13px system-ui,sans-serif;color-scheme:light dark}"
    "rect{fill:Canvas;stroke:#8a8f98;stroke-width:1.5}.held{stroke:#cf222e}"
    "text{fill:CanvasText;text-anchor:middle;dominant-baseline:middle}"
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
    """Draw a self-contained SVG, without script, font or picture from elsewhere."""
    boxes: list[tuple[str, str]] = []
    for link in cycle:
        boxes.append((f"{link.count} × {link.request}", "request"))
        boxes.append((f"{link.wants.name}: {link.wants.capacity}", "held"))
    centres = [_on_ellipse(number, len(boxes)) for number in range(len(boxes))]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#8a8f98"/>'
        "</marker></defs>",
    ]
    for number, start in enumerate(centres):
        end = centres[(number + 1) % len(centres)]
        note = "held by" if number % 2 else "wait for"
        parts.append(_arrow(start, end, note, bend=60 if len(boxes) == 2 else 0))
    for (text, kind), (x, y) in zip(boxes, centres, strict=True):
        width, height = _BOX
        radius = height / 2 if kind == "request" else 4
        parts.append(
            f'<rect class="{kind}" x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" '
            f'width="{width}" height="{height}" rx="{radius:.0f}"/>'
            f'<text x="{x:.0f}" y="{y:.0f}">{escape(text)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _on_ellipse(number: int, total: int) -> tuple[float, float]:
    angle = 2 * math.pi * number / total - math.pi
    return _WIDTH / 2 + 195 * math.cos(angle), _HEIGHT / 2 + 130 * math.sin(angle)


def _arrow(start: tuple[float, float], end: tuple[float, float], note: str, bend: float) -> str:
    """Draw an arrow from the edge of one box to the edge of another, bent where two coincide."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    middle = (
        (start[0] + end[0]) / 2 - bend * dy / length,
        (start[1] + end[1]) / 2 + bend * dx / length,
    )
    first, last = _edge(start, middle), _edge(end, middle)
    curve = (2 * middle[0] - (first[0] + last[0]) / 2, 2 * middle[1] - (first[1] + last[1]) / 2)
    line = " ".join(f"{x:.0f} {y:.0f}" for x, y in (curve, last))
    return (
        f'<path d="M{first[0]:.0f} {first[1]:.0f} Q{line}" marker-end="url(#tip)"/>'
        f'<text class="note" x="{middle[0] - 24 * dy / length:.0f}" '
        f'y="{middle[1] + 12 * dx / length:.0f}">{note}</text>'
    )


def _edge(centre: tuple[float, float], towards: tuple[float, float]) -> tuple[float, float]:
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    half_width, half_height = _BOX[0] / 2 + 3, _BOX[1] / 2 + 3
    scale = min(half_width / abs(dx) if dx else math.inf, half_height / abs(dy) if dy else math.inf)
    return centre[0] + dx * scale, centre[1] + dy * scale
