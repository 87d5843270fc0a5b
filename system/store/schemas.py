"""Values that the store takes and returns, independent of their storage.

REST bodies, MCP argument schemas and output schemas are made from these, so a limit is written
once. Input models forbid unknown fields; every text refuses NUL (PostgreSQL cannot store it) and
unpaired surrogates (UTF-8 cannot carry them), here rather than at the driver.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

MAX_TITLE = 200
MAX_DESCRIPTION = 2_000
MAX_PROJECT_NAME = 100
MAX_QUERY = 200
MAX_MESSAGE = 100_000
MAX_USER_ID = 255
MAX_PAGE = 100
DEFAULT_PAGE = 20


def storable(value: str) -> str:
    """Refuse text that PostgreSQL or UTF-8 cannot hold.

    Raises:
        ValueError: The text has a NUL character or an unpaired surrogate.
    """
    if "\x00" in value:
        raise ValueError("must not contain the NUL character")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("must not contain unpaired surrogates")
    return value


# Blank in JavaScript's regular expressions, and not in Python.
_NO_BREAK = "\ufeff"


def _not_blank(value: str) -> str:
    if not value.replace(_NO_BREAK, "").strip():
        raise ValueError("must not be blank")
    return value


# The same in JSON Schema, for clients that generate or check arguments by it.
STORABLE_SCHEMA = Field(json_schema_extra={"not": {"pattern": "\\u0000"}})
# What `\s` means differs between engines in these five characters and U+FEFF.
_WRITTEN_SCHEMA = Field(
    json_schema_extra={"not": {"pattern": "\\u0000|^[\\s\\u001c-\\u001f\\u0085\\ufeff]*$"}}
)

Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TITLE),
    AfterValidator(storable),
    AfterValidator(_not_blank),
    _WRITTEN_SCHEMA,
]
Description = Annotated[
    str, StringConstraints(max_length=MAX_DESCRIPTION), AfterValidator(storable), STORABLE_SCHEMA
]
ProjectName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_PROJECT_NAME),
    AfterValidator(storable),
    AfterValidator(_not_blank),
    _WRITTEN_SCHEMA,
]
SearchQuery = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_QUERY),
    AfterValidator(storable),
    AfterValidator(_not_blank),
    _WRITTEN_SCHEMA,
]
MessageText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_MESSAGE), AfterValidator(storable)
]
PersonId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_USER_ID),
    AfterValidator(storable),
    STORABLE_SCHEMA,
]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(storable)]
# Visible ASCII, so that a key looks the same in a header, in JSON and in a log.
IDEMPOTENCY_KEY_PATTERN = r"^[!-~]{1,255}$"
PageLimit = Annotated[int, Field(ge=1, le=MAX_PAGE)]


class TaskStatus(StrEnum):
    """State of a task."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class TaskPriority(StrEnum):
    """Priority of a task for its owner."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class MemberRole(StrEnum):
    """Role of a person in another user's project: a viewer reads, an editor changes tasks."""

    VIEWER = "viewer"
    EDITOR = "editor"


class InvitationRole(StrEnum):
    """Role that a person has or is offered in a project; who is offered to own it takes it over."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"


class MessageRole(StrEnum):
    """Author of a message of a conversation."""

    USER = "user"
    ASSISTANT = "assistant"


class Input(BaseModel):
    """Base of what a caller sends: an unknown field is an error, not noise."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """Base of what the store gives back: plain values, detached from any session."""

    model_config = ConfigDict(frozen=True)


class TaskDraft(Input):
    """A task to be stored."""

    title: Title
    description: Description | None = None
    status: TaskStatus = TaskStatus.PENDING
    priority: TaskPriority = TaskPriority.MEDIUM
    due_date: date | None = None
    project_id: UUID | None = None


class TaskChange(Input):
    """Fields left out stay as they are; an explicit null clears an optional one."""

    title: Title = Field(default="unchanged")
    description: Description | None = None
    status: TaskStatus = TaskStatus.PENDING
    priority: TaskPriority = TaskPriority.MEDIUM
    due_date: date | None = None
    project_id: UUID | None = None


class TaskView(View):
    """A task as its owner sees it."""

    id: UUID
    title: str
    description: str | None
    status: TaskStatus
    priority: TaskPriority
    due_date: date | None
    project_id: UUID | None
    project_name: str | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


class TaskPage(View):
    """Tasks, newest first; `next_cursor` is null on the last page."""

    items: list[TaskView]
    next_cursor: str | None


class ProjectDraft(Input):
    """A project to be stored; its name is unique among its owner's."""

    name: ProjectName


class ProjectChange(Input):
    """A new name for a project."""

    name: ProjectName


class ProjectView(View):
    """A project as its reader sees it: whose it is, their role, and its tasks counted."""

    id: UUID
    name: str
    owner_id: str
    role: InvitationRole = Field(description="The reader's own.")
    task_count: int
    open_task_count: int
    created_at: datetime
    updated_at: datetime


class ProjectPage(View):
    """Projects, newest first; `next_cursor` is null on the last page."""

    items: list[ProjectView]
    next_cursor: str | None


class InvitationDraft(Input):
    """An invitation to be stored."""

    invitee_id: PersonId
    role: InvitationRole = InvitationRole.VIEWER


class InvitationView(View):
    """An invitation; it shows nothing of the project, which its person does not see yet."""

    id: UUID
    project_id: UUID
    owner_id: str
    invitee_id: str
    role: InvitationRole
    created_at: datetime


class InvitationPage(View):
    """Invitations, newest first; `next_cursor` is null on the last page."""

    items: list[InvitationView]
    next_cursor: str | None


class RoleChange(Input):
    """Another role for a member."""

    role: MemberRole


class MemberView(View):
    """A person with a role in a project."""

    project_id: UUID
    member_id: str
    role: InvitationRole
    created_at: datetime


class MemberList(View):
    """The owner first, then the members that the caller sees: the owner sees all of them."""

    items: list[MemberView]


class MemberRemoval(View):
    """The member whose membership ended, and of which project."""

    project_id: UUID
    member_id: str


class UserStats(View):
    """Counts over one user's tasks and projects; overdue is as of today, UTC."""

    total: int
    pending: int
    in_progress: int
    completed: int
    overdue: int
    projects: int


class BulkCompletion(View):
    """Result of a bulk completion: the number of changed tasks."""

    completed: int


class AccountRole(StrEnum):
    """Rights of an account beside using its own data."""

    MEMBER = "member"
    ADMIN = "admin"


class OwnAccount(View):
    """The caller's account."""

    account_id: str
    role: AccountRole


class AccountView(View):
    """An account as an administrator sees it: nothing of what it stored."""

    account_id: str
    created_at: datetime | None = Field(description="When it first stored something.")
    disabled_at: datetime | None


class AccountPage(View):
    """Accounts by id; `next_cursor` is null on the last page."""

    items: list[AccountView]
    next_cursor: str | None


class Deletion(View):
    """The id of what was deleted."""

    id: UUID


class ConversationView(View):
    """A conversation without its messages."""

    id: UUID
    title: str | None
    created_at: datetime
    updated_at: datetime


class ConversationPage(View):
    """Conversations, newest first; `next_cursor` is null on the last page."""

    items: list[ConversationView]
    next_cursor: str | None


class ConversationChange(Input):
    """A new title for a conversation."""

    title: Title


class Feedback(StrEnum):
    """A user's rating of an answer."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


class MessageView(View):
    """A message of a conversation."""

    id: UUID
    role: MessageRole
    content: str
    interrupted: bool = Field(description="The answer ended before it was complete.")
    feedback: Feedback | None = Field(description="What the user thinks of it, if they said so.")
    created_at: datetime


class ThreadMessage(MessageView):
    """A message with what ChatKit needs to show it as it was written."""

    parts: dict[str, Any] | None
