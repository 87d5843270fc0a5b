"""OpenTelemetry traces, where an exporter is configured; nothing is imported or started otherwise.

The spans are made here, by hand and few: a request, a call of one service by another, a tool, an
agent's run. Libraries along the way (FastAPI, the MCP SDK) would make spans of their own for any
provider that is set globally, with paths, queries, names that callers chose and texts of
exceptions. So the provider is private to this module, and what it exports is what is written here:
templates, names of tools that exist, outcomes.

Context comes and goes as the W3C `traceparent` header, which holds numbers only; `tracestate` and
baggage are not passed on, since any client can put any text into them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from system.observe.metrics import method_of, route_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span, Tracer

_END_SECONDS = 5.0
Kind = Literal["SERVER", "CLIENT", "INTERNAL"]
_tracer: Tracer | None = None


def start_tracing(service: str, endpoint: str | None) -> Callable[[], None]:
    """Export spans of this service from now on, until the returned function is called.

    The exporter speaks OTLP over HTTP and reads its own standard variables (`OTEL_EXPORTER_OTLP_*`,
    `OTEL_TRACES_SAMPLER`, ...).

    Args:
        service: The service's name in traces.
        endpoint: Where the collector is; nothing happens without one.

    Exits with status 1 and one line on standard error when the exporter is not installed.
    """
    if not endpoint:
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        sys.exit(
            "cannot start: OTEL_EXPORTER_OTLP_ENDPOINT is set and there is no exporter: "
            "pip install 'crosstalk-harness[otel]', or unset it"
        )
    return trace_to(service, BatchSpanProcessor(OTLPSpanExporter()))


def trace_to(service: str, processor: SpanProcessor) -> Callable[[], None]:
    """Give spans to this processor from now on, until the returned function is called."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    global _tracer  # noqa: PLW0603 - one process is one service
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}), shutdown_on_exit=False
    )
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("crosstalk")

    def end() -> None:
        global _tracer  # noqa: PLW0603
        _tracer = None
        # A collector that is away must not hold up the end of the service.
        ending = threading.Thread(target=provider.shutdown, daemon=True)
        ending.start()
        ending.join(_END_SECONDS)

    return end


@contextmanager
def span(
    name: str, kind: Kind = "INTERNAL", attributes: Mapping[str, str | int] | None = None
) -> Iterator[Span | None]:
    """A span around what the block does; None where nothing is exported.

    Args:
        name: From this code, never from a caller.
        kind: As in the OpenTelemetry specification.
        attributes: Names and outcomes, never users' text.
    """
    if _tracer is None:
        yield None
        return
    with _started(_tracer, name, kind, {}, attributes) as started:
        yield started


def outgoing() -> dict[str, str]:
    """Headers that continue the current trace in another service; none without a trace."""
    carrier: dict[str, str] = {}
    if _tracer is not None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        TraceContextTextMapPropagator().inject(carrier)
    return carrier


def trace_id() -> str | None:
    """The current trace's id in hexadecimal, for the log."""
    if _tracer is None:
        return None
    from opentelemetry.trace import format_trace_id, get_current_span

    context = get_current_span().get_span_context()
    return format_trace_id(context.trace_id) if context.is_valid else None


@contextmanager
def _started(
    tracer: Tracer,
    name: str,
    kind: Kind,
    incoming: Mapping[str, str],
    attributes: Mapping[str, str | int] | None = None,
) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract(incoming) if incoming else None
    with tracer.start_as_current_span(
        name,
        context=context,
        kind=SpanKind[kind],
        attributes=attributes,
        # An exception's text may contain users' data.
        record_exception=False,
        set_status_on_exception=False,
    ) as started:
        try:
            yield started
        except Exception as error:
            started.set_attribute("error.type", type(error).__name__)
            started.set_status(Status(StatusCode.ERROR))
            raise


class Traced:
    """A span around each request; passes requests through untouched where nothing is exported."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if _tracer is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = method_of(scope)
        headers = Headers(scope=scope)
        incoming = {key: headers[key] for key in ("traceparent",) if key in headers}
        attributes = {"http.request.method": method}
        with _started(_tracer, method, "SERVER", incoming, attributes) as started:
            try:
                await self._app(scope, receive, note)
            finally:
                route = route_of(scope)
                started.update_name(f"{method} {route}")
                started.set_attributes({"http.route": route, "http.response.status_code": status})
                if status >= 500 or status == 0:
                    started.set_attribute("error.type", str(status))
