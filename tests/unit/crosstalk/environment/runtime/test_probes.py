"""Probes of services: what counts as an answer, and what a person is told where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from crosstalk.environment import EnvironmentFailed
from crosstalk.environment.runtime.ports import free_port
from crosstalk.environment.runtime.probes import require_answer


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)
        self.end_headers()

    def log_message(self, *said: object) -> None:
        """Write no log."""


@pytest.fixture
def refusing() -> Iterator[str]:
    """URL of a server that refuses every request."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_require_answer_takes_a_refusal_for_an_answer(refusing: str) -> None:
    require_answer(refusing)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("localhost:8000", "localhost:8000 is not an http:// or https:// URL"),
        ("http://127.0.0.1:{free}", "no server answers at .*: is the system running there"),
        ("http://ann:secret@127.0.0.1:{free}", r"no server answers at http://ann:\*\*\*@"),
    ],
)
def test_require_answer_says_in_one_line_that_there_is_none(url: str, why: str) -> None:
    with pytest.raises(EnvironmentFailed, match=why) as caught:
        require_answer(url.replace("{free}", str(free_port())))
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
