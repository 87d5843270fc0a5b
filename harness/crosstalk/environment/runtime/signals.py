"""Signals that ask the harness to end: they unwind it, but never interrupt its cleaning up.

A Ctrl-C is a KeyboardInterrupt already; SIGTERM and a closed terminal (SIGHUP) become one. Only the
main thread can install handlers, and a handler that the caller has set stays: then the caller
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
    """Handlers that turn SIGTERM and SIGHUP into KeyboardInterrupt while they are installed."""

    def __init__(self) -> None:
        self._replaced: list[signal.Signals] = []

    def install(self) -> None:
        """Install the handlers; signals that the caller handles or ignores are left alone."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _ASKS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _interrupt)
                self._replaced.append(number)

    def remove(self) -> None:
        """Restore the former handlers."""
        while self._replaced:
            signal.signal(self._replaced.pop(), signal.SIG_DFL)

    def finish(self, ending: Callable[[], None]) -> None:
        """Run the cleaning up undisturbed, then restore the former handlers."""
        try:
            with undisturbed():
                ending()
        finally:
            self.remove()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back signals that ask to end until the block is done; they take effect then."""
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
