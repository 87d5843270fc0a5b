"""Puts refusals of the SDK and of the router into the error envelope.

Some of them have no body (405, 406), some a line of plain text (404): a client that reads JSON
would fail on them. JSON-RPC errors are left as they are.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from system.errors import ServiceError, error_of_status
from system.wire.error_response import error_response

_READ = ("application/json", "text/event-stream")
_KEPT = ("allow", "www-authenticate", "retry-after", "mcp-session-id")


class EnvelopedRefusals:
    """Answers with the envelope where an app refuses in another form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = False

        async def send_enveloped(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                headers = Headers(raw=message["headers"])
                error = _error(message["status"], headers)
                if error is not None:
                    refused = True
                    answer = error_response(error)
                    answer.headers.update(
                        {name: headers[name] for name in _KEPT if name in headers}
                    )
                    await answer(scope, receive, send)
            # The body of a refusal that was replaced goes nowhere.
            if not refused:
                await send(message)

        await self._app(scope, receive, send_enveloped)


def _error(status: int, headers: Headers) -> ServiceError | None:
    """Return the error that a response should be; None where it is readable, or no refusal."""
    if status < 400 or headers.get("content-type", "").startswith(_READ):
        return None
    return error_of_status(status)
