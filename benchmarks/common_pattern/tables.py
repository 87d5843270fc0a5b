"""Tables of the common pattern, in a schema of their own beside the system's."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Engine, text
from sqlmodel import Field, SQLModel, create_engine

SCHEMA = "common_pattern"
_now = partial(datetime.now, UTC)


class Task(SQLModel, table=True):
    """A task."""

    __table_args__ = ({"schema": SCHEMA},)

    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(index=True)
    title: str
    description: str | None = None
    completed: bool = False
    created_at: datetime = Field(default_factory=_now)


class Conversation(SQLModel, table=True):
    """A conversation."""

    __table_args__ = ({"schema": SCHEMA},)

    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(index=True)
    created_at: datetime = Field(default_factory=_now)


class Message(SQLModel, table=True):
    """A message."""

    __table_args__ = ({"schema": SCHEMA},)

    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(index=True)
    conversation_id: int = Field(index=True)
    role: str
    content: str
    created_at: datetime = Field(default_factory=_now)


def open_engine() -> Engine:
    """Make an engine with SQLAlchemy's default pool, as copies do."""
    return create_engine(os.environ["DATABASE_URL"])


def make_tables(engine: Engine) -> None:
    """Make the tables that do not exist."""
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    SQLModel.metadata.create_all(engine)
