"""Limits on a request body: its size, the time it takes, and the shape of its JSON.

The body is read whole before the application sees it, so that a client that sends too much, too
deep or too many values costs a bounded amount of memory and time, and no parser's stack. Only
requests that the gate has let through come here: a stranger's body is never read.
"""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from system.errors import BodyTooSlow, PayloadTooLarge, ServiceError, ValidationFailed
from system.wire.error_response import send_error
from system.wire.json_shape import shape_problem

MAX_BODY_BYTES = 1_048_576
MAX_JSON_DEPTH = 64
MAX_JSON_VALUES = 2_000
MAX_BODY_SECONDS = 15.0


class BodyLimit:
    """Refuses bodies that are too large (413), too slow (408) or of an odd shape (422).

    Args:
        app: What to protect.
        max_bytes: The largest body that is read.
        max_depth: The deepest JSON that is passed on.
        max_values: The most values in a JSON text that is passed on.
        max_seconds: How long a body may take to arrive.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int = MAX_BODY_BYTES,
        max_depth: int = MAX_JSON_DEPTH,
        max_values: int = MAX_JSON_VALUES,
        max_seconds: float = MAX_BODY_SECONDS,
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_depth = max_depth
        self._max_values = max_values
        self._max_seconds = max_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._max_seconds):
                body = await self._read(Headers(scope=scope), receive)
            self._check_shape(body)
        except TimeoutError:
            limit = {"body": f"must arrive within {self._max_seconds:g} seconds"}
            await send_error(BodyTooSlow(details=limit), scope, receive, send)
            return
        except ServiceError as error:
            await send_error(error, scope, receive, send)
            return
        except ClientDisconnect:
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        """The whole body.

        Raises:
            PayloadTooLarge: It is larger than the limit, or says that it will be.
            ClientDisconnect: The client went away.
        """
        too_large = PayloadTooLarge(details={"body": f"at most {self._max_bytes} bytes"})
        declared = headers.get("content-length", "")
        # Longer numbers than Python reads, and digits that are not ASCII, say nothing here.
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > self._max_bytes:
            raise too_large
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect()
            body += message.get("body", b"")
            if len(body) > self._max_bytes:
                raise too_large
            more = message.get("more_body", False)
        return bytes(body)

    def _check_shape(self, body: bytes) -> None:
        """See that a parser can read the body with little stack and in little time.

        Raises:
            ValidationFailed: It cannot.
        """
        problem = shape_problem(body, max_depth=self._max_depth, max_values=self._max_values)
        if problem is not None:
            raise ValidationFailed("the request body cannot be read", details={"body": problem})
