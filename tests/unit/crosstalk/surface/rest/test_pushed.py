"""Streams that an API pushes: server-sent events with and without an end, and WebSockets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.event_stream import LAST_EVENT
from crosstalk.surface.rest import RestSurface
from crosstalk.surface.rest.surface import RestSurface as Surface

ANN = Presented.bearer("ann")
DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/live": {"get": {"responses": {"200": {"content": {"text/event-stream": {}}}}}},
        "/hidden": {"get": {"responses": {"200": {"content": {"application/json": {}}}}}},
        "/ended": {"get": {"responses": {}}},
        "/waits": {
            "get": {
                "parameters": [{"name": "wait", "in": "query", "schema": {"type": "integer"}}],
                "responses": {},
            }
        },
        "/again": {
            "get": {
                "parameters": [{"name": LAST_EVENT, "in": "header", "schema": {"type": "string"}}],
                "responses": {"200": {"content": {"text/event-stream": {}}}},
            }
        },
    },
}


class Feed(BaseHTTPRequestHandler):
    """Sends one event each to whoever opens a stream, and another once `more` is set."""

    more = threading.Event()
    over = threading.Event()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer the document, or a stream."""
        document = self.path == "/openapi.json"
        caller = self.headers.get("authorization", "").removeprefix("Bearer ")
        self.send_response(200 if document or caller else 401)
        self.send_header("content-type", "application/json" if document else "text/event-stream")
        self.end_headers()
        if document:
            self.wfile.write(json.dumps(DOCUMENT).encode())
            return
        self._event(f"first of {caller}")
        if self.path not in ("/ended", "/waits"):
            self.more.wait(10)
            self._event(f"second of {caller}")
            self.over.wait(10)

    def _event(self, said: str) -> None:
        self.wfile.write(f"data: {json.dumps({'said': said})}\n\n".encode())
        self.wfile.flush()


@contextmanager
def feed() -> Iterator[Surface]:
    """Return a surface of a server whose streams stand until the block ends."""
    Feed.more.clear()
    Feed.over.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    surface = RestSurface(f"http://127.0.0.1:{server.server_port}")
    try:
        yield surface
    finally:
        Feed.more.set()
        Feed.over.set()
        surface.close()
        server.shutdown()
        server.server_close()


def until_shown(call: Callable[[], Answer], text: str) -> Answer:
    """Call until an answer shows a text."""
    for _ in range(200):
        answer = call()
        if text in str(answer.body):
            return answer
        time.sleep(0.02)
    raise AssertionError(f"{text} never came: {answer}")


@pytest.mark.parametrize(("path", "declared"), [("/live", True), ("/hidden", False)])
def test_stream_without_an_end_gives_each_caller_what_came_since_their_last_call(
    path: str, declared: bool
) -> None:
    with feed() as surface:
        operation = next(e for e in surface.discover() if e.name == f"rest:GET {path}")
        assert operation.pushes is declared

        def call() -> Answer:
            return surface.call(operation, {}, ANN)

        first = until_shown(call, "first of ann")
        assert first.outcome is Outcome.OK
        Feed.more.set()
        again = until_shown(call, "second of ann")
        if declared:
            assert "first" not in str(again.body)


def test_stream_that_goes_on_after_an_event_is_opened_anew_each_time() -> None:
    with feed() as surface:
        operation = next(e for e in surface.discover() if e.name == "rest:GET /again")
        for _ in range(2):
            until_shown(lambda: surface.call(operation, {LAST_EVENT: "1"}, ANN), "first of ann")


def test_stream_that_ends_is_an_answer_as_any() -> None:
    with feed() as surface:
        operation = next(each for each in surface.discover() if each.name == "rest:GET /ended")
        answer = surface.call(operation, {}, ANN)
        assert answer.body["events"] == [{"said": "first of ann"}]


def test_websocket_gives_what_was_pushed_and_a_refusal_is_an_error() -> None:
    def handler(connection: ServerConnection) -> None:
        assert connection.request is not None
        connection.send(json.dumps({"for": connection.request.headers["Authorization"]}))
        connection.recv()

    def checked(connection: ServerConnection, request: Any) -> Any:
        if "Authorization" not in request.headers:
            return connection.respond(HTTPStatus.UNAUTHORIZED, "no")
        return None

    with serve(handler, "127.0.0.1", 0, process_request=checked) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        surface = RestSurface("", document="", base=base, streams=["WS /updates"])
        try:
            (operation,) = surface.discover()
            assert (operation.name, operation.pushes) == ("rest:WS /updates", True)
            answer = until_shown(lambda: surface.call(operation, {}, ANN), "Bearer ann")
            assert answer.body == {"events": [{"for": "Bearer ann"}]}
            refused = surface.call(operation, {}, Presented({}))
            assert (refused.outcome, refused.status) == (Outcome.ERROR, 401)
        finally:
            surface.close()
            server.shutdown()


def test_stream_that_stands_for_as_long_as_is_asked_ends_where_nothing_is_asked() -> None:
    with feed() as surface:
        (waits,) = [each for each in surface.discover() if each.name == "rest:GET /waits"]
        whole = surface.call(waits, {}, ANN)
        assert surface.call(waits, {"wait": 9}, ANN).body["events"] == [{"said": "first of ann"}]
        # What it shows, and in which form, is the same as before.
        assert surface.call(waits, {}, ANN) == whole
