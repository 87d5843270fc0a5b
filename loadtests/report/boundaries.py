"""Picture of the verification: predicted and observed boundaries, one line for each topology."""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.report.svg import Markup, document, line, tag, text
from loadtests.report.outcome import TopologyOutcome

_LEFT, _WIDTH, _ROW, _TOP = 270, 860, 34, 56
# Boundaries lie below it; beyond it, where only what never stalls is run, the axis is compressed.
_FINE, _FINE_SHARE = 100, 0.85
_STYLE = (
    "text{dominant-baseline:middle}.quiet{fill:#8a8f98;font-size:11px}"
    "line{stroke:#8884}.ok{fill:#1a7f37}.stall{fill:#cf222e}"
    ".predicted{stroke:#cf222e;stroke-width:2;stroke-dasharray:5 3}"
)


def boundaries_svg(outcomes: Sequence[TopologyOutcome]) -> str:
    """Draw a dot for each run: green where every request was answered, red where it stalled.

    The dashed line is the smallest number of concurrent requests that can stall by the model.
    """
    most = max((each["users"] for outcome in outcomes for each in outcome.phases), default=1)
    height = _TOP + _ROW * len(outcomes) + 30
    parts = [
        text(16, 18, "Concurrent chats: predicted and observed stalls", font_weight=600),
        text(16, 36, "dashed: predicted; red: stalled; green: all were answered", class_="quiet"),
    ]
    for number, outcome in enumerate(outcomes):
        parts += _row(outcome, _TOP + _ROW * number + _ROW / 2, most)
    for users in [*range(0, min(most, _FINE) + 1, 10), *([most] if most > _FINE else [])]:
        at = _position(users, most)
        parts.append(text(at, height - 16, str(users), class_="quiet", text_anchor="middle"))
    title = "Predicted and observed boundaries"
    return document(title, *parts, width=_WIDTH, height=height, style=_STYLE)


def _row(outcome: TopologyOutcome, y: float, most: int) -> list[Markup]:
    parts = [text(16, y, outcome.name), line((_LEFT, y), (_WIDTH - 40, y))]
    if outcome.predicted is None:
        parts.append(text(_WIDTH - 34, y, "never", class_="quiet"))
    else:
        x = _position(outcome.predicted - 0.5, most)
        parts.append(line((x, y - 13), (x, y + 13), class_="predicted"))
    for each in outcome.phases:
        kind = "stall" if each["stalls"] else "ok"
        note = tag("title", f"{each['users']} concurrent users")
        parts.append(tag("circle", note, class_=kind, cx=_position(each["users"], most), cy=y, r=5))
    return parts


def _position(users: float, most: int) -> float:
    """Return where on the horizontal axis a number of users lies."""
    if most <= _FINE:
        share = users / most
    elif users <= _FINE:
        share = _FINE_SHARE * users / _FINE
    else:
        share = _FINE_SHARE + (1 - _FINE_SHARE) * (users - _FINE) / (most - _FINE)
    return _LEFT + (_WIDTH - _LEFT - 40) * share
