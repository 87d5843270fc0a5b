"""Samples of what services use during a soak: memory, files, connections, threads, tasks."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import psutil

from crosstalk.report.svg import Markup, document, tag, text
from loadtests.observer.client import ask

_EVERY_SECONDS = 2.0
# Growth from the second to the last quarter of a run that chance may cause.
_SLACK = {
    "memory_mb": 15.0,
    "files": 10.0,
    "connections": 10.0,
    "pool_taken": 3.0,
    "threads": 3.0,
    "tasks": 10.0,
}
_TITLES = {
    "memory_mb": "memory, MB",
    "files": "open files",
    "connections": "TCP connections",
    "pool_taken": "pool connections taken",
}
_RELATIVE = 0.1
_WIDTH, _HEIGHT, _LEFT, _TOP = 420, 150, 12, 34
_COLOURS = ("#0969da", "#bf3989", "#1a7f37", "#9a6700")


class Sampler:
    """Samples processes while the `with` block runs.

    Args:
        pids: Service to process id.
        observers: Service to the URL of the observer in it, for its tasks and pools.
    """

    def __init__(self, pids: Mapping[str, int], observers: Mapping[str, str]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._observers = observers
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        self.samples: list[dict[str, Any]] = []

    def __enter__(self) -> Sampler:
        """Start sampling."""
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        """Stop sampling."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        while not self._ending.wait(_EVERY_SECONDS):
            sample: dict[str, Any] = {"seconds": round(time.monotonic() - began, 1)}
            for name, process in self._processes.items():
                at = self._observers[name]
                pools = ask(f"{at}/pools") or []
                with process.oneshot():
                    sample[name] = {
                        "memory_mb": round(process.memory_info().rss / 2**20, 1),
                        "files": process.num_fds(),
                        "connections": len(process.net_connections("tcp")),
                        "pool_taken": sum(pool["checked_out"] for pool in pools),
                        "threads": process.num_threads(),
                        "tasks": ask(f"{at}/tasks") or 0,
                    }
            self.samples.append(sample)


def growth(samples: Sequence[Mapping[str, Any]]) -> list[str]:
    """List the figures that grew more than chance allows; empty if the services stay flat.

    The last quarter is compared with the second: the first warms up.
    """
    quarter = len(samples) // 4
    if quarter == 0:
        return []
    found = []
    for name in samples[0]:
        if name == "seconds":
            continue
        for figure, slack in _SLACK.items():
            before = fmean(each[name][figure] for each in samples[quarter : 2 * quarter])
            after = fmean(each[name][figure] for each in samples[-quarter:])
            if after - before > max(slack, before * _RELATIVE):
                found.append(f"{name}: {figure} grew from {before:.1f} to {after:.1f}")
    return found


def soak_svg(samples: Sequence[Mapping[str, Any]]) -> str:
    """Draw one panel for each figure, with one line for each service."""
    services = [name for name in samples[0] if name != "seconds"] if samples else []
    rows = -(-len(_SLACK) // 2)
    parts = [
        text(_LEFT + 90 * number, 16, name, style=f"fill:{_COLOURS[number]}")
        for number, name in enumerate(services)
    ]
    for number, figure in enumerate(_SLACK):
        parts += _panel(figure, number, samples, services)
    return document(
        "Services during the soak",
        *parts,
        width=2 * _WIDTH,
        height=rows * (_HEIGHT + _TOP) + 24,
        style="polyline{fill:none;stroke-width:1.5}rect{fill:none;stroke:#8884}",
        size=12,
    )


def _panel(
    figure: str, number: int, samples: Sequence[Mapping[str, Any]], services: Sequence[str]
) -> list[Markup]:
    left = _LEFT + (number % 2) * _WIDTH
    top = _TOP + 20 + (number // 2) * (_HEIGHT + _TOP)
    width = _WIDTH - 2 * _LEFT
    until = max((each["seconds"] for each in samples), default=1.0) or 1.0
    most = max((each[name][figure] for each in samples for name in services), default=1) or 1
    title = f"{_TITLES.get(figure, figure)}: 0 to {most:g}, {until:.0f} s"
    parts = [
        text(left, top - 6, title),
        tag("rect", x=left, y=top, width=width, height=_HEIGHT),
    ]
    for index, name in enumerate(services):
        points = " ".join(
            f"{left + width * each['seconds'] / until:.1f},"
            f"{top + _HEIGHT * (1 - each[name][figure] / most):.1f}"
            for each in samples
        )
        parts.append(tag("polyline", style=f"stroke:{_COLOURS[index]}", points=points))
    return parts
