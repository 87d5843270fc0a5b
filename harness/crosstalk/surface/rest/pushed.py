"""Streams that a REST API pushes to its callers: server-sent events, and WebSockets.

They never end, so each is read by a thread of its own; a call returns what arrived since the last
call of the same caller. Nothing is sent on a WebSocket.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import httpx2

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.http.classification import answer_of
from crosstalk.surface.http.event_stream import LAST_EVENT
from crosstalk.surface.http.exchange import client, error_fields
from crosstalk.surface.http.json_text import loads
from crosstalk.surface.rest.request import Request
from crosstalk.surface.transports.base import Reply
from crosstalk.surface.transports.listening import LISTENING_SECONDS, Listener, drained, messages_of
from crosstalk.surface.wire_requests import hold_back, written

# Standing streams at once; the one that was read longest ago is closed for a new one.
_MOST_OPEN = 24
# After that long without a byte, or in all, a stream of events is taken for one without an end.
_IDLE_SECONDS = 0.4
_WHOLE_SECONDS = 2.0
_OPEN_SECONDS = 5.0
_MAX_MESSAGE = 1_000_000
_ENDED = object()


class _Standing(Protocol):
    def received(self, first: float = LISTENING_SECONDS) -> Reply: ...

    def close(self) -> None: ...


class PushedStreams:
    """The standing streams of all callers of one API."""

    def __init__(self) -> None:
        self._http = client(_OPEN_SECONDS, httpx2.Limits(max_connections=None))
        self._open: OrderedDict[str, _Standing] = OrderedDict()
        self._opening = threading.Lock()

    def received(self, made: Request, *, websocket: bool = False) -> Answer:
        """Return what arrived since the caller's last call, which opens the stream where none is.

        One that is to go on after an event is opened anew each time, as all after it is sent again.

        Args:
            made: The request that opens it; equal requests share one stream.
            websocket: Whether it is a WebSocket.
        """
        timeout = httpx2.Timeout(_OPEN_SECONDS, read=None)
        request = self._http.build_request("GET", made.url, headers=made.headers, timeout=timeout)
        kind = "websocket" if websocket else "events"
        hold_back(lambda: replace(written(request), pushed=kind))
        key = f"{made.url} {sorted(made.headers.items())}"
        again = LAST_EVENT.lower() in {name.lower() for name in made.headers}
        with self._opening:
            if again and key in self._open:
                self._open.pop(key).close()
            if key not in self._open:
                while len(self._open) >= _MOST_OPEN:
                    self._open.popitem(last=False)[1].close()
                self._open[key] = _Socket(made) if websocket else Listener(self._http, request)
            self._open.move_to_end(key)
            standing = self._open[key]
        return _answer(standing.received())

    def close(self) -> None:
        """End all streams."""
        with self._opening:
            for each in self._open.values():
                each.close()
            self._open.clear()
        self._http.close()


class _Socket:
    """One WebSocket (RFC 6455), read by a thread."""

    def __init__(self, made: Request) -> None:
        self._refused: Reply | None = None
        self._connection: Any = None
        self._arrived: queue.Queue[Any] = queue.Queue()
        self._opened = threading.Event()
        threading.Thread(target=self._read, args=(made.url, made.headers), daemon=True).start()

    def received(self, first: float = LISTENING_SECONDS) -> Reply:
        """Return the messages that came since the last time, or the refusal."""
        self._opened.wait(_OPEN_SECONDS)
        if self._refused is not None:
            return self._refused
        return messages_of(drained(self._arrived, first, _ENDED))

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            threading.Thread(target=self._connection.close, daemon=True).start()

    def _read(self, url: str, headers: Mapping[str, str]) -> None:
        from websockets.exceptions import InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        try:
            with connect(
                url.replace("http", "ws", 1),
                additional_headers=dict(headers),
                open_timeout=_OPEN_SECONDS,
                close_timeout=1,
                max_size=_MAX_MESSAGE,
                proxy=None,
            ) as self._connection:
                self._opened.set()
                for message in self._connection:
                    text = (
                        message if isinstance(message, str) else message.decode("utf-8", "replace")
                    )
                    self._arrived.put(loads(text))
        except InvalidStatus as error:
            body = (error.response.body or b"").decode("utf-8", "replace")
            self._refused = Reply(error.response.status_code, loads(body))
        except (WebSocketException, OSError, ValueError) as error:
            if not self._opened.is_set():
                self._refused = Reply(None, {"error": type(error).__name__})
        finally:
            self._arrived.put(_ENDED)
            self._opened.set()


def read_for_a_while(request: httpx2.Request, response: httpx2.Response) -> tuple[Answer, bool]:
    """Return the answer of a stream of events, and whether it has an end.

    Args:
        request: What was sent, with the read time-out of this one exchange.
        response: Its answer, of which only the head was read; it is closed.
    """
    # Looked up anew for the body: a stream that pauses has no end, and is not worth the time-out.
    request.extensions.setdefault("timeout", {})["read"] = _IDLE_SECONDS
    chunks: list[bytes] = []
    began, ended = time.monotonic(), False
    try:
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            if time.monotonic() - began > _WHOLE_SECONDS:
                break
        else:
            ended = True
    except httpx2.TimeoutException:
        ended = False
    finally:
        response.close()
    headers = {
        name: value
        for name, value in response.headers.items()
        if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
    }
    whole = httpx2.Response(
        response.status_code, headers=headers, content=b"".join(chunks), request=request
    )
    return answer_of(whole), ended


def _answer(reply: Reply) -> Answer:
    if reply.status == 200 and isinstance(reply.body, Mapping) and "result" in reply.body:
        return Answer(Outcome.OK, 200, {"events": reply.body["result"]["messages"]})
    if reply.status is None:
        return Answer(Outcome.UNREACHABLE, None, None, message=str(reply.body.get("error")))
    code, message = error_fields(reply.body)
    return Answer(Outcome.ERROR, reply.status, reply.body, dict(reply.headers), code, message)
