"""MCP over the standard streams of a process: one message a line.

Callers with one connection name share a process, as users behind one gateway do; others have a
process of their own, as users of desktop clients do.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shlex
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.delivery import MessageNumbers
from crosstalk.surface.http.json_text import encode, loads
from crosstalk.surface.transports.base import (
    Reply,
    TransportError,
    initialize_params,
    is_reply_to,
    message,
    response_to,
)
from crosstalk.surface.transports.listening import (
    LISTENING_SECONDS,
    answers_to,
    drained,
    messages_of,
)
from crosstalk.surface.wire_requests import WireRequest, answered_here, hold_back, overhear

_MAX_PROCESSES = 16
_END_SECONDS = 3.0
_ENDED = ""


@dataclass(slots=True)
class _Served:
    process: subprocess.Popen[bytes]
    arrived: queue.Queue[str] = field(default_factory=queue.Queue)
    said: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    greeting: Reply = field(default_factory=lambda: Reply(None, None))


class Stdio:
    """A command that serves MCP on its standard streams.

    Args:
        command: Program and arguments; `{name}` stands for a variable of the caller's environment.
        timeout: Seconds for one request.
        environment: Variables for every process, beside those that are inherited.
        folder: Working directory.
        revision: What the handshake offers.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        timeout: float,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        revision: str = "2025-11-25",
    ) -> None:
        self._command = tuple(command)
        self._timeout = timeout
        self._environment = dict(environment or {})
        self._folder = folder
        self._revision = revision
        self._ids = MessageNumbers()
        self._processes: dict[str, _Served] = {}

    @property
    def where(self) -> str:
        """Return the command."""
        return shlex.join(self._command)

    def request(self, method: str, params: Mapping[str, Any], presented: Presented) -> Reply:
        """Send a request to the caller's process and wait for its reply.

        Raises:
            TransportError: There is none.
            ValueError, RecursionError: JSON cannot express the request.
        """

        def line() -> WireRequest:
            return WireRequest(
                content=encode(message(method, params, next(self._ids))),
                command=self._command,
                environment={**self._environment, **presented.environment},
                folder=str(self._folder or ""),
            )

        hold_back(line)
        here = answered_here(line)
        if here is not None:
            return Reply(None, loads(here[1]))
        if method == "initialize":
            return self._greeted(presented)
        served = self._processes.get(presented.connection)
        if served is None or served.process.poll() is not None:
            served = self._start(presented)
        return self._ask(served, method, params, alone=presented.alone)

    def listen(self, uris: Iterable[str], presented: Presented) -> Reply:
        """Return what the caller's process wrote since the last time.

        Raises:
            TransportError: It cannot be started.
        """
        served = self._processes.get(presented.connection)
        if served is None or served.process.poll() is not None:
            served = self._start(presented)
        found = [loads(line) for line in drained(served.arrived, LISTENING_SECONDS, _ENDED)]
        for answer in answers_to(found):
            _write(served, answer)
        return messages_of(found if presented.alone else [])

    def close(self) -> None:
        """End the processes."""
        for served in self._processes.values():
            _end(served)
        self._processes.clear()

    def _greeted(self, presented: Presented) -> Reply:
        """Return the greeting of the caller's process: it is given once, when it starts."""
        served = self._processes.get(presented.connection)
        if served is None or served.process.poll() is not None:
            served = self._start(presented)
        return served.greeting

    def _start(self, presented: Presented) -> _Served:
        while len(self._processes) >= _MAX_PROCESSES:
            _end(self._processes.pop(next(iter(self._processes))))
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **self._environment, **presented.environment},
                cwd=self._folder,
                start_new_session=True,
            )
        except OSError as error:
            raise TransportError(
                f"{self._command[0]} cannot be started ({error.strerror}): install it, or give "
                "the right command"
            ) from error
        served = _Served(process)
        threading.Thread(target=_read, args=(served,), daemon=True).start()
        threading.Thread(target=_listen, args=(served,), daemon=True).start()
        self._processes[presented.connection] = served
        reply = served.greeting = self._ask(served, "initialize", initialize_params(self._revision))
        if not isinstance(reply.body, Mapping) or "result" not in reply.body:
            raise TransportError(f"{self.where} refused the handshake: {str(reply.body)[:200]}")
        _write(served, message("notifications/initialized", {}, None))
        return served

    def _ask(
        self, served: _Served, method: str, params: Mapping[str, Any], *, alone: bool = False
    ) -> Reply:
        identifier = next(self._ids)
        if not _write(served, message(method, params, identifier)):
            raise TransportError(f"{self.where} ended: {_last_words(served)}")
        unsolicited: list[Any] = []
        while True:
            try:
                line = served.arrived.get(timeout=self._timeout)
            except queue.Empty:
                raise TransportError(f"{self.where} was silent for {self._timeout:.0f} s") from None
            if line == _ENDED:
                raise TransportError(f"{self.where} ended: {_last_words(served)}")
            found = loads(line)
            if is_reply_to(identifier, found):
                overhear(line)
                # From a process that several users share, a message belongs to none of them.
                return Reply(None, found, unsolicited=tuple(unsolicited if alone else ()))
            unsolicited.append(found)
            if not isinstance(found, Mapping):
                # Programs print on their standard output, whatever the protocol says.
                served.said.append(line.strip())
                continue
            answer = response_to(found)
            if answer is not None:
                _write(served, answer)


def _write(served: _Served, content: Mapping[str, Any]) -> bool:
    line = encode(content) + b"\n"
    if served.process.stdin is None:
        return False
    try:
        served.process.stdin.write(line)
        served.process.stdin.flush()
    except (OSError, ValueError):
        return False
    return True


def _read(served: _Served) -> None:
    if served.process.stdout is not None:
        for line in served.process.stdout:
            if line.strip():
                served.arrived.put(line.decode("utf-8", "replace"))
    served.arrived.put(_ENDED)


def _listen(served: _Served) -> None:
    """Keep the process's complaints: a full pipe would stop it."""
    if served.process.stderr is not None:
        for line in served.process.stderr:
            served.said.append(line.decode("utf-8", "replace").strip())


def _last_words(served: _Served) -> str:
    with contextlib.suppress(subprocess.TimeoutExpired):
        served.process.wait(0.5)
    said = [line for line in served.said if line]
    return said[-1][:300] if said else "it said nothing"


def _end(served: _Served) -> None:
    process = served.process
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_END_SECONDS)
