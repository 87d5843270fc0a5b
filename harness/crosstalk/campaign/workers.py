"""Processes that work for a command: they end with it, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import connection
from types import FrameType

from crosstalk.environment.runtime.signals import unwind

# Longer than a system takes to end.
_GRACE_SECONDS = 30.0


def end_with_parent() -> None:
    """From now on this process gets SIGTERM when the one that started it is gone.

    A killed command cannot tell its workers, and each of them runs a whole system. SIGTERM unwinds
    what they have begun; a pool's worker would go on with what is queued after that, so it is over
    for good a little later.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE_SECONDS)
        # What an environment has started since, its guard ends.
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def interrupted_once() -> Callable[[], bool]:
    """Let the first signal that asks to end interrupt this process, and no other.

    A terminal sends one to every process, and the one that started this sends another: the second
    would cut off the report of what the first has interrupted.

    Returns:
        Whether a signal has come.
    """
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(number)
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        unwind(number, frame)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, interrupt)
    return lambda: bool(came)
