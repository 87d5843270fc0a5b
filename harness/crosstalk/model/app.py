"""The offline model as an HTTP server that speaks OpenAI's API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from crosstalk.model.conversation import ModelReply, Prompt, from_chat_completions, from_responses
from crosstalk.model.policies import ModelPolicy
from crosstalk.model.wire import completion, completion_events, response, response_events

_Read = Callable[[Mapping[str, Any]], Prompt]
_Write = Callable[[ModelReply, str], dict[str, Any]]
_Stream = Callable[[ModelReply, str], Iterator[str]]


def create_app(
    policy: ModelPolicy, *, think_seconds: float = 0.0, piece_seconds: float = 0.0
) -> Starlette:
    """Build the application.

    Args:
        policy: Decides replies.
        think_seconds: Delay before each reply.
        piece_seconds: Delay between the pieces of a stream.
    """

    def endpoint(read: _Read, write: _Write, stream: _Stream) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            try:
                body = await request.json()
                reply = policy(read(body))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                message = f"not a request of this API: {type(error).__name__}"
                problem = {"message": message, "type": "invalid_request_error", "code": None}
                return JSONResponse({"error": problem}, 400)
            model = str(body.get("model", "offline"))
            await asyncio.sleep(think_seconds)
            if not body.get("stream"):
                return JSONResponse(write(reply, model))

            async def events() -> AsyncIterator[str]:
                for event in stream(reply, model):
                    yield event
                    if piece_seconds:
                        await asyncio.sleep(piece_seconds)

            return StreamingResponse(events(), media_type="text/event-stream")

        return handle

    async def models(request: Request) -> Response:
        return JSONResponse(
            {"object": "list", "data": [{"id": "offline", "object": "model", "owned_by": "test"}]}
        )

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    responses = endpoint(from_responses, response, response_events)
    completions = endpoint(from_chat_completions, completion, completion_events)
    return Starlette(
        routes=[
            Route("/v1/responses", responses, methods=["POST"]),
            Route("/v1/chat/completions", completions, methods=["POST"]),
            Route("/v1/models", models),
            Route("/health", health),
        ]
    )
