"""Texts in the form of an example that a schema shows: the rows of an import, with markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_MARKS = ",;\t|"
# A separator between cells has no blank beside it, as a comma in a sentence has.
_BETWEEN = re.compile(r"(?<=\S)[,;\t|](?=\S)")
_LEAST_MARKS = 2
_NAME = re.compile(r"[A-Za-z_][\w -]{0,40}")
_WORDS = re.compile(r"[A-Za-z][A-Za-z .'-]{2,}")
# A reference or a number of a thing, by which a system knows a row again: REF-1.
_CODE = re.compile(r"[A-Za-z]{1,8}[-_/]?\d{1,10}")


def like_example(schema: Any, common: str, plant: Callable[[], str]) -> str | None:
    """Return a text of rows as the schema's example has them; None where it shows none.

    The line of names stays, and one row with a marker in its first cell of words and in each that
    holds a code.

    Args:
        schema: Of the argument.
        common: A word that stands before the marker.
        plant: Returns a new marker.
    """
    shown = schema.get("examples") if isinstance(schema, Mapping) else None
    texts = [each for each in shown or () if isinstance(each, str)]
    return next((_filled(each, common, plant) for each in texts if _has_rows(each)), None)


def _has_rows(text: str) -> bool:
    return "\n" in text.strip() or len(_BETWEEN.findall(text)) >= _LEAST_MARKS


def _filled(text: str, common: str, plant: Callable[[], str]) -> str:
    lines = [each for each in text.splitlines() if each.strip()]
    mark = max(_MARKS, key=lines[-1].count)
    named = len(lines) > 1 and all(_NAME.fullmatch(each.strip()) for each in lines[0].split(mark))
    row = lines[1 if named else 0].split(mark)
    place = next((n for n, each in enumerate(row) if _WORDS.fullmatch(each.strip())), None)
    # One row of each user's would be that of all others where a code stayed the same.
    row = [plant() if _CODE.fullmatch(each.strip()) else each for each in row]
    if place is not None:
        row[place] = f"{common} {plant()}"
    found = [*lines[:1], mark.join(row)] if named else [mark.join(row)]
    return "\n".join(found) + "\n"
