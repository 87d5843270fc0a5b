"""Traces cost nothing where no exporter is configured, and never stand in the way."""

from __future__ import annotations

import sys
import time

import pytest

from system.observe import tracing


def test_a_missing_exporter_is_one_line_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(SystemExit, match=r"pip install 'crosstalk-harness\[otel\]'"):
        tracing.start_tracing("service", "http://127.0.0.1:9")


def test_missing_trace_collector_delays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(tracing, "_END_SECONDS", 0.2)
    end = tracing.start_tracing("service", "http://127.0.0.1:9")
    with tracing.span("something"):
        assert tracing.outgoing()["traceparent"].startswith("00-")
    began = time.monotonic()
    end()
    assert time.monotonic() - began < 10
    assert tracing.outgoing() == {}


def test_an_exceptions_text_stays_out_of_the_span() -> None:
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    end = tracing.trace_to("service", SimpleSpanProcessor(exporter))
    try:
        with pytest.raises(ValueError, match="pomegranate"), tracing.span("tool x"):
            raise ValueError("pomegranate")
    finally:
        end()
    (span,) = exporter.get_finished_spans()
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert "pomegranate" not in span.to_json()
