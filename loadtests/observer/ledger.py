"""Ledger of one process: the resources that each request holds and waits for."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any

# As many as the largest phase has at once, and too few to show as growth.
_MAX_ENTRIES = 1_500


@dataclass(slots=True)
class RequestEntry:
    """History and present state of one request.

    Attributes:
        trace: Monotonic nanoseconds (the same in every process of the machine), action, resource.
        held: Units by resource.
        wants: Resources for which it waits now.
    """

    trace: list[tuple[int, str, str]] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    wants: list[str] = field(default_factory=list)


class ResourceLedger:
    """Entries by request id; thread-safe.

    Attributes:
        steps: Number of acquisitions and releases.
        since: Monotonic nanoseconds; of requests that began earlier, some were dropped.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, RequestEntry] = OrderedDict()
        self.steps = 0
        self.since = 0

    def want(self, request: str, resource: str) -> None:
        """Note that the request begins to wait."""
        with self._lock:
            self._entry(request).wants.append(resource)

    def give_up(self, request: str, resource: str) -> None:
        """Note that the request stops waiting without a unit."""
        with self._lock:
            wants = self._entry(request).wants
            if resource in wants:
                wants.remove(resource)

    def acquire(self, request: str, resource: str) -> None:
        """Note that the request got a unit."""
        with self._lock:
            entry = self._entry(request)
            if resource in entry.wants:
                entry.wants.remove(resource)
            entry.held[resource] += 1
            self.steps += 1
            entry.trace.append((time.monotonic_ns(), "acquire", resource))

    def release(self, request: str, resource: str) -> None:
        """Note that the request gave a unit back."""
        with self._lock:
            entry = self._entry(request)
            entry.held[resource] -= 1
            self.steps += 1
            entry.trace.append((time.monotonic_ns(), "release", resource))

    def active(self) -> dict[str, dict[str, Any]]:
        """Return the requests that hold or wait for a resource now."""
        with self._lock:
            return {
                request: {"held": dict(+entry.held), "wants": list(entry.wants)}
                for request, entry in self._entries.items()
                if entry.wants or +entry.held
            }

    def traces(self) -> dict[str, list[tuple[int, str, str]]]:
        """Return what the latest requests have done; see `since`."""
        with self._lock:
            return {request: list(entry.trace) for request, entry in self._entries.items()}

    def _entry(self, request: str) -> RequestEntry:
        entry = self._entries.setdefault(request, RequestEntry())
        self._entries.move_to_end(request)
        if len(self._entries) > _MAX_ENTRIES:
            self._drop_one()
        return entry

    def _drop_one(self) -> None:
        """Drop the finished request without activity for longest."""
        for request, entry in self._entries.items():
            if not entry.wants and not +entry.held:
                del self._entries[request]
                # Another process may still know what it did there.
                self.since = max(self.since, *(when for when, _, _ in entry.trace), 0)
                return
