"""The assistant over plain HTTP: `POST /api/chat`, as JSON or as a stream of events."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Header
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from system.backend.agent.bridge import ToolUse
from system.backend.chat import Answered, Asked, Failed, TextDelta, Turn, arguments_shown
from system.backend.dependencies import CurrentSubject, ServicesOf
from system.backend.idempotency import RequestKey
from system.backend.openapi.responses import errors, events_schema
from system.backend.streams import MEDIA_TYPE, TurnStream, frame, wants_stream, while_connected
from system.store.schemas import STORABLE_SCHEMA, MessageView, storable

router = APIRouter(prefix="/api/chat", tags=["chat"])

_EXAMPLES = [{"message": "add a task to buy milk"}]
_EVENTS = """Server-sent events with JSON data: `started` (conversation_id, message_id), `delta`
(text), `tool_started` (name), `tool_call` (name, arguments, outcome), and at the end `answered`
(the object that the JSON answer is) or `failed` (the error envelope)."""
# What nginx logs for a client that closed the connection; it is not received.
_CLIENT_LEFT = 499
_STREAM = {MEDIA_TYPE: events_schema(_EVENTS)}


class ChatRequest(BaseModel):
    """A message to the assistant, in a conversation of the caller's or a new one."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[
        str,
        StringConstraints(min_length=1, max_length=4_000),
        AfterValidator(storable),
        STORABLE_SCHEMA,
    ]
    conversation_id: UUID | None = None


class ToolCallView(BaseModel):
    """A tool call that the assistant made."""

    name: str
    arguments: Mapping[str, Any]
    outcome: Literal["ok", "error"]


class ChatResponse(BaseModel):
    """The assistant's answer."""

    conversation_id: UUID
    message: MessageView
    tool_calls: list[ToolCallView] = Field(description="What the assistant did, in order.")


@router.post(
    "",
    response_model=ChatResponse,
    responses={200: {"content": _STREAM}, **errors(401, 404, 409, 413, 422, 503)},
)
async def chat(
    subject: CurrentSubject,
    services: ServicesOf,
    request: Annotated[ChatRequest, Body(examples=_EXAMPLES)],
    http: Request,
    key: RequestKey,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> ChatResponse | Response:
    """Send a message to the assistant: wait for its answer, or watch it come as events."""
    asked = await services.chat.ask(subject, request.message, request.conversation_id, key)
    if wants_stream(accept):
        turn = services.chat.begin(subject, asked)
        return TurnStream(_frames(asked, turn), [turn])
    answered = await while_connected(http, services.chat.answer(subject, asked))
    return _response(asked, answered) if answered else Response(status_code=_CLIENT_LEFT)


async def _frames(asked: Asked, turn: Turn) -> AsyncIterator[bytes]:
    ids = {"conversation_id": str(asked.conversation_id), "message_id": str(turn.message_id)}
    yield frame("started", ids)
    async for event in turn.events():
        if isinstance(event, TextDelta):
            yield frame("delta", {"text": event.text})
        elif isinstance(event, ToolUse):
            yield frame("tool_call", arguments_shown(event))
        elif isinstance(event, Answered):
            yield frame("answered", _response(asked, event).model_dump(mode="json"))
        elif isinstance(event, Failed):
            yield frame("failed", event.error.envelope())
        else:
            yield frame("tool_started", {"name": event.name})


def _response(asked: Asked, answered: Answered) -> ChatResponse:
    return ChatResponse(
        conversation_id=asked.conversation_id,
        message=answered.message,
        tool_calls=[ToolCallView(**arguments_shown(use)) for use in answered.uses],
    )
