"""Signals that ask the harness to end: they unwind it, and never in the middle of its ending.

A Ctrl-C is a KeyboardInterrupt already; SIGTERM and a closed terminal (SIGHUP) become one. Only a
process's main thread may say so, and a handler that the caller has set stays: then the caller
decides, and the guard takes care of the rest.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ASKS = (signal.SIGTERM, signal.SIGHUP)


class Unwinding:
    """While installed, SIGTERM and SIGHUP raise KeyboardInterrupt."""

    def __init__(self) -> None:
        self._replaced: list[signal.Signals] = []

    def install(self) -> None:
        """Begin; signals that the caller handles or ignores are left alone."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _ASKS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _interrupt)
                self._replaced.append(number)

    def remove(self) -> None:
        """End; the signals mean what they meant before."""
        while self._replaced:
            signal.signal(self._replaced.pop(), signal.SIG_DFL)

    def finish(self, ending: Callable[[], None]) -> None:
        """End what was begun, undisturbed; then the signals mean what they meant before."""
        try:
            with undisturbed():
                ending()
        finally:
            self.remove()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep signals that ask to end until the block is through; they take effect then."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept: list[int] = []

    def keep(number: int, frame: FrameType | None) -> None:
        kept.append(number)

    before = {number: signal.signal(number, keep) for number in (signal.SIGINT, *_ASKS)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        for late in dict.fromkeys(kept):
            os.kill(os.getpid(), late)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
