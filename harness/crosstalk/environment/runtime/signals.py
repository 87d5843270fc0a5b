"""Signals that ask the harness to end: they unwind it, but never interrupt its cleaning up.

A Ctrl-C is a KeyboardInterrupt already; SIGTERM and a closed terminal (SIGHUP) become one. Only the
main thread can install handlers, and a handler that the caller has set stays: then the caller
decides, and the guard takes care of the rest.

Python loses an exception that is raised while it runs a finalizer or a callback of the garbage
collector, so that a signal is remembered as well: long work asks `asked_to_end` now and then. What
Python would print of the lost exception is left out.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ASKS = (signal.SIGTERM, signal.SIGHUP)
_asked = threading.Event()


def asked_to_end() -> bool:
    """Return whether a signal has asked to end since the last `forget_asking`."""
    return _asked.is_set()


def forget_asking() -> None:
    """Forget the signal: it has taken effect."""
    _asked.clear()


def unwind(number: int, frame: FrameType | None) -> None:
    """Handle a signal that asks to end: remember it, and raise KeyboardInterrupt."""
    _asked.set()
    raise KeyboardInterrupt


class Unwinding:
    """Handlers that turn signals that ask to end into KeyboardInterrupt while installed."""

    def __init__(self) -> None:
        self._replaced: dict[signal.Signals, Callable[..., object] | int | None] = {}
        self._told = sys.unraisablehook

    def install(self) -> None:
        """Install the handlers; signals that the caller handles or ignores are left alone."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, *_ASKS):
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                self._replaced[number] = signal.signal(number, unwind)
        if sys.unraisablehook != self._tell:
            self._told, sys.unraisablehook = sys.unraisablehook, self._tell

    def _tell(self, lost: sys.UnraisableHookArgs) -> None:
        if not (asked_to_end() and issubclass(lost.exc_type, KeyboardInterrupt)):
            self._told(lost)

    def remove(self) -> None:
        """Restore the former handlers."""
        if sys.unraisablehook == self._tell:
            sys.unraisablehook = self._told
        while self._replaced:
            number, former = self._replaced.popitem()
            signal.signal(number, former)

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
