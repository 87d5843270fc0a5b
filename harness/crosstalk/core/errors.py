"""Failures of a run itself, as opposed to what the run finds, and advice on wrong names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# How many names are listed, where none is near.
_LISTED = 8
_ALIKE = 0.5


class HarnessError(Exception):
    """Base of every expected failure; its message is one line that says what to do.

    What is no subclass's is the caller's to correct: an option, a file, a setting.
    """


class TargetFailedError(HarnessError):
    """The target, or what it needs to run, did not come up or has gone away."""


class InternalError(HarnessError):
    """The harness is wrong, not the target and not the caller."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that said that there is no such name.

    Args:
        name: As it was written.
        known: The names that there are.
    """
    names = sorted(set(known))
    # A person who writes capitals or leaves a word's end out means the same.
    lower = {each.lower(): each for each in names}
    close = get_close_matches(name.lower(), lower, 1, _ALIKE)
    if not close:
        close = [each for each in lower if name and name.lower() in each][:1]
    if close:
        return f"; did you mean {lower[close[0]]!r}?"
    if not names:
        return "; there are none"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"; there are: {', '.join(names[:_LISTED])}{more}"
