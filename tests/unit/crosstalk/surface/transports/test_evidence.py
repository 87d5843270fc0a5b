"""What arrives on any transport is evidence: behind odd characters, and before the reply."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface import ChatKitSurface, Operation, RestSurface
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.http.event_stream import MEDIA_TYPE
from crosstalk.surface.mcp.answers import inferred_answer
from crosstalk.surface.rest.request import RequestForm
from crosstalk.surface.transports import CurrentHttp, EventStream, OlderHttp, PlainHttp, Transport
from tests.unit.crosstalk.surface.loopback import Asked, Said, answering, as_json

MARK = "\ufeff"
SEPARATORS = ["\u2028", "\u2029", "\u0085"]
SECRET = "xtalicez0000000a"
NOTICE = {
    "jsonrpc": "2.0",
    "method": "notifications/message",
    "params": {"level": "info", "data": f"stored {SECRET}"},
}
MAKERS: dict[str, Callable[[str], Transport]] = {
    "current": lambda url: CurrentHttp(url, timeout=5),
    "older": lambda url: OlderHttp(url, timeout=5),
    "plain": lambda url: PlainHttp(url, timeout=5),
    "sse": lambda url: EventStream(url, timeout=5),
}
Speak = Callable[[dict[str, Any]], list[str]]


def text_with(separator: str) -> Speak:
    """Answers whose text has a separator before the secret, as SDKs send it: unescaped."""

    def speak(message: dict[str, Any]) -> list[str]:
        content = [{"type": "text", "text": f"before{separator}{SECRET}"}]
        reply = {"jsonrpc": "2.0", "id": message["id"], "result": {"content": content}}
        return [f"data: {json.dumps(reply, ensure_ascii=False)}\n\n"]

    return speak


def notified(message: dict[str, Any]) -> list[str]:
    """A comment and a notification before the reply."""
    reply = {"jsonrpc": "2.0", "id": message["id"], "result": {"content": []}}
    return [
        ": a comment\n\n",
        f"event: message\ndata: {json.dumps(NOTICE)}\n\n",
        f"event: message\ndata: {json.dumps(reply)}\n\n",
    ]


@contextmanager
def served(name: str, speak: Speak, before: str = "") -> Iterator[Transport]:
    """A transport to a server that speaks so; every stream of it starts with `before`."""
    with _legacy(speak, before) if name == "sse" else _posted(speak, before) as url:
        transport = MAKERS[name](url)
        try:
            yield transport
        finally:
            transport.close()


@contextmanager
def _posted(speak: Speak, before: str) -> Iterator[str]:
    def answer(asked: Asked) -> Said:
        message = json.loads(asked.body)
        if "id" not in message:
            return Said(status=202)
        if message["method"] == "initialize":
            result = {"protocolVersion": "2025-06-18", "capabilities": {}}
            return as_json({"jsonrpc": "2.0", "id": message["id"], "result": result})
        return Said((before + "".join(speak(message))).encode(), kind=MEDIA_TYPE)

    with answering(answer) as url:
        yield url


@contextmanager
def _legacy(speak: Speak, before: str) -> Iterator[str]:
    arrived: queue.Queue[dict[str, Any] | None] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", MEDIA_TYPE)
            self.end_headers()
            self._write(f"{before}event: endpoint\ndata: /messages\n\n")
            while (message := arrived.get()) is not None:
                if message.get("method") == "initialize":
                    reply = {"jsonrpc": "2.0", "id": message["id"], "result": {}}
                    self._write(f"data: {json.dumps(reply)}\n\n")
                elif "id" in message:
                    self._write("".join(speak(message)))

        def do_POST(self) -> None:
            arrived.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(202)
            self.end_headers()

        def _write(self, text: str) -> None:
            self.wfile.write(text.encode())
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sse"
    finally:
        arrived.put(None)
        server.shutdown()
        server.server_close()


def call(transport: Transport, connection: str = "alice") -> Answer:
    """One tool call."""
    params = {"name": "get_note", "arguments": {}}
    presented = Presented(connection=connection)
    return inferred_answer(transport.request("tools/call", params, presented))


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("name", MAKERS)
def test_transport_loses_nothing_behind_a_line_separator(name: str, separator: str) -> None:
    with served(name, text_with(separator)) as transport:
        answer = call(transport)
    assert answer.outcome is Outcome.OK
    assert SECRET in str(answer.body)


@pytest.mark.parametrize("name", MAKERS)
def test_transport_loses_nothing_behind_a_byte_order_mark(name: str) -> None:
    with served(name, text_with(" "), MARK) as transport:
        answer = call(transport)
    assert answer.outcome is Outcome.OK
    assert SECRET in str(answer.body)


@pytest.mark.parametrize("name", MAKERS)
def test_transport_gives_what_came_before_the_reply(name: str) -> None:
    with served(name, notified) as transport:
        answer = call(transport)
    assert answer.outcome is Outcome.OK
    assert set(map(str, answer.unsolicited)) == {str(NOTICE), ": a comment"}


def test_shared_event_stream_attributes_a_message_to_no_user() -> None:
    with served("sse", notified) as transport:
        assert call(transport, connection="").unsolicited == ()


@pytest.mark.parametrize("separator", [*SEPARATORS, MARK])
@pytest.mark.parametrize("surface", ["rest", "chatkit"])
def test_http_surface_loses_nothing_of_a_stream(surface: str, separator: str) -> None:
    data = json.dumps({"text": f"before{separator}{SECRET}"}, ensure_ascii=False)
    sent = f"{MARK}data: {data}\n\n: kept alive\n\n".encode()
    with answering(lambda _: Said(sent, kind=MEDIA_TYPE)) as url:
        answer = _read_by(surface, url)
    assert answer.outcome is Outcome.OK
    assert answer.body["events"] == [{"text": f"before{separator}{SECRET}"}]
    assert answer.unsolicited == (": kept alive",)


@pytest.mark.parametrize("surface", ["rest", "chatkit"])
def test_http_surface_reads_json_behind_a_byte_order_mark(surface: str) -> None:
    with answering(lambda _: Said((MARK + '{"id": 7}').encode())) as url:
        assert _read_by(surface, url).body == {"id": 7}


def _read_by(surface: str, url: str) -> Answer:
    if surface == "chatkit":
        listing = Operation("chatkit", "chatkit:threads.list", (), True)
        return ChatKitSurface(url).call(listing, {}, NOTHING)
    extra = {"form": RequestForm("GET", f"{url}/", {}, {})}
    return RestSurface(url).call(
        Operation("rest", "rest:GET /", (), True, extra=extra), {}, NOTHING
    )
