"""Kills one replica after the other, without warning, and starts another for each.

A replica is killed only where another of its service is ready: what is asked is whether users
notice the end of one, not whether a system without any answers.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from harness.environment import RunningSystem
from harness.environment.probes import answers
from harness.errors import HarnessError

_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a replica, so many seconds after the killer began."""

    seconds: float
    what: str
    replica: str


class Killer:
    """Kills while the `with` block runs.

    Args:
        running: The system.
        slots: Service name to the names of its slots, of which one is free.
        every: Seconds between two kills.
        seed: Of the choice among a service's replicas.

    Attributes:
        events: What happened, in order.
    """

    def __init__(
        self, running: RunningSystem, slots: Mapping[str, Sequence[str]], every: float, seed: int
    ) -> None:
        self._running = running
        self._slots = slots
        self._every = every
        self._chance = random.Random(seed)  # noqa: S311
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="killer")
        self._starting = ThreadPoolExecutor(4)
        # Slots in which something is about to be started.
        self._occupied: set[str] = set()
        self._began = time.monotonic()
        self.events: list[Event] = []
        self.failure: str | None = None

    def __enter__(self) -> Killer:
        """Begin."""
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        """Stop killing, and wait for the replica that is being started."""
        self._ending.set()
        self._thread.join()
        self._starting.shutdown()

    def counted(self, what: str) -> int:
        """How often that happened: `killed`, `started`."""
        return sum(each.what == what for each in self.events)

    def _work(self) -> None:
        turns = deque(self._slots)
        due = self._every
        while not self._ending.wait(_LOOK_SECONDS):
            if time.monotonic() - self._began < due:
                continue
            for service in turns:
                chosen = self._choose(service)
                if chosen is not None:
                    due = time.monotonic() - self._began + self._every
                    victim, place = chosen
                    self._occupied.add(place)
                    self._kill(victim)
                    self._starting.submit(self._start, place)
                    turns.remove(service)
                    turns.append(service)
                    break

    def _choose(self, service: str) -> tuple[str, str] | None:
        """One of two that are ready, and the slot where another is started for it."""
        names = self._slots[service]
        ready = [name for name in names if self._is_ready(name)]
        free = [
            name
            for name in names
            if name not in self._occupied and not self._running.services[name].alive()
        ]
        return (self._chance.choice(ready), free[0]) if len(ready) > 1 and free else None

    def _kill(self, name: str) -> None:
        service = self._running.services[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(service.pid, signal.SIGKILL)
        self._running.stop(name)
        self._note("killed", name)

    def _start(self, name: str) -> None:
        try:
            self._running.start(name)
            self._note("started", name)
        except HarnessError as error:
            self.failure = str(error)
        finally:
            self._occupied.discard(name)

    def _is_ready(self, name: str) -> bool:
        service = self._running.services[name]
        return service.alive() and answers(service.port, "/ready")

    def _note(self, what: str, name: str) -> None:
        self.events.append(Event(round(time.monotonic() - self._began, 1), what, name))
