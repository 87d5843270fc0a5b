"""Builds SVG pictures that stand alone: no script, font or picture from elsewhere.

Every text and attribute value is escaped, since names in a picture may come from a stranger's
server.
"""

from __future__ import annotations

from html import escape

_BASE = (
    "svg{{font:{size}px system-ui,sans-serif;color-scheme:light dark;background:Canvas}}"
    "text{{fill:CanvasText}}"
)


class Markup(str):
    """Text that is SVG already, and is not escaped again."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: object) -> Markup:
    """Return an element.

    Args:
        name: Its name.
        children: What is inside it, in order; text that is not `Markup` is escaped.
        attributes: By name, `_` for `-` and `class_` for `class`; numbers are rounded to a tenth,
            None leaves the attribute out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(
        each if isinstance(each, Markup) else escape(each, quote=False) for each in children
    )
    return Markup(f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>")


def text(x: float, y: float, content: str, **attributes: object) -> Markup:
    """Return a line of text that begins, or with `text_anchor` ends or is centred, at a point."""
    return tag("text", content, x=x, y=y, **attributes)


def line(start: tuple[float, float], end: tuple[float, float], **attributes: object) -> Markup:
    """Return a straight line between two points."""
    return tag("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], **attributes)


def document(
    title: str, *parts: Markup, width: float, height: float, style: str = "", size: int = 13
) -> str:
    """Return a whole picture in the colours of the reader's light or dark theme.

    Args:
        title: What a screen reader says of it.
        parts: Its elements, in the order in which they are drawn.
        width: Of the view box; the picture scales.
        height: Of the view box.
        style: CSS rules beside the common ones; not escaped.
        size: Of the font, in pixels.
    """
    box = f"0 0 {_plain(width)} {_plain(height)}"
    css = Markup(f"<style>{_BASE.format(size=size)}{style}</style>")
    body = Markup("\n".join([tag("title", title) + css, *parts]))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img">{body}\n</svg>\n'


def _plain(value: object) -> str:
    return f"{round(value, 1):g}" if isinstance(value, float) else str(value)
