"""The generated part of a page that people write, between `<!-- NAME: begin -->` and its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def replace_part(page: Path, name: str, lines: Sequence[str]) -> None:
    """Replace the generated part of a page; what stands around it is kept.

    Args:
        page: The page, with both marks.
        name: Of the part.
        lines: What is between the marks from now on.

    Raises:
        ValueError: The page does not have both marks.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = page.read_text(encoding="utf-8")
    head, begun, rest = text.partition(begin)
    _, ended, tail = rest.partition(end)
    if not (begun and ended):
        raise ValueError(f"{page}: write {begin} and {end} where the part is to be")
    body = "\n".join(lines)
    page.write_text(f"{head}{begin}\n{body}\n{end}{tail}", encoding="utf-8")
