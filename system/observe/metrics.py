"""The figures of a service, in Prometheus form.

One process is one service, so there is one registry. Every label value comes from a list that this
code or the configuration bounds: route templates, tool names, outcomes, issuers. A path, a subject
or a name that a caller chose never becomes a label: it would hold data, and grow without end.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Counted
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.types import Scope

from system.store import PoolStatus

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Seconds; from a cached read to the longest chat.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

_requests = Counter(
    "crosstalk_http_requests",
    "Requests answered.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
_request_seconds = Histogram(
    "crosstalk_http_request_seconds",
    "From the request's head to the end of the answer, streams included.",
    ("method", "route"),
    buckets=_BUCKETS,
    registry=REGISTRY,
)
_tool_calls = Counter("crosstalk_tool_calls", "Tool calls.", ("tool", "outcome"), registry=REGISTRY)
_tool_seconds = Histogram(
    "crosstalk_tool_call_seconds", "One tool call.", ("tool",), buckets=_BUCKETS, registry=REGISTRY
)
_refused = Counter(
    "crosstalk_requests_refused",
    "Requests that the gate did not let through: no token, one that does not verify, keys that "
    "cannot be had, too many requests.",
    ("reason",),
    registry=REGISTRY,
)
_bounds = Counter(
    "crosstalk_bounds_met",
    "Times that connections met a bound, and one of them was closed or refused.",
    ("bound",),
    registry=REGISTRY,
)
open_connections = Gauge("crosstalk_connections", "Connections of clients.", registry=REGISTRY)
agents_waiting = Gauge(
    "crosstalk_agents_waiting", "Chats that wait for their agent's turn.", registry=REGISTRY
)
agents_in_flight = Gauge("crosstalk_agents_in_flight", "Agents that run now.", registry=REGISTRY)


def route_of(scope: Scope) -> str:
    """The template of the route that served a request; `-` where none did."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else "-"


def method_of(scope: Scope) -> str:
    """A request's method; one that HTTP does not know is `other`."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def count_request(scope: Scope, status: int, seconds: float) -> None:
    """Count one request.

    Args:
        scope: Its ASGI scope, after it was served.
        status: What was answered; 0 when nothing was.
        seconds: How long it took.
    """
    method, route = method_of(scope), route_of(scope)
    _requests.labels(method, route, status).inc()
    _request_seconds.labels(method, route).observe(seconds)


def count_tool_call(tool: str, outcome: str, seconds: float) -> None:
    """Count one tool call; `tool` is a tool that exists, `unknown`, or a method beside tools."""
    _tool_calls.labels(tool, outcome).inc()
    _tool_seconds.labels(tool).observe(seconds)


def count_refused(reason: str) -> None:
    """Count a request that the gate refused; `reason` is one of a few words."""
    _refused.labels(reason).inc()


def count_bound_met(bound: str) -> None:
    """Count that a bound of connections was met; `bound` is one of a few words."""
    _bounds.labels(bound).inc()


class _Watched(Collector):
    """Reads at scrape time what the service counts anyway."""

    pool: Callable[[], PoolStatus | None] | None = None
    fetches: Callable[[], Mapping[str, int]] | None = None
    loop: asyncio.AbstractEventLoop | None = None

    def collect(self) -> Iterable[Metric]:
        """The pool's connections, how often each issuer's keys were asked for, and tasks."""
        if self.loop is not None:
            tasks = GaugeMetricFamily(
                "crosstalk_event_loop_tasks",
                "Tasks of the event loop that have not ended, by the coroutine that they run.",
                labels=("coroutine",),
            )
            # Names of functions, so the code bounds them.
            for name, count in Counted(map(_coroutine, asyncio.all_tasks(self.loop))).items():
                tasks.add_metric((name,), count)
            yield tasks
        status = self.pool() if self.pool is not None else None
        if status is not None:
            connections = GaugeMetricFamily(
                "crosstalk_database_connections",
                "The pool: its size, connections in use, opened beyond its size.",
                labels=("kind",),
            )
            connections.add_metric(("size",), status.size)
            connections.add_metric(("in_use",), status.checked_out)
            connections.add_metric(("overflow",), status.overflow)
            yield connections
        if self.fetches is not None:
            fetched = CounterMetricFamily(
                "crosstalk_jwks_fetches", "Requests for an issuer's keys.", labels=("issuer",)
            )
            for issuer, count in self.fetches().items():
                fetched.add_metric((issuer,), count)
            yield fetched


_watched = _Watched()
REGISTRY.register(_watched)


def watch(
    pool: Callable[[], PoolStatus | None] | None, fetches: Callable[[], Mapping[str, int]] | None
) -> None:
    """Say where the pool's and the verifier's own counts are read; None forgets them."""
    _watched.pool = pool
    _watched.fetches = fetches


def watch_tasks(loop: asyncio.AbstractEventLoop | None) -> None:
    """Say whose tasks are counted; None forgets it."""
    _watched.loop = loop


def _coroutine(task: asyncio.Task[object]) -> str:
    """The name of the function that a task runs."""
    return getattr(task.get_coro(), "__qualname__", "unknown")
