"""Kills one replica after the other, without warning, and starts another for each.

A replica is killed only while another of its service is ready: the question is whether users notice
the end of one replica.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from crosstalk.core.errors import HarnessError
from loadtests.scenarios.replica_control import Replicas

_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class ReplicaEvent:
    """Kill or start of a replica, in seconds after the killer began."""

    seconds: float
    what: str
    replica: str


class ReplicaKiller:
    """Kills replicas while the `with` block runs.

    Args:
        replicas: Replicas that can be killed and started.
        every: Seconds between two kills.
        seed: Of the choice among a service's replicas.

    Attributes:
        events: Kills and starts, in order.
        failure: Why a replica did not start, if one did not.
    """

    def __init__(self, replicas: Replicas, every: float, seed: int) -> None:
        self._replicas = replicas
        self._every = every
        self._chance = random.Random(seed)  # noqa: S311
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="killer")
        self._starting = ThreadPoolExecutor(4)
        # Slots in which a replica is being started.
        self._occupied: set[str] = set()
        self._began = time.monotonic()
        self.events: list[ReplicaEvent] = []
        self.failure: str | None = None

    def __enter__(self) -> ReplicaKiller:
        """Start killing."""
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        """Stop killing, and wait for the replica that is being started."""
        self._ending.set()
        self._thread.join()
        self._starting.shutdown()

    def count(self, what: str) -> int:
        """Return the number of events of a kind: `killed` or `started`."""
        return sum(each.what == what for each in self.events)

    def _work(self) -> None:
        services = deque(self._replicas.slots)
        due = self._every
        while not self._ending.wait(_LOOK_SECONDS):
            if time.monotonic() - self._began < due:
                continue
            for service in services:
                chosen = self._choose(service)
                if chosen is not None:
                    due = time.monotonic() - self._began + self._every
                    victim, slot = chosen
                    self._occupied.add(slot)
                    self._kill(victim)
                    self._starting.submit(self._start, slot)
                    services.remove(service)
                    services.append(service)
                    break

    def _choose(self, service: str) -> tuple[str, str] | None:
        """Choose one of at least two ready replicas, and the slot for its successor."""
        names = self._replicas.slots[service]
        ready = [name for name in names if self._replicas.is_ready(name)]
        if len(ready) < 2 or self._occupied.intersection(names):
            return None
        victim = self._chance.choice(ready)
        free = [name for name in names if self._replicas.is_free(name)]
        return victim, free[0] if free else victim

    def _kill(self, name: str) -> None:
        self._replicas.kill(name)
        self._note("killed", name)

    def _start(self, name: str) -> None:
        try:
            self._replicas.start(name)
            self._note("started", name)
        except HarnessError as error:
            self.failure = str(error)
        finally:
            self._occupied.discard(name)

    def _note(self, what: str, name: str) -> None:
        self.events.append(ReplicaEvent(round(time.monotonic() - self._began, 1), what, name))
