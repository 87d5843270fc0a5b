"""Limits on a request body: its size, the time it takes, and how deep its JSON nests.

The body is read whole before the application sees it, so that a client that sends too much or too
deep costs a bounded amount of memory and no parser's stack.
"""

from __future__ import annotations

import asyncio
import re

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from system.errors import BodyTooSlow, PayloadTooLarge, ServiceError, ValidationFailed
from system.wire.error_response import send_error

MAX_BODY_BYTES = 1_048_576
MAX_JSON_DEPTH = 64
MAX_BODY_SECONDS = 15.0

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')


def json_depth(body: bytes) -> int:
    """How deep arrays and objects nest, without parsing (strings are skipped)."""
    if body.count(b"[") + body.count(b"{") <= MAX_JSON_DEPTH:
        return 0
    depth = deepest = 0
    for byte in _STRING.sub(b"", body):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


class BodyLimit:
    """Refuses bodies that are too large (413), too slow (408) or nest too deep (422).

    Args:
        app: What to protect.
        max_bytes: The largest body that is read.
        max_depth: The deepest JSON that is passed on.
        max_seconds: How long a body may take to arrive.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int = MAX_BODY_BYTES,
        max_depth: int = MAX_JSON_DEPTH,
        max_seconds: float = MAX_BODY_SECONDS,
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_depth = max_depth
        self._max_seconds = max_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._max_seconds):
                body = await self._read(Headers(scope=scope), receive)
            self._check_depth(body)
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
        if declared.isdigit() and int(declared) > self._max_bytes:
            raise too_large
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._max_bytes:
                raise too_large
            more = message.get("more_body", False)
        return b"".join(chunks)

    def _check_depth(self, body: bytes) -> None:
        if json_depth(body) > self._max_depth:
            reason = {"body": f"must not nest deeper than {self._max_depth}"}
            raise ValidationFailed("the request body nests too deep", details=reason)
