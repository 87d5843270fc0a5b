"""Probes of services: whether one is ready, asked often and so cheaply, or answers at all."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx2

from crosstalk.environment.runtime.errors import EnvironmentFailed
from crosstalk.environment.runtime.masking import mask_text

_SECONDS = 2.0
_LOOK_SECONDS = 0.05
_REACH_SECONDS = 10.0


def state_of(process: int) -> str | None:
    """Return the letter of a process's state, as proc_pid_stat(5) says: `T` stopped, `Z` a zombie.

    None where there is no such process, or no /proc.
    """
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets, which may hold brackets and spaces.
    return next(iter(status.rpartition(")")[2].split()), None)


class Starting(Protocol):
    """A program that was started, as a process or a container."""

    name: str

    def alive(self) -> bool:
        """Return whether it still runs."""
        ...

    def last_words(self) -> str:
        """Return the last telling line of its output."""
        ...


def require_alive(program: Starting) -> None:
    """Check that a program still runs.

    Raises:
        EnvironmentFailed: It ended; the message has its last words.
    """
    if not program.alive():
        raise EnvironmentFailed(f"{program.name} did not start: {program.last_words()}")


def wait_for(program: Starting, probe: Callable[[], bool], seconds: float) -> None:
    """Wait until the probe of a starting program succeeds.

    Raises:
        EnvironmentFailed: It ended, or it took too long; the message has its last words.
    """
    deadline = time.monotonic() + seconds
    while not probe():
        require_alive(program)
        if time.monotonic() > deadline:
            raise EnvironmentFailed(
                f"{program.name} was not ready in {seconds:.0f} s: {program.last_words()}"
            )
        time.sleep(_LOOK_SECONDS)


def listens(port: int) -> bool:
    """Return whether a server accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(_SECONDS)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(port: int, path: str) -> bool:
    """Return whether `GET path` on a loopback port is answered with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status == 200
    return False


def require_answer(url: str) -> None:
    """Check that a server answers at a URL, with whatever status.

    Raises:
        EnvironmentFailed: No server answers, or it is not an http:// or https:// URL.
    """
    shown = mask_text(url)
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise EnvironmentFailed(f"{shown} is not an http:// or https:// URL")
    try:
        # Any status will do, a refusal too: only the harness's credentials open the rest.
        # The response's head is enough: some endpoints stream for ever.
        with httpx2.stream("GET", url, timeout=_REACH_SECONDS):
            return
    except httpx2.HTTPError as error:
        raise EnvironmentFailed(
            f"no server answers at {shown} ({type(error).__name__}): is the system running there?"
        ) from error
