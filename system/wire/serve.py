"""Runs an ASGI application as a service process."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
from pydantic import ValidationError
from starlette.types import ASGIApp

from system.observe.exposition import serve_metrics
from system.settings import ServiceSettings


def settings_error(error: ValidationError) -> str:
    """One line that says which environment variables to set, and never their values."""
    problems = [
        f"{'.'.join(str(part) for part in item['loc']).upper() or 'settings'}: {item['msg']}"
        for item in error.errors(include_input=False, include_context=False)
    ]
    return "cannot start: " + "; ".join(problems)


def serve(
    app_factory: Callable[[], ASGIApp],
    settings: ServiceSettings,
    *,
    host: str,
    port: int,
    name: str,
    port_setting: str,
) -> None:
    """Listen until SIGTERM or SIGINT, then finish what was begun and return.

    What is under way, streams too, has `DRAIN_SECONDS` to end, and is cancelled after that; new
    connections are refused at once.

    Exits with status 1 and one line on standard error when a port is in use.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        sys.exit(f"port {port} on {host} cannot be used ({error.strerror}): set {port_setting}")
    config = uvicorn.Config(
        app_factory(),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.drain_seconds,
        timeout_keep_alive=30,
    )
    server = uvicorn.Server(config)
    end_metrics = serve_metrics(settings.metrics_host, settings.metrics_port)
    print(f"{name} listening on http://{host}:{listener.getsockname()[1]}", flush=True)
    # uvicorn raises the signal again when it has drained: having ended as asked is no failure.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _end)
    try:
        server.run(sockets=[listener])
    finally:
        end_metrics()


def _end(signum: int, frame: object) -> None:
    sys.exit(0)
