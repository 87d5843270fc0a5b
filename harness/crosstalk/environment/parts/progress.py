"""Progress of work that takes minutes, as lines for a person."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_EVERY_SECONDS = 15.0


def silent(line: str) -> None:
    """Drop a line."""


@contextmanager
def told(
    tell: Callable[[str], None], what: str, *, every: float = _EVERY_SECONDS
) -> Iterator[None]:
    """Tell that work begins, every few seconds that it still goes on, and when it has ended.

    Args:
        tell: Called with each line, from another thread too.
        what: The work, as a noun or a gerund: "installing packages".
        every: Seconds between two lines.
    """
    began, over = time.monotonic(), threading.Event()

    def seconds() -> str:
        return f"{time.monotonic() - began:.0f} s"

    def remind() -> None:
        while not over.wait(every):
            tell(f"{what}: {seconds()} so far ...")

    tell(f"{what} ...")
    reminder = threading.Thread(target=remind, daemon=True)
    reminder.start()
    try:
        yield
    finally:
        over.set()
        reminder.join()
    tell(f"{what}: done after {seconds()}")
