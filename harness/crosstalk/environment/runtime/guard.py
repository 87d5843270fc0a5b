"""A guard process that ends what a run started when the run dies, even by SIGKILL.

The harness holds the write end of a pipe into this small process and sends it, a JSON object a
line, the process groups that it starts, the folders that it fills and the label of its containers.
When the pipe closes or the harness is gone, for whatever reason (a crash, SIGKILL), the groups are
ended, and folders and containers removed. It runs as `python -I guard.py` with nothing but the
standard library, and the `docker` command where containers were started.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE_SECONDS = 5.0
_LOOK_SECONDS = 0.5
_ENGINE_SECONDS = 60.0
# Containers before the networks and volumes that they hold on to.
_LABELLED = (
    (("ps", "--all", "--quiet", "--no-trunc"), ("rm", "--force", "--volumes")),
    (("network", "ls", "--quiet", "--no-trunc"), ("network", "rm")),
    (("volume", "ls", "--quiet"), ("volume", "rm", "--force")),
)


class Guard:
    """The harness's side of the guard: reports what begins and ends, and closes it at the end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    @property
    def pid(self) -> int:
        """Process id of the guard."""
        return self._process.pid

    def watch(self, group: int, stop_signal: int) -> None:
        """End this process group with that signal when the harness dies."""
        self._say({"group": group, "signal": stop_signal})

    def forget(self, group: int) -> None:
        """Stop watching a process group, which has ended."""
        self._say({"group": group, "signal": None})

    def sweep(self, folder: Path) -> None:
        """Remove this folder when the harness dies."""
        self._say({"folder": str(folder)})

    def remove(self, label: str) -> None:
        """Remove containers, networks and volumes with this label when the harness dies."""
        self._say({"label": label, "left": True})

    def removed(self, label: str) -> None:
        """Report that nothing with this label is left."""
        self._say({"label": label, "left": False})

    def close(self) -> None:
        """Let the guard end; whatever it still watches ends with it."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE_SECONDS * 3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _say(self, fact: dict[str, object]) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(json.dumps(fact).encode() + b"\n")
                self._process.stdin.flush()


def end_groups(groups: dict[int, int], patience: float = _PATIENCE_SECONDS) -> None:
    """Ask process groups to end, newest first, and kill those that do not.

    Args:
        groups: Process group to the signal that it understands as a request to end.
        patience: How long to wait before killing, in seconds.
    """
    for group, number in reversed(groups.items()):
        _signal(group, number)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(_signal(group, 0) for group in groups):
        time.sleep(0.05)
    for group in groups:
        _signal(group, signal.SIGKILL)


def remove_labelled(label: str, *, wait: bool = True) -> None:
    """Remove the containers, networks and volumes that bear a label, with all that is in them.

    Args:
        label: As `name=value`.
        wait: Look again a moment later: the engine may have been making one when the harness died.
    """
    for pause in (0.0, 1.0) if wait else (0.0,):
        time.sleep(pause)
        for listing, removing in _LABELLED:
            if names := _engine(*listing, "--filter", f"label={label}"):
                _engine(*removing, *names)


def _engine(*arguments: str) -> list[str]:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            ["docker", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=_ENGINE_SECONDS,
        )
        return done.stdout.split()
    return []


def _signal(group: int, number: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False


def _facts(parent: int) -> list[dict[str, object]]:
    """Read the harness's reports until it closes the pipe or is gone."""
    said = b""
    while True:
        heard, _, _ = select.select([0], [], [], _LOOK_SECONDS)
        piece = os.read(0, 65_536) if heard else b""
        said += piece
        # A fork of the harness may hold the pipe open after it.
        if (heard and not piece) or (not heard and os.getppid() != parent):
            return [json.loads(line) for line in said.split(b"\n")[:-1]]


def main() -> None:
    """Wait until the harness is gone, then end and remove what it left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    folders: list[str] = []
    labels: dict[str, bool] = {}
    for fact in _facts(os.getppid()):
        if "folder" in fact:
            folders.append(str(fact["folder"]))
            continue
        if "label" in fact:
            labels[str(fact["label"])] = bool(fact["left"])
            continue
        group, asked = fact["group"], fact["signal"]
        if not isinstance(group, int):
            continue
        groups.pop(group, None)
        if isinstance(asked, int):
            groups[group] = asked
    end_groups(groups)
    for label, left in labels.items():
        if left:
            remove_labelled(label)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
