"""Quiescence: after a run nothing may be checked out, open or under way in the system."""

from __future__ import annotations

import time
from collections.abc import Callable

# A request whose client has gone may still be served for as long as a model thinks.
PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.25


def what_is_left(
    left: Callable[[], list[str]] | None, *, patience: float = PATIENCE_SECONDS
) -> list[str] | None:
    """Return what the system still holds or does when it has had time to end it.

    Args:
        left: Returns what is left now; None where that cannot be seen.
        patience: Seconds that the system has.

    Returns:
        An empty list as soon as nothing is left; otherwise what was left at the end; None where
        that cannot be seen.
    """
    if left is None:
        return None
    deadline = time.monotonic() + patience
    while found := left():
        if time.monotonic() >= deadline:
            return found
        time.sleep(_PAUSE_SECONDS)
    return []
