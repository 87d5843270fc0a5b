"""Time in which a call may wait for its turn; set where calls are made, read where they wait."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ENDS: ContextVar[float] = ContextVar("calls_end", default=math.inf)


@contextmanager
def ending_at(deadline: float) -> Iterator[None]:
    """Let the calls of the block wait until a deadline.

    Args:
        deadline: On the clock of `time.monotonic`; minus infinity where a refusal is to be seen
            and not waited for.
    """
    token = _ENDS.set(deadline)
    try:
        yield
    finally:
        _ENDS.reset(token)


def seconds_to_wait() -> float:
    """Return the seconds in which the call under way may still be made; infinite where unset."""
    return max(0.0, _ENDS.get() - time.monotonic())


def waits_for_nothing() -> bool:
    """Return whether the call under way is to be refused where it would have to wait."""
    return _ENDS.get() == -math.inf
