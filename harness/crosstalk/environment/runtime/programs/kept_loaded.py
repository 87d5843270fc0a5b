"""`python -P kept_loaded.py FD MODULE ...` runs a service, and keeps what it loaded for later.

To load the backend takes longer than all else about its start. This program loads the application
of a module (its `app`, where it has one), leaves a copy of itself that holds what was loaded, and
runs the module as `python -m MODULE ...` would. The copy opens no port and reaches no database. It
is told by lines of JSON on the socket FD: `{"environment": {...}}` has it fork, the
fork answers `{"begun": pid}` and runs the module once `{"go": pid}` was said, and `{"ended": pid,
"status": N}` tells of its end. The copy ends when the other end of the socket does, and with it
every fork that has not been let go. It runs with the environment of the service, in which there is
no harness, and so needs nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import runpy
import select
import signal
import socket
import sys

_PIECE = 65_536


def main() -> None:
    """Load the module's application, leave a copy that holds it, and run the module."""
    _, control, *sys.argv = sys.argv
    name = sys.argv[0]
    with socket.socket(fileno=int(control)) as told:
        # What modules define is no garbage (see `system.loading`).
        gc.disable()
        if importlib.util.find_spec(f"{name}.app") is not None:
            importlib.import_module(f"{name}.app")
        gc.freeze()
        gc.enable()
        sys.stdout.flush()
        if os.fork() == 0 and not _forked(told):
            return
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _forked(told: socket.socket) -> bool:
    """Hold what was loaded; returns whether this is a fork that shall run the module."""
    os.setsid()
    gates: dict[int, int] = {}
    ended, woken = os.pipe()
    for each in (ended, woken):
        os.set_blocking(each, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _noted)
    heard = b""
    while True:
        ready, _, _ = select.select([told.fileno(), ended], [], [])
        if ended in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(ended, _PIECE)
            _tell_ends(told)
        if told.fileno() not in ready:
            continue
        piece = told.recv(_PIECE)
        if not piece:
            return False
        *lines, heard = (heard + piece).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "go" in order:
                gate = gates.pop(order["go"])
                os.write(gate, b"g")
                os.close(gate)
                continue
            opened, gate = os.pipe()
            pid = os.fork()
            if pid == 0:
                for each in (gate, ended, woken, *gates.values()):
                    os.close(each)
                return _let_go(told, opened, order["environment"])
            os.close(opened)
            gates[pid] = gate


def _let_go(told: socket.socket, gate: int, environment: dict[str, str]) -> bool:
    """Become a service that has not begun; returns whether it shall."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    # Only now: whoever ends its group before it has one ends nothing.
    _say(told, {"begun": os.getpid()})
    let = os.read(gate, 1)
    os.close(gate)
    return bool(let)


def _tell_ends(told: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _say(told, {"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(told: socket.socket, fact: dict[str, int]) -> None:
    # Whoever asked may be gone: the next reading tells.
    with contextlib.suppress(OSError):
        told.sendall(json.dumps(fact).encode() + b"\n")


def _noted(number: int, frame: object) -> None:
    """Have the signal wake the loop, and nothing else."""


if __name__ == "__main__":
    main()
