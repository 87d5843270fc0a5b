"""The ChatKit protocol: `POST /chatkit`."""

from typing import Annotated, Any

from chatkit.server import StreamingResult
from fastapi import APIRouter, Body
from starlette.responses import Response

from system.backend.chatkit.requests import (
    AddUserMessage,
    ChatKitRequest,
    CreateThread,
    RetryAfterItem,
)
from system.backend.chatkit.threads import Caller
from system.backend.dependencies import CurrentSubject, ServicesOf
from system.backend.openapi.responses import errors, events_schema
from system.backend.streams import MEDIA_TYPE, TurnStream

router = APIRouter(prefix="/chatkit", tags=["chat"])

_INPUT = {
    "content": [{"type": "input_text", "text": "add a task to buy milk"}],
    "attachments": [],
    "inference_options": {},
}
_EXAMPLES = [
    {"type": "threads.create", "params": {"input": _INPUT}},
    {"type": "threads.list", "params": {"limit": 20}},
]
_CONTENT: dict[str, Any] = {
    "application/json": {"schema": {"type": "object"}},
    MEDIA_TYPE: events_schema("ChatKit's thread stream events, as JSON."),
}


@router.post(
    "",
    response_class=Response,
    responses={
        200: {"content": _CONTENT, "description": "As the ChatKit protocol specifies."},
        **errors(401, 404, 409, 413, 422, 503),
    },
)
async def chatkit(
    subject: CurrentSubject,
    services: ServicesOf,
    request: Annotated[ChatKitRequest, Body(examples=_EXAMPLES)],
) -> Response:
    """Talk to the assistant as ChatKit's user interface does."""
    caller = Caller(subject)
    server = services.chatkit
    # Before the answer is a stream, which can no longer be a 429 or a 404.
    if isinstance(request, CreateThread | AddUserMessage | RetryAfterItem):
        services.limits.spend_chat(subject)
        services.chat.require_capacity(subject)
    if isinstance(request, AddUserMessage):
        await server.store.load_thread(str(request.params.thread_id), caller)
    elif isinstance(request, RetryAfterItem):
        await server.prepare_retry(request.params.thread_id, request.params.item_id, caller)
    result = await server.process(request.model_dump_json(exclude_unset=True), caller)
    if isinstance(result, StreamingResult):
        return TurnStream(server.frames(result), caller.turns)
    return Response(result.json, media_type="application/json")
