"""An OTLP/HTTP receiver that keeps the spans it is sent."""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(slots=True)
class Collector:
    """What arrived.

    Attributes:
        url: Where it listens.
        spans: Service name and span, in order of arrival.
        paths: Paths that were asked for.
    """

    url: str
    spans: list[tuple[str, Span]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def wait_for(self, found: Callable[[list[tuple[str, Span]]], bool]) -> None:
        """Wait until the spans are as they should be."""
        deadline = time.monotonic() + 30
        while not found(list(self.spans)):
            assert time.monotonic() < deadline, [(who, span.name) for who, span in self.spans]
            time.sleep(0.05)


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """A receiver on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = ExportTraceServiceRequest.FromString(body)
            collector.paths.append(self.path)
            for resource in request.resource_spans:
                names = {each.key: each.value.string_value for each in resource.resource.attributes}
                for scope in resource.scope_spans:
                    collector.spans += [(names["service.name"], each) for each in scope.spans]
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
