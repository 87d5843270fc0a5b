"""The proof as a picture: what the model said beside what happened, one line a topology."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from loadtests.report.outcome import Outcome

_LEFT, _WIDTH, _ROW, _TOP = 270, 860, 34, 56
# Boundaries are below it; beyond it, where only what never stalls is run, the axis is pressed.
_FINE, _FINE_SHARE = 100, 0.85
_STYLE = (
    "svg{font:13px system-ui,sans-serif;color-scheme:light dark;background:Canvas}"
    "text{fill:CanvasText;dominant-baseline:middle}.quiet{fill:#8a8f98;font-size:11px}"
    "line{stroke:#8884}.ok{fill:#1a7f37}.stall{fill:#cf222e}"
    ".predicted{stroke:#cf222e;stroke-width:2;stroke-dasharray:5 3}"
)


def picture(outcomes: Sequence[Outcome]) -> str:
    """An SVG: a dot a run, green where everybody was answered, red where it stalled.

    The dashed line is the smallest number of requests at once that the model says can stall.
    """
    most = max((each["users"] for outcome in outcomes for each in outcome.phases), default=1)
    height = _TOP + _ROW * len(outcomes) + 30

    def at(users: float) -> float:
        if most <= _FINE:
            share = users / most
        elif users <= _FINE:
            share = _FINE_SHARE * users / _FINE
        else:
            share = _FINE_SHARE + (1 - _FINE_SHARE) * (users - _FINE) / (most - _FINE)
        return _LEFT + (_WIDTH - _LEFT - 40) * share

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>Predicted and observed boundaries</title><style>{_STYLE}</style>",
        '<text x="16" y="18" font-weight="600">Chats at once: where the model says that it stalls, '
        "and where it did</text>",
        '<text class="quiet" x="16" y="36">dashed: predicted; red: stalled; green: everybody was '
        "answered</text>",
    ]
    for number, outcome in enumerate(outcomes):
        y = _TOP + _ROW * number + _ROW / 2
        parts.append(f'<text x="16" y="{y:.0f}">{escape(outcome.name)}</text>')
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 40}" y1="{y:.0f}" y2="{y:.0f}"/>')
        if outcome.predicted is None:
            parts.append(f'<text class="quiet" x="{_WIDTH - 34}" y="{y:.0f}">never</text>')
        else:
            x = at(outcome.predicted - 0.5)
            parts.append(
                f'<line class="predicted" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 13:.0f}" '
                f'y2="{y + 13:.0f}"/>'
            )
        for each in outcome.phases:
            kind = "stall" if each["stalls"] else "ok"
            parts.append(
                f'<circle class="{kind}" cx="{at(each["users"]):.1f}" cy="{y:.0f}" r="5">'
                f"<title>{each['users']} at once</title></circle>"
            )
    parts += [
        f'<text class="quiet" x="{at(users):.0f}" y="{height - 16}" '
        f'text-anchor="middle">{users}</text>'
        for users in [*range(0, min(most, _FINE) + 1, 10), *([most] if most > _FINE else [])]
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"
