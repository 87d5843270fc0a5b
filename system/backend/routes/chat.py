"""The assistant over plain HTTP: `POST /api/chat`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from system.backend.dependencies import CurrentSubject, ServicesOf
from system.backend.documentation import errors
from system.store.schemas import MessageView, storable

router = APIRouter(prefix="/api/chat", tags=["chat"])

_EXAMPLES = [{"message": "add a task to buy milk"}]


class ChatRequest(BaseModel):
    """A message to the assistant, in a conversation of the caller's or a new one."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[
        str, StringConstraints(min_length=1, max_length=4_000), AfterValidator(storable)
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


@router.post("", responses=errors(401, 404, 413, 422, 503))
async def chat(
    subject: CurrentSubject,
    services: ServicesOf,
    request: Annotated[ChatRequest, Body(examples=_EXAMPLES)],
) -> ChatResponse:
    """Send a message to the assistant and wait for its answer."""
    answer = await services.chat.answer(subject, request.message, request.conversation_id)
    return ChatResponse(
        conversation_id=answer.conversation_id,
        message=answer.message,
        tool_calls=[
            ToolCallView.model_validate(
                {"name": use.name, "arguments": use.arguments, "outcome": use.outcome}
            )
            for use in answer.uses
        ],
    )
