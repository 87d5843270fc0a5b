"""Limits on a request body: its size, and how deep its JSON nests.

The body is read whole before the application sees it, so that a client that sends too much or too
deep costs a bounded amount of memory and no parser's stack.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from system.errors import PayloadTooLarge, ValidationFailed
from system.wire.answers import send_error

MAX_BODY_BYTES = 1_048_576
MAX_JSON_DEPTH = 64

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
    """Refuses bodies that are too large (413) or nest too deep (422).

    Args:
        app: What to protect.
        max_bytes: The largest body that is read.
        max_depth: The deepest JSON that is passed on.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES, max_depth: int = MAX_JSON_DEPTH
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_depth = max_depth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > self._max_bytes:
            await send_error(self._too_large(), scope, receive, send)
            return
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._max_bytes:
                await send_error(self._too_large(), scope, receive, send)
                return
            more = message.get("more_body", False)
        body = b"".join(chunks)
        if json_depth(body) > self._max_depth:
            reason = f"must not nest deeper than {self._max_depth}"
            error = ValidationFailed("the request body nests too deep", details={"body": reason})
            await send_error(error, scope, receive, send)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(details={"body": f"at most {self._max_bytes} bytes"})
