"""Places in the rows of a list, known by a word that the row holds and no other does.

`songs.[xtalicez0000002a@0].id` is the id of the song with that word in it, which was the first.
Where nothing is reset, a list still begins with what earlier runs have stored: by its number alone
an earlier row would be taken for the one that this run has made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from crosstalk.core.identifiers import markers_in, remarked

_ROW = re.compile(r"(?P<list>.*\.|)\[(?P<word>[a-z0-9]+)@(?P<number>\d+)\]\.(?P<field>.+)")
# Longer answers are searched for too long.
_MOST = 4_000


class RowPlaces:
    """Names places in one answer.

    Args:
        found: Every text of the answer with its path.
    """

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        self._words: dict[str, set[str]] = {}
        self._told: dict[str, str] = {}
        for path, text in found if len(found) <= _MOST else ():
            words = markers_in(text.lower())
            row = _row_of(path)
            if row and words:
                self._words.setdefault(f"{row[0]}{row[1]}", set()).update(words)

    def named(self, path: str) -> str:
        """Return a path with its innermost row named by a word, where one tells it from others."""
        row = _row_of(path)
        if row is None:
            return path
        holder, number, field = row
        row_place = f"{holder}{number}"
        if row_place not in self._told:
            self._told[row_place] = self._word_of(row_place, holder.rstrip("."))
        told = self._told[row_place]
        return f"{holder}[{told}@{number}].{field}" if told else path

    def _word_of(self, row: str, holder: str) -> str:
        """Return a word that a row has and no other row of its list; empty where there is none."""
        own = self._words.get(row)
        if not own:
            return ""
        others = {
            word
            for place, words in self._words.items()
            if place != row and place.rpartition(".")[0] == holder
            for word in words
        }
        return min(own - others, default="")


def plain_path(path: str, found: Sequence[tuple[str, str]], salt: int = 0) -> str:
    """Return where a place is in an answer: in the row with its word, or else of its number.

    A row that was there before the example still has the word of that time. Where neither is found,
    and the list has become shorter, its last row stands for it: it is another of the same user's.

    Args:
        path: As `RowPlaces.named` returns it, or any other; with the words of a replay.
        found: Every text of the answer with its path.
        salt: What the replay changed the words by; 0 for none.
    """
    match = _ROW.fullmatch(path)
    if match is None:
        return path
    holder, field = match["list"], match["field"]
    for word in dict.fromkeys((match["word"], remarked(match["word"], salt))):
        for place, text in found:
            if word in text.lower() and place.startswith(holder):
                number = place[len(holder) :].partition(".")[0]
                if number.isdigit():
                    return f"{holder}{number}.{field}"
    numbers = [int(number) for number in _rows_with(holder, field, found)]
    return f"{holder}{min(int(match['number']), max(numbers, default=0))}.{field}"


def _rows_with(holder: str, field: str, found: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Return the numbers of the rows of a list that have a field."""
    for place, _ in found:
        if place.startswith(holder) and place.endswith(f".{field}"):
            number = place[len(holder) : -len(field) - 1]
            if number.isdigit():
                yield number


def word_of_row(path: str) -> str:
    """Return the word by which a path names a row; empty where it has its number alone."""
    match = _ROW.fullmatch(path)
    return match["word"] if match is not None else ""


def in_rows(path: str) -> bool:
    """Return whether a path leads through the rows of a list."""
    return any(part.isdigit() or part.startswith("[") for part in path.split("."))


@lru_cache(maxsize=16_384)
def _row_of(path: str) -> tuple[str, str, str] | None:
    """Return what is before the innermost row, its number, and what is inside it."""
    parts = path.split(".")
    places = [place for place, part in enumerate(parts) if part.isdigit()]
    if not places or places[-1] == len(parts) - 1:
        return None
    last = places[-1]
    before = ".".join(parts[:last])
    return (f"{before}." if before else ""), parts[last], ".".join(parts[last + 1 :])


def first_words(text: str) -> list[str]:
    """Return the first word of each line of a text: what the entries of a list are called."""
    words = (re.search(r"[\w.@-]*\w", line) for line in text.splitlines())
    return [found.group() for found in words if found is not None]
