"""Runs an ASGI application as a service process."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Callable
from typing import TypeVar

import uvicorn
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError
from starlette.types import ASGIApp

from system.observe.configuration import effective
from system.observe.exposition import serve_metrics
from system.observe.tracing import start_tracing
from system.production import Deployed
from system.settings import ServiceSettings
from system.wire.connections import ConnectionLimits, ConnectionTable, affordable
from system.wire.http_protocol import bounded

S = TypeVar("S", bound=Deployed)
_BACKLOG = 2048
_log = logging.getLogger(__name__)


def read_settings(kind: type[S]) -> S:
    """Read a service's settings from the environment.

    Exits with status 1 and one line on standard error that says which variables to set, and never
    shows their values.
    """
    try:
        return kind()
    except ValidationError as error:
        sys.exit("cannot start: " + "; ".join(_problem(each) for each in _errors(error)))
    except SettingsError as error:
        # pydantic-settings names the field, and not what was in it.
        name = str(error).partition('"')[2].partition('"')[0].upper() or "a variable"
        sys.exit(f"cannot start: {name}: must be JSON")


def _errors(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_input=False, include_context=False, include_url=False)


def _problem(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        message = "must be set"
    name, *inside = (str(part) for part in error["loc"]) if error["loc"] else ("",)
    place = ".".join((name.upper(), *inside))
    return f"{place}: {message}" if place else message


def serve(
    app_factory: Callable[[], ASGIApp],
    settings: ServiceSettings,
    *others: Deployed,
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
        # What is said below is true from here on: early callers wait, and are not refused.
        listener.listen(_BACKLOG)
    except OSError as error:
        sys.exit(f"port {port} on {host} cannot be used ({error.strerror}): set {port_setting}")
    config = uvicorn.Config(
        app_factory(),
        http=bounded(ConnectionTable(_connection_limits(settings))),
        # Neither service speaks it, and what is not there cannot be attacked.
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.drain_seconds,
        timeout_keep_alive=30,
        backlog=_BACKLOG,
    )
    server = uvicorn.Server(config)
    end_tracing = start_tracing(
        settings.otel_service_name or f"crosstalk-{name.split()[0]}",
        settings.otel_exporter_otlp_endpoint,
    )
    end_metrics = serve_metrics(settings.metrics_host, settings.metrics_port)
    _log.info("configuration", extra={"settings": effective(settings, *others)})
    print(f"{name} listening on http://{host}:{listener.getsockname()[1]}", flush=True)
    # uvicorn raises the signal again when it has drained: a requested end is not a failure.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _end)
    try:
        server.run(sockets=[listener])
    finally:
        end_metrics()
        end_tracing()


def _end(signum: int, frame: object) -> None:
    sys.exit(0)


def _connection_limits(settings: ServiceSettings) -> ConnectionLimits:
    """Return the settings' bounds, with no more connections than files may be open."""
    return ConnectionLimits(
        connections=affordable(settings.http_max_connections),
        per_client=settings.http_max_connections_per_client,
        header_bytes=settings.http_max_header_bytes,
        unread_bytes=settings.http_max_unread_bytes,
        head_seconds=settings.http_head_seconds,
        write_seconds=settings.http_write_seconds,
    )
