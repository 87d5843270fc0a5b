"""The listener of the figures ends when it is told, and does not wait for its next look."""

from __future__ import annotations

import http.client
import socketserver
import threading

import pytest

from crosstalk.environment.runtime.ports import Ports
from system.observe.exposition import serve_metrics


def test_listener_ends_without_waiting_for_its_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socketserver.BaseServer.serve_forever, "__defaults__", (600.0,))
    port = Ports().take()
    stop = serve_metrics("127.0.0.1", port)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    assert connection.getresponse().status == 200
    connection.close()
    ending = threading.Thread(target=stop, daemon=True)
    ending.start()
    ending.join(30)
    assert not ending.is_alive()
    with pytest.raises(ConnectionRefusedError):
        connection.connect()
