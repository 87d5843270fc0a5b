"""Structured logs: one JSON object a line, with the request id, never tokens or users' text.

A logger call passes names and numbers in `extra`; messages are fixed texts. Libraries do not keep
to that (the agents SDK logs a failed tool's arguments, the MCP SDK names that callers chose), so of
their lines only what stands in their source is shown: the message before anything is put into it,
and where it was logged. The request id is accepted from the caller when it is sane, made otherwise,
answered, and sent on to the next tier.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from system.errors import ServerError
from system.observe.metrics import count_request, route_of
from system.observe.tracing import trace_id
from system.wire.error_response import error_response

REQUEST_ID_HEADER = "X-Request-ID"
request_id: ContextVar[str] = ContextVar("request_id", default="-")

_SANE = re.compile(r"[A-Za-z0-9._\-]{8,64}")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Their messages are fixed texts, or hold numbers only.
_OURS = frozenset({"system", "uvicorn"})
_log = logging.getLogger("system.request")
# Made once: `json.dumps` makes an encoder for each line that needs a default.
_AS_JSON = json.JSONEncoder(default=str).encode


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Format one line; an exception appears by type and place, not by its text."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "request_id": request_id.get(),
            **_message(record),
        }
        if (trace := trace_id()) is not None:
            line["trace_id"] = trace
        if record.name.startswith("system."):
            line.update({k: v for k, v in vars(record).items() if k not in _STANDARD})
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            at = record.exc_info[2]
            places = []
            while at is not None:
                code = at.tb_frame.f_code
                places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{at.tb_lineno}")
                at = at.tb_next
            line["trace"] = places
        return _AS_JSON(line)


def _message(record: logging.LogRecord) -> dict[str, str]:
    if record.name.partition(".")[0] in _OURS:
        return {"message": record.getMessage()}
    place = f"{record.filename}:{record.lineno}"
    if record.args:
        text = record.msg if isinstance(record.msg, str) else "(withheld)"
    elif record.name == "asyncio":
        # What follows the first line is the representation of a task, or of its exception.
        text = record.getMessage().partition("\n")[0]
    else:
        text = "(withheld)"
    return {"message": text, "place": place}


def configure_logging(service: str, level: str) -> None:
    """Send every logger's records to standard error as JSON lines."""
    # No line shows these, and each costs a look-up for every record.
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These log request lines or payloads of their own.
    for name in ("uvicorn.access", "httpx", "httpx2", "httpcore", "openai", "mcp", "openai.agents"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True


class RequestLog:
    """Gives each request its id, logs its outcome in one line, and answers uncaught errors."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        identifier = offered if _SANE.fullmatch(offered) else secrets.token_hex(12)
        token = request_id.set(identifier)
        started = time.perf_counter()
        status = 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = identifier
            await send(message)

        try:
            await self._app(scope, receive, note)
        except Exception:
            _log.exception("request failed")
            if status == 0:
                await error_response(ServerError())(scope, receive, note)
        finally:
            seconds = time.perf_counter() - started
            count_request(scope, status, seconds)
            _log.info(
                "request",
                extra={
                    "method": scope["method"],
                    # The template, not the path: paths carry users' ids.
                    "route": route_of(scope),
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                },
            )
            request_id.reset(token)
