"""Base of the attacks: each has its own system, and a victim that measures latency."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.cpu import cpu_seconds
from crosstalk.environment import ProcessEnvironment, ProcessOptions, RunningSystem

# A figure is not waited for any longer.
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Attack:
    """Settings of one attack.

    Attributes:
        folder: For logs.
        root: Folder with the `system` package that is attacked; None takes the installed one.
    """

    folder: Path
    root: Path | None = None

    @contextmanager
    def system(self, **options: Any) -> Iterator[RunningSystem]:
        """The reference system, for the length of the block; `options` are `ProcessOptions`."""
        chosen = ProcessOptions(run_folder=self.folder, system_root=self.root, **options)
        with ProcessEnvironment(chosen) as running:
            yield running


@dataclass(slots=True)
class Victim:
    """A client that sends a harmless request again and again, at a steady pace.

    Attributes:
        seconds: How long each answer took, counted from when its request was due.
        failures: Answers other than 200, and requests without one.
    """

    seconds: list[float] = field(default_factory=list)
    failures: int = 0

    def worst(self) -> float:
        """The longest wait, in seconds."""
        return round(max(self.seconds, default=math.nan), 3)

    def percentile(self, share: float) -> float:
        """A percentile of the waits, in seconds; `share` is 0.95 for the 95th."""
        ordered = sorted(self.seconds)
        place = min(len(ordered) - 1, int(share * len(ordered)))
        return round(ordered[place], 3) if ordered else math.nan


@contextmanager
def victim(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    pause: float = 0.05,
    fresh: bool = False,
) -> Iterator[Victim]:
    """A victim who reads a URL while the block runs, and waits for the last answer at its end.

    With `fresh` each request has a connection of its own.
    """
    seen, leaving = Victim(), threading.Event()
    limits = httpx2.Limits(max_keepalive_connections=0 if fresh else 1)

    def watch() -> None:
        with httpx2.Client(timeout=PATIENCE, headers=dict(headers or {}), limits=limits) as client:
            due = time.monotonic()
            while not leaving.is_set():
                try:
                    seen.failures += client.get(url).status_code != 200
                except httpx2.HTTPError:
                    seen.failures += 1
                seen.seconds.append(time.monotonic() - due)
                due = max(due + pause, time.monotonic())
                leaving.wait(max(0.0, due - time.monotonic()))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        # Some answers without the attack, so that the first is no cold one.
        time.sleep(5 * pause)
        yield seen
    finally:
        time.sleep(5 * pause)
        leaving.set()
        watching.join()


@contextmanager
def spent(running: RunningSystem, service: str) -> Iterator[Callable[[], float]]:
    """Seconds of processor time that a service has used since the block began."""
    pid = running.services[service].pid
    if pid is None:
        raise ValueError(f"{service} does not run")
    before = cpu_seconds(pid)
    yield lambda: round(cpu_seconds(pid) - before, 3)


def bearer(running: RunningSystem, subject: str, audience: str = "backend") -> dict[str, str]:
    """Headers with a token of this subject."""
    return {
        "Authorization": f"Bearer {running.mint(subject, audience=audience)}",
        "Content-Type": "application/json",
    }
