"""Serves a demonstration on loopback, as a campaign's target or for a person.

It runs in a thread of this process: it is the harness's own code, and keeps nothing on disk.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from crosstalk.core.errors import HarnessError
from crosstalk.surface import stateless_tools
from crosstalk.surface.operation import Surface
from crosstalk.targets.base import Target, discovered
from crosstalk.targets.demonstrations.base import Demonstration

_START_SECONDS = 15.0


@contextmanager
def serving(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serve an application on a bound socket until the block ends.

    Raises:
        HarnessError: It did not start.
    """
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise HarnessError("the demonstration did not start")
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)


def bound_socket(port: int = 0) -> tuple[socket.socket, str]:
    """Return a socket on loopback, and the base URL of what listens on it.

    Raises:
        HarnessError: The port is in use.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise HarnessError(f"port {port} cannot be used: {error.strerror}") from error
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def demonstration_target(demonstration: Demonstration) -> Iterator[Target]:
    """A running demonstration as a campaign's target."""
    listener, url = bound_socket()
    pattern = demonstration.build(url)
    with serving(pattern.app, listener):
        surfaces: dict[str, Surface] = {
            "mcp": stateless_tools(f"{url}{pattern.endpoint}", pattern.discovery())
        }
        target = Target(
            surfaces=surfaces,
            credentials=pattern.credentials,
            operations=discovered(surfaces),
            forgeries=tuple(pattern.forgeries),
            about={"demonstration": demonstration.name},
        )
        try:
            yield target
        finally:
            target.close()
