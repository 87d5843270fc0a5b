"""A lock in a file, which one run holds at a time and no run waits for without end."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.probes import state_of

_LOOK_EVERY_SECONDS = 0.05
# What a stopped holder may take to be continued, e.g. by a shell's `fg`.
_STOPPED_SECONDS = 10.0


@contextmanager
def file_lock(path: Path, what: str, *, seconds: float, instead: str) -> Iterator[None]:
    """Hold a lock while the block runs; it ends with its process, however that ends.

    Args:
        path: The lock's file, which holds the process id of who has the lock.
        what: The thing that it guards, for the message.
        seconds: How long the holder may take, seconds.
        instead: How to do without the lock, for the message.

    Raises:
        EnvironmentFailed: Another process kept it for longer, or is stopped.
        OSError: The file cannot be made.
    """
    with path.open("a+", encoding="ascii") as lock:
        _acquire(lock, what, seconds, instead)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _acquire(lock: IO[str], what: str, seconds: float, instead: str) -> None:
    began = time.monotonic()
    while not _taken(lock):
        waited = time.monotonic() - began
        holder = _holder(lock)
        stopped = holder is not None and waited >= _STOPPED_SECONDS and state_of(holder) == "T"
        if stopped or waited >= seconds:
            who = f"process {holder}" if holder is not None else "another process"
            state = " is stopped and" if stopped else ""
            end = f"end it (kill -KILL {holder})" if holder is not None else "end it"
            cont = f"continue it (kill -CONT {holder}), " if stopped else ""
            raise EnvironmentFailed(
                f"{what} is in use: {who}{state} has held {lock.name} for {waited:.0f} s; "
                f"{cont}{end}, or {instead}"
            )
        time.sleep(_LOOK_EVERY_SECONDS)


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _holder(lock: IO[str]) -> int | None:
    lock.seek(0)
    said = lock.read().strip()
    return int(said) if said.isdigit() else None
