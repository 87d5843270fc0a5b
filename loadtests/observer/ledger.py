"""Who holds what and waits for what, request by request, in one process."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any

# As many as the largest phase has at once, and few enough that keeping them is no growth.
_KEPT = 1_500


@dataclass(slots=True)
class Entry:
    """One request: what it did, and where it stands.

    Attributes:
        trace: Monotonic nanoseconds (the same in every process of the machine), action, resource.
        held: Units by resource.
        wants: Resources that it waits for now.
    """

    trace: list[tuple[int, str, str]] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    wants: list[str] = field(default_factory=list)


class Ledger:
    """Entries by request id; threads may write at once.

    Attributes:
        steps: How often something was taken or given back.
        since: Monotonic nanoseconds; of what began earlier, some is forgotten.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self.steps = 0
        self.since = 0

    def want(self, request: str, resource: str) -> None:
        """The request begins to wait."""
        with self._lock:
            self._entry(request).wants.append(resource)

    def give_up(self, request: str, resource: str) -> None:
        """The request waits no more, and has got nothing."""
        with self._lock:
            wants = self._entry(request).wants
            if resource in wants:
                wants.remove(resource)

    def acquire(self, request: str, resource: str) -> None:
        """The request got a unit."""
        with self._lock:
            entry = self._entry(request)
            if resource in entry.wants:
                entry.wants.remove(resource)
            entry.held[resource] += 1
            self.steps += 1
            entry.trace.append((time.monotonic_ns(), "acquire", resource))

    def release(self, request: str, resource: str) -> None:
        """The request gave a unit back."""
        with self._lock:
            entry = self._entry(request)
            entry.held[resource] -= 1
            self.steps += 1
            entry.trace.append((time.monotonic_ns(), "release", resource))

    def standing(self) -> dict[str, dict[str, Any]]:
        """Requests that hold something or wait for something now."""
        with self._lock:
            return {
                request: {"held": dict(+entry.held), "wants": list(entry.wants)}
                for request, entry in self._entries.items()
                if entry.wants or +entry.held
            }

    def traces(self) -> dict[str, list[tuple[int, str, str]]]:
        """What every request has done, the latest requests only; see `since`."""
        with self._lock:
            return {request: list(entry.trace) for request, entry in self._entries.items()}

    def _entry(self, request: str) -> Entry:
        entry = self._entries.setdefault(request, Entry())
        self._entries.move_to_end(request)
        if len(self._entries) > _KEPT:
            self._forget_one()
        return entry

    def _forget_one(self) -> None:
        """Drop the request that was quiet longest, of those that are through."""
        for request, entry in self._entries.items():
            if not entry.wants and not +entry.held:
                del self._entries[request]
                # Another process may still know what it did there.
                self.since = max(self.since, *(when for when, _, _ in entry.trace), 0)
                return
