"""Ends what a run started when the run dies without saying so.

The harness holds the write end of a pipe into this small process and tells it the process groups
it starts. When the pipe closes, for whatever reason (a crash, SIGKILL), the groups are ended. It
runs as `python guard.py` with nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

_PATIENCE_SECONDS = 5.0


def end_groups(groups: list[int], patience: float = _PATIENCE_SECONDS) -> None:
    """Ask process groups to end, newest first, and kill those that do not."""
    for group in reversed(groups):
        _signal(group, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(_signal(group, 0) for group in groups):
        time.sleep(0.05)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False


class Guard:
    """The harness's side: tell it process groups, and close it when they have ended."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """End this process group when the harness dies."""
        self._say(f"+{group}")

    def forget(self, group: int) -> None:
        """The group has ended."""
        self._say(f"-{group}")

    def close(self) -> None:
        """No group is left; the guard ends."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait(_PATIENCE_SECONDS * 2)

    def _say(self, line: str) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(f"{line}\n".encode())
                self._process.stdin.flush()


def main() -> None:
    """Read groups from standard input until it closes, then end them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.append(group)
        elif group in groups:
            groups.remove(group)
    end_groups(groups)


if __name__ == "__main__":
    main()
