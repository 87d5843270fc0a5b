"""Performs calls with each actor's credential and records them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from harness.history import Actor, Call, History, Probe
from harness.surface.operation import Operation, Surface


class Credentials(Protocol):
    """Gives the request headers that carry an actor's identity."""

    def headers(self, actor: Actor, subject: str, surface: str) -> Mapping[str, str]:
        """Headers for a call of this actor on this surface; empty for somebody without any."""
        ...


class Performer:
    """Sends calls through the surface they belong to; counts them over all examples.

    Args:
        surfaces: Surface name (`mcp`, `rest`, `chat`) to what performs its calls.
        operations: Operation name to operation.
        credentials: Who may present what.
    """

    def __init__(
        self,
        surfaces: Mapping[str, Surface],
        operations: Mapping[str, Operation],
        credentials: Credentials,
    ) -> None:
        self._surfaces = surfaces
        self.operations = operations
        self._credentials = credentials
        self.calls_made = 0
        self._recording = threading.Lock()

    def perform(
        self,
        history: History,
        actor: Actor,
        operation: str,
        arguments: Mapping[str, Any],
        probe: Probe | None = None,
    ) -> Call:
        """Make one call and record it; calls may be made from several threads at once.

        Raises:
            KeyError: The system has no such operation now.
        """
        found = self.operations[operation]
        subject = history.subjects[actor.user or actor.claims]
        headers = self._credentials.headers(actor, subject, found.surface)
        started = time.monotonic()
        answer = self._surfaces[found.surface].call(found, arguments, headers)
        ended = time.monotonic()
        with self._recording:
            call = Call(
                index=len(history.calls) + 1,
                actor=actor,
                operation=operation,
                arguments=dict(arguments),
                answer=answer,
                started=started,
                ended=ended,
                probe=probe,
            )
            history.record(call)
            self.calls_made += 1
        return call
