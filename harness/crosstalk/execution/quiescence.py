"""After a run the system must come to rest: nothing checked out, open or under way."""

from __future__ import annotations

import time
from collections.abc import Callable

# An answer that nobody waits for any more may still be under way for as long as a model thinks.
_PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.25


def what_is_left(
    left: Callable[[], list[str]] | None, *, patience: float = _PATIENCE_SECONDS
) -> list[str] | None:
    """What the system still holds or does when it has had time to end it.

    Args:
        left: Looks now; None where nobody can.
        patience: Seconds that the system has.

    Returns:
        Nothing at the first look at which there is nothing; what the last look saw otherwise.
    """
    if left is None:
        return None
    deadline = time.monotonic() + patience
    while found := left():
        if time.monotonic() >= deadline:
            return found
        time.sleep(_PAUSE_SECONDS)
    return []
