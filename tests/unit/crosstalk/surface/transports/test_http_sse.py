"""HTTP with server-sent events: one stream, and several threads that wait on it."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from crosstalk.core.history import Sending
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.delivery import sent_as
from crosstalk.surface.transports.base import TransportError
from crosstalk.surface.transports.http_sse import EventStream

_HERS = Presented(connection="alice")


class Server(ThreadingHTTPServer):
    """Answers two `pair` requests when both have come, the later first; all else at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.streams: dict[str, queue.Queue[Any]] = {}
        self.pair: list[tuple[str, Any]] = []
        self.lock = threading.Lock()

    def answer(self, stream: str, message: dict[str, Any]) -> None:
        """Put the reply to a message on its stream."""
        if "id" not in message:
            return
        method = message["method"]
        result = {"protocolVersion": "2024-11-05"} if method == "initialize" else {"for": method}
        reply = {"jsonrpc": "2.0", "id": message["id"], "result": {**result, **message["params"]}}
        if method != "pair":
            self.streams[stream].put(reply)
            return
        with self.lock:
            self.pair.append((stream, reply))
            if len(self.pair) == 2:
                for name, each in reversed(self.pair):
                    self.streams[name].put(each)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = str(len(self.server.streams))
        self.server.streams[name] = queue.Queue()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(f"event: endpoint\ndata: /messages?{name}\n\n".encode())
        while (reply := self.server.streams[name].get()) is not None:
            self.wfile.write(f"event: message\ndata: {json.dumps(reply)}\n\n".encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body:
            self.server.answer(self.path.partition("?")[2], json.loads(body))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """The server, on loopback."""
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving
        for each in serving.streams.values():
            each.put(None)
        serving.shutdown()
        thread.join()


@pytest.fixture
def transport(server: Server) -> Iterator[EventStream]:
    """A client of it, which does not wait for long."""
    transport = EventStream(f"http://127.0.0.1:{server.server_port}/sse", timeout=5.0)
    yield transport
    transport.close()


def test_event_stream_gives_each_thread_the_reply_to_its_own_request(
    transport: EventStream,
) -> None:
    transport.request("tools/list", {}, _HERS)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(transport.request, "pair", {"n": each}, _HERS) for each in (1, 2)]
        found = [each.result().body["result"]["n"] for each in asked]
    assert found == [1, 2]


def test_event_stream_leaves_a_kept_connection_to_requests(transport: EventStream) -> None:
    with sent_as(Sending(client="cleo", connection="shared 1")):
        assert transport.request("tools/list", {}, _HERS).status == 200
    with sent_as(Sending(client="dora", connection="shared 1")):
        assert transport.request("tools/list", {}, _HERS).status == 200


def test_request_that_is_broken_off_does_not_end_the_stream_of_others(
    transport: EventStream, server: Server
) -> None:
    transport.request("tools/list", {}, _HERS)
    with sent_as(Sending(aborted_at="head")), pytest.raises(TransportError):
        transport.request("tools/list", {}, _HERS)
    assert transport.request("tools/list", {}, _HERS).body["result"] == {"for": "tools/list"}
    assert len(server.streams) == 1


def test_stream_that_the_server_ended_is_opened_again(
    transport: EventStream, server: Server
) -> None:
    transport.request("tools/list", {}, _HERS)
    server.streams["0"].put(None)
    with pytest.raises(TransportError, match="ended the event stream"):
        while True:
            transport.request("silent", {}, _HERS)
    assert transport.request("tools/list", {}, _HERS).status == 200
