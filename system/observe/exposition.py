"""`/metrics` on a listener of its own, never on the port that the internet reaches.

A second port needs no secret that could leak and no rule in a proxy that could be forgotten: it is
bound to loopback unless `METRICS_HOST` says otherwise, and is not published. It is served by a
thread, so that it answers while the event loop stalls, which is when one wants to look.
"""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

from prometheus_client import start_http_server

from system.observe.metrics import REGISTRY

_log = logging.getLogger(__name__)


def serve_metrics(host: str, port: int | None) -> Callable[[], None]:
    """Serve `/metrics` there until the returned function is called; nothing without a port.

    Exits with status 1 and one line on standard error when the port is in use.
    """
    if port is None:
        return lambda: None
    try:
        server, thread = start_http_server(port, addr=host, registry=REGISTRY)
    except OSError as error:
        sys.exit(f"port {port} on {host} cannot be used ({error.strerror}): set METRICS_PORT")
    _log.info("metrics are served", extra={"host": host, "port": server.server_port})

    def stop() -> None:
        # What waits for connections looks for its end twice a second: this wakes it, where it can.
        with suppress(OSError):
            server.socket.shutdown(socket.SHUT_RDWR)
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
