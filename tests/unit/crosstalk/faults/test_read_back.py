"""What is stored is read back; where the system does not tell, that is a violation."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

from crosstalk.faults.workload import Entry, Workload


@contextlib.contextmanager
def _answering(status: int, body: bytes) -> Iterator[str]:
    class _Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *given: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _workload() -> Workload:
    running = SimpleNamespace(mint=lambda user, **given: f"token-{user}")
    return Workload(cast("Any", running), Entry("http://unused", "http://unused"), 1, 1)


async def test_a_system_that_does_not_tell_what_it_stores_is_a_violation() -> None:
    workload = _workload()
    with _answering(500, b"{}") as backend:
        counts = await workload.read_back(backend)
    assert counts["lost"] == 0
    # One user and the prober.
    assert workload.findings.counts == {"not readable": 2}
    assert "500" in workload.findings.samples[0]


async def test_an_acknowledged_write_that_is_not_stored_is_lost() -> None:
    workload = _workload()
    workload.ledger.acknowledge(workload.prober.writer.user, "a title")
    with _answering(200, b'{"items": [], "next_cursor": null}') as backend:
        counts = await workload.read_back(backend)
    assert counts["lost"] == 1
    assert workload.findings.counts == {"lost": 1}
