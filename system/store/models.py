"""The tables, as SQLModel classes. Alembic migrations create them; these only map them.

Every user-owned row has its owner in its primary key, and a reference between such rows carries
the owner too: `(user_id, project_id)` points at `(user_id, id)`, so a row cannot even name another
user's row, and a key collision across users cannot happen, let alone be observed. What members add
to a shared project is the project owner's row, with its author in a column.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import Column, DateTime, ForeignKeyConstraint, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 section 5.7): sorts by time, tells nothing of how many rows there are."""
    return uuid_utils.compat.uuid7()


def _timestamp() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())


class User(SQLModel, table=True):
    """The subject as the auth provider names it; made when a user first writes."""

    __tablename__: ClassVar[str] = "user"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    created_at: datetime = Field(sa_column=_timestamp())


class Administrator(SQLModel, table=True):
    """A subject who may list and disable accounts; appointed outside every service."""

    __tablename__: ClassVar[str] = "administrators"

    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    appointed_at: datetime = Field(sa_column=_timestamp())


class DisabledAccount(SQLModel, table=True):
    """A subject who is served nothing; the database names the administrator."""

    __tablename__: ClassVar[str] = "disabled_accounts"

    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    disabled_by: str | None = None
    disabled_at: datetime = Field(sa_column=_timestamp())


class Project(SQLModel, table=True):
    """A named group of tasks."""

    __tablename__: ClassVar[str] = "projects"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], ["user.id"], ondelete="CASCADE"),
        UniqueConstraint("user_id", "name", name="projects_user_id_name_key"),
    )

    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    created_at: datetime = Field(sa_column=_timestamp())
    updated_at: datetime = Field(sa_column=_timestamp())


class Task(SQLModel, table=True):
    """Something to be done; in a shared project its owner is the project's."""

    __tablename__: ClassVar[str] = "tasks"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], ["user.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["user_id", "project_id"], ["projects.user_id", "projects.id"], onupdate="CASCADE"
        ),
    )

    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    project_id: UUID | None = None
    title: str
    description: str | None = None
    status: str = "pending"
    priority: str = "medium"
    due_date: date | None = None
    created_at: datetime = Field(sa_column=_timestamp())
    updated_at: datetime = Field(sa_column=_timestamp())
    completed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    # Who added it; the database names the subject of the transaction.
    author_id: str | None = None


class Membership(SQLModel, table=True):
    """A person's role in another user's project; `user_id` is the project's owner."""

    __tablename__: ClassVar[str] = "memberships"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "project_id"],
            ["projects.user_id", "projects.id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
    )

    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    project_id: UUID = Field(primary_key=True)
    member_id: str = Field(sa_column=Column(Text, primary_key=True))
    role: str
    created_at: datetime = Field(sa_column=_timestamp())


class Invitation(SQLModel, table=True):
    """Offer of an owner to a person: a role in a project, or the project itself."""

    __tablename__: ClassVar[str] = "invitations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "project_id"],
            ["projects.user_id", "projects.id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        UniqueConstraint("user_id", "project_id", "invitee_id"),
    )

    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    project_id: UUID
    invitee_id: str
    role: str
    created_at: datetime = Field(sa_column=_timestamp())


class IdempotencyKey(SQLModel, table=True):
    """A key of one user for one operation, with the arguments' digest and the first result."""

    __tablename__: ClassVar[str] = "idempotency_keys"
    __table_args__ = (ForeignKeyConstraint(["user_id"], ["user.id"], ondelete="CASCADE"),)

    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    operation: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    digest: str
    result: str | None = None
    # The project that the write was in or of: who sees it no more gets no result any more.
    project_id: UUID | None = None
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))


class Conversation(SQLModel, table=True):
    """A thread between one user and the assistant."""

    __tablename__: ClassVar[str] = "conversations"
    __table_args__ = (ForeignKeyConstraint(["user_id"], ["user.id"], ondelete="CASCADE"),)

    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    title: str | None = None
    created_at: datetime = Field(sa_column=_timestamp())
    updated_at: datetime = Field(sa_column=_timestamp())


class Message(SQLModel, table=True):
    """A message of a conversation; ids order them."""

    __tablename__: ClassVar[str] = "messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "conversation_id"],
            ["conversations.user_id", "conversations.id"],
            ondelete="CASCADE",
        ),
    )

    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    id: UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: UUID
    role: str
    content: str
    # What ChatKit sent beyond plain text: quotation, tags, options.
    parts: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    # The answer ended before the assistant had finished.
    interrupted: bool = False
    feedback: str | None = None
    created_at: datetime = Field(sa_column=_timestamp())
