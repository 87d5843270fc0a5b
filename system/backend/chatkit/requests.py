"""Requests that a ChatKit client may send, validated before the SDK sees them.

The SDK's own models take any text of any length, and answer what they cannot use with a broken
stream. These take the same objects, with limits and without what this server does not offer:
attachments, dictation, client tools, widgets. Fields they do not know are left out, not refused,
as clients are updated before servers.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, Strict, StrictBool, StringConstraints

from system.store.schemas import STORABLE_SCHEMA, Feedback, PageLimit, Title, storable

MAX_INPUT = 4_000

_Text = Annotated[
    str, StringConstraints(max_length=MAX_INPUT), AfterValidator(storable), STORABLE_SCHEMA
]
_Name = Annotated[str, StringConstraints(max_length=100), AfterValidator(storable), STORABLE_SCHEMA]
_Order = Literal["asc", "desc"]


class TextContent(BaseModel):
    """Typed text."""

    type: Literal["input_text"]
    text: _Text


class TagContent(BaseModel):
    """A mention of something, as text with data."""

    type: Literal["input_tag"]
    id: _Name
    text: _Text
    data: Annotated[dict[_Name, _Text], Field(max_length=20)]
    group: _Name | None = None
    interactive: StrictBool = False


class ToolChoice(BaseModel):
    """A tool that the person picked."""

    id: _Name


class InferenceOptions(BaseModel):
    """Options picked in the composer; kept with the message."""

    tool_choice: ToolChoice | None = None
    model: _Name | None = None


class UserInput(BaseModel):
    """A message of the person."""

    content: Annotated[
        list[Annotated[TextContent | TagContent, Field(discriminator="type")]],
        Field(min_length=1, max_length=10),
    ]
    attachments: Annotated[list[str], Field(max_length=0)]
    quoted_text: _Text | None = None
    inference_options: InferenceOptions


class NewThread(BaseModel):
    """Parameters of `threads.create`."""

    input: UserInput


class NewMessage(BaseModel):
    """Parameters of `threads.add_user_message`."""

    thread_id: UUID
    input: UserInput


class OneThread(BaseModel):
    """Parameters that name a thread."""

    thread_id: UUID


class OneItem(BaseModel):
    """Parameters that name an item of a thread."""

    thread_id: UUID
    item_id: UUID


class NewTitle(BaseModel):
    """Parameters of `threads.update`."""

    thread_id: UUID
    title: Title


class ThreadPage(BaseModel):
    """Parameters of `threads.list`."""

    limit: Annotated[PageLimit, Strict()] | None = None
    order: _Order = "desc"
    after: UUID | None = None


class ItemPage(ThreadPage):
    """Parameters of `items.list`."""

    thread_id: UUID


class ItemFeedback(BaseModel):
    """Parameters of `items.feedback`."""

    thread_id: UUID
    item_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]
    kind: Feedback


class CreateThread(BaseModel):
    """Begin a thread with a message; answered as a stream."""

    type: Literal["threads.create"]
    params: NewThread


class AddUserMessage(BaseModel):
    """Continue a thread with a message; answered as a stream."""

    type: Literal["threads.add_user_message"]
    params: NewMessage


class RetryAfterItem(BaseModel):
    """Answer a message of the person again; answered as a stream."""

    type: Literal["threads.retry_after_item"]
    params: OneItem


class ListThreads(BaseModel):
    """A page of the person's threads."""

    type: Literal["threads.list"]
    params: ThreadPage


class GetThread(BaseModel):
    """A thread with its first items."""

    type: Literal["threads.get_by_id"]
    params: OneThread


class UpdateThread(BaseModel):
    """Give a thread a title."""

    type: Literal["threads.update"]
    params: NewTitle


class DeleteThread(BaseModel):
    """Delete a thread with its items."""

    type: Literal["threads.delete"]
    params: OneThread


class ListItems(BaseModel):
    """A page of a thread's items."""

    type: Literal["items.list"]
    params: ItemPage


class RateItems(BaseModel):
    """Say what one thinks of items."""

    type: Literal["items.feedback"]
    params: ItemFeedback


ChatKitRequest = Annotated[
    CreateThread
    | AddUserMessage
    | RetryAfterItem
    | ListThreads
    | GetThread
    | UpdateThread
    | DeleteThread
    | ListItems
    | RateItems,
    Field(discriminator="type"),
]
