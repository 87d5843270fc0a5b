"""Asks the observers inside services how requests stand, and names the circle among them."""

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


def look(observers: Mapping[str, str], pids: Mapping[str, int] | None = None) -> dict[str, Any]:
    """What each observer says: how requests stand, pool figures and stacks.

    Args:
        observers: Service to its observer's URL.
        pids: Service to its process, which is also told to dump its stacks by itself, for one that
            cannot answer.
    """
    for pid in (pids or {}).values():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGUSR1)
    return {
        service: {
            "standing": ask(f"{url}/"),
            "pools": ask(f"{url}/pools"),
            "stacks": ask(f"{url}/stacks"),
        }
        for service, url in observers.items()
    }


def pool_figures(seen: Mapping[str, Any]) -> str:
    """The pools of each service, as words."""
    return "; ".join(
        f"{service} pool: {pool['checked_out']} of {pool['size'] + pool['overflow']} "
        "connections taken"
        for service, said in seen.items()
        for pool in said.get("pools") or ()
    )


def steps(observers: Mapping[str, str]) -> list[Any]:
    """How often something was taken or given back in each service so far."""
    return [ask(f"{url}/steps") for url in observers.values()]


def ask(url: str) -> Any:
    """An observer's answer; None where there is none."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310
            return json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return None


def observed_circle(
    seen: Mapping[str, Any], capacities: Mapping[str, int], kind: str
) -> tuple[Link, ...]:
    """The circle in which requests were seen to wait; empty if there is none.

    Args:
        seen: What `look` returned.
        capacities: How many units each resource has.
        kind: What a request is called.
    """
    groups: Counter[Position] = Counter()
    for request in _standing(seen).values():
        held: Held = tuple(
            (Resource(name, capacities.get(name, units)), units)
            for name, units in sorted(request["held"].items())
        )
        for name in dict.fromkeys(request["wants"]):
            groups[Position(kind, held, Resource(name, capacities.get(name, 1)), ())] += 1
    blocked = tuple(Blocked(count, place) for place, count in groups.items())
    return find_cycle(Stall(sum(groups.values()), blocked, ()))


def _standing(seen: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each request, in all services together."""
    merged: dict[str, dict[str, Any]] = {}
    for service in seen.values():
        requests = (service["standing"] or {}).get("requests", {})
        for identifier, entry in requests.items():
            request = merged.setdefault(identifier, {"held": Counter(), "wants": []})
            request["held"].update(entry["held"])
            request["wants"] += entry["wants"]
    return merged


def merged_traces(observers: Mapping[str, str]) -> dict[str, list[TraceStep]]:
    """What each request did in all services, in the order of time.

    A service that answers more requests than the others forgets the oldest sooner: what began
    before anything that one of them has forgotten is left out, for it may lack a part.
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
