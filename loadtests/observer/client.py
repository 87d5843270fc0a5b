"""Client of the observers inside services; finds the cycle in which requests wait."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from typing import Any

from crosstalk.deadlock.cycle import Link, find_cycle
from crosstalk.deadlock.program import Held, Position, Resource
from crosstalk.deadlock.search import Blocked, Stall
from crosstalk.deadlock.traces import Action, TraceStep

_SECONDS = 5.0


def snapshot(observers: Mapping[str, str], pids: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Return what each observer reports: state of the requests, figures of pools, and stacks.

    Args:
        observers: Service to its observer's URL.
        pids: Service to its process, which is signalled to dump its stacks by itself where it does
            not answer. One that answers is left alone: a dump is written without the interpreter's
            lock, and threads that end meanwhile can crash the process.
    """
    taken = {
        service: {
            "requests": ask(f"{url}/"),
            "pools": ask(f"{url}/pools"),
            "stacks": ask(f"{url}/stacks"),
        }
        for service, url in observers.items()
    }
    for service, pid in (pids or {}).items():
        if taken.get(service, {}).get("stacks") is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGUSR1)
    return taken


def pool_figures(taken: Mapping[str, Any]) -> str:
    """Describe the pools of each service in a snapshot."""
    return "; ".join(
        f"{service} pool: {pool['checked_out']} of {pool['size'] + pool['overflow']} "
        "connections taken"
        for service, report in taken.items()
        for pool in report.get("pools") or ()
    )


def progress(observers: Mapping[str, str]) -> list[Any]:
    """Return how many resources each service has acquired and released so far."""
    return [ask(f"{url}/steps") for url in observers.values()]


def ask(url: str) -> Any:
    """Return an observer's answer; None where there is none."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return None


def observed_cycle(
    taken: Mapping[str, Any], capacities: Mapping[str, int], kind: str
) -> tuple[Link, ...]:
    """Find the cycle in which the requests of a snapshot wait; empty if there is none.

    Args:
        taken: The snapshot.
        capacities: Number of units of each resource.
        kind: Name of a request.
    """
    groups: Counter[Position] = Counter()
    for request in _requests(taken).values():
        held: Held = tuple(
            (Resource(name, capacities.get(name, units)), units)
            for name, units in sorted(request["held"].items())
        )
        for name in dict.fromkeys(request["wants"]):
            groups[Position(kind, held, Resource(name, capacities.get(name, 1)), ())] += 1
    blocked = tuple(Blocked(count, place) for place, count in groups.items())
    return find_cycle(Stall(sum(groups.values()), blocked, ()))


def _requests(taken: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the state of each request in all services together."""
    merged: dict[str, dict[str, Any]] = {}
    for service in taken.values():
        requests = (service["requests"] or {}).get("requests", {})
        for identifier, entry in requests.items():
            request = merged.setdefault(identifier, {"held": Counter(), "wants": []})
            request["held"].update(entry["held"])
            request["wants"] += entry["wants"]
    return merged


def merged_traces(observers: Mapping[str, str]) -> dict[str, list[TraceStep]]:
    """Return what each request did in all services, in chronological order.

    A service that answers more requests than the others drops the oldest sooner: a request that
    began before one that was dropped is left out, because a part of it may be missing.
    """
    events: dict[str, list[tuple[int, Action, str]]] = {}
    since = 0
    for url in observers.values():
        answer = ask(f"{url}/traces") or {"since": 0, "requests": {}}
        since = max(since, answer["since"])
        for identifier, trace in answer["requests"].items():
            events.setdefault(identifier, []).extend(
                (when, action, resource) for when, action, resource in trace
            )
    return {
        identifier: [TraceStep(action, resource) for _, action, resource in sorted(trace)]
        for identifier, trace in events.items()
        if all(when > since for when, _, _ in trace)
    }
