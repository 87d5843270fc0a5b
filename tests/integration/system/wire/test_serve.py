"""The end of a service: what is under way is finished, nothing new begins, and the status is 0."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from crosstalk.environment import RunningSystem
from crosstalk.model.app import create_app as create_model
from crosstalk.model.policies import helpful
from tests.integration.system.service import Service, service, start
from tests.unit.system.backend.serving import serving

# Streams a line, waits for a word on /go, streams another one; /hang never ends.
_APP = """
import asyncio, sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from system.settings import ServiceSettings
from system.wire.serve import read_settings, serve

async def stream(request):
    async def lines():
        yield b"first\\n"
        await asyncio.sleep(1.0)
        yield b"last\\n"
    return StreamingResponse(lines())

async def hang(request):
    print("hanging", flush=True)
    await asyncio.Event().wait()

app = Starlette(routes=[Route("/stream", stream), Route("/hang", hang)])
serve(lambda: app, read_settings(ServiceSettings), host="127.0.0.1", port=int(sys.argv[1]),
      name="app", port_setting="APP_PORT")
"""


@pytest.fixture
def app(running: RunningSystem, tmp_path: Path) -> Iterator[Service]:
    """A small application that the services' own `serve` runs."""
    environment = {**running.services["mcp"].environment, "METRICS_PORT": "", "DRAIN_SECONDS": "2"}
    with start([_APP, "0"], environment, tmp_path / "app.log", command="-c") as started:
        assert started.url
        yield started


def connection(url: str) -> http.client.HTTPConnection:
    """A connection of one's own."""
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)


def test_a_stream_under_way_is_finished_and_the_status_is_0(app: Service) -> None:
    asking = connection(app.url)
    asking.request("GET", "/stream")
    answer = asking.getresponse()
    assert answer.readline() == b"first\n"
    app.process.send_signal(signal.SIGTERM)
    assert answer.read() == b"last\n"
    assert app.process.wait(20) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_request_that_never_ends_is_given_up_in_bounded_time(
    app: Service, number: signal.Signals
) -> None:
    asking = connection(app.url)
    asking.request("GET", "/hang")
    app.wait_for("hanging")
    app.process.send_signal(number)
    assert app.process.wait(20) == 0


async def test_a_request_and_a_chat_under_way_are_finished_while_new_ones_are_refused(
    running: RunningSystem, tmp_path: Path, alice: str
) -> None:
    body = b'{"title": "begun before the end"}'
    async with serving(create_model(helpful, piece_seconds=0.1)) as model:
        changes = {"OPENAI_BASE_URL": f"{model}/v1"}
        with service(running, "backend", tmp_path, changes) as started:
            place = urlsplit(started.url)
            bearer = f"Bearer {running.mint(alice)}"
            head = (
                f"POST /api/{alice}/tasks HTTP/1.1\r\nHost: {place.netloc}\r\n"
                f"Authorization: {bearer}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            headers = {"Authorization": bearer, "Accept": "text/event-stream"}
            asked = {"message": "add a task to buy milk"}
            url = f"{started.url}/api/chat"
            async with httpx2.AsyncClient(timeout=30.0) as client:
                half = socket.create_connection((place.hostname, place.port), timeout=20)
                with half:
                    half.sendall(head.encode() + body[:5])
                    async with client.stream("POST", url, json=asked, headers=headers) as answer:
                        lines = answer.aiter_lines()
                        assert await anext(lines) == "event: started"
                        started.process.send_signal(signal.SIGTERM)
                        await asyncio.to_thread(started.wait_for_message, "Shutting down")
                        with pytest.raises(httpx2.ConnectError):
                            await httpx2.AsyncClient().get(f"{started.url}/health")
                        half.sendall(body[5:])
                        assert await asyncio.to_thread(_status, half) == 201
                        rest = [line async for line in lines]
            assert "event: answered" in rest
            assert await asyncio.to_thread(started.process.wait, 20) == 0


def _status(connection: socket.socket) -> int:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status


def test_a_port_in_use_is_one_line_that_names_the_setting(
    running: RunningSystem, tmp_path: Path
) -> None:
    environment = running.services["mcp"].environment
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for own, metrics, said in ((port, "", "set APP_PORT"), ("0", port, "set METRICS_PORT")):
            log = tmp_path / "taken.log"
            told = {**environment, "METRICS_PORT": metrics}
            with start([_APP, own], told, log, command="-c") as refused:
                assert refused.process.wait(60) == 1
            assert said in log.read_text().splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("backend", ("DATABASE_URL", "CURSOR_SECRET", "TRUSTED_ISSUERS")),
        ("mcp", ("TRUSTED_ISSUERS",)),
    ],
)
def test_service_without_settings_names_them_in_one_line(
    running: RunningSystem, tmp_path: Path, name: str, missing: tuple[str, ...]
) -> None:
    environment = {
        each: value
        for each, value in running.services[name].environment.items()
        if each in os.environ or each.startswith(("PYTHON", "LANG"))
    }
    log = tmp_path / "bare.log"
    with start([f"system.{name}"], environment, log) as refused:
        assert refused.process.wait(60) == 1
    (line,) = log.read_text().splitlines()
    assert line.startswith("cannot start: ")
    for each in missing:
        assert f"{each}: must be set" in line
