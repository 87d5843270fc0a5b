"""Settings of the database and of a service's connection pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from system.production import Deployed, database_problem, secret_problems


class StoreSettings(Deployed):
    """Read from the environment once, at start.

    `DATABASE_URL` names a service role: one that owns no table and cannot bypass row-level
    security. `CURSOR_SECRET` signs pagination cursors and must be the same on every replica.
    """

    database_url: SecretStr
    database_pooler: Literal["none", "transaction"] = Field(
        default="none", description="`transaction` behind PgBouncer or its like in that mode."
    )
    database_pool_size: int = Field(default=10, ge=1, le=500)
    database_max_overflow: int = Field(default=5, ge=0, le=500)
    database_pool_timeout: float = Field(
        default=10.0, gt=0, description="Seconds a call waits for a connection before 503."
    )
    database_statement_timeout: float = Field(
        default=10.0, gt=0, description="Seconds after which PostgreSQL cancels a statement."
    )
    database_search_timeout: float = Field(
        default=2.0, gt=0, description="Seconds after which PostgreSQL cancels a search."
    )
    database_searches_per_user: int = Field(
        default=1, ge=1, description="Searches of one user in PostgreSQL at once."
    )
    tasks_per_user: int = Field(default=10_000, ge=1, description="Tasks that one user may keep.")
    projects_per_user: int = Field(default=1_000, ge=1, description="The same for projects.")
    conversations_per_user: int = Field(
        default=10_000, ge=1, description="The same for conversations."
    )
    messages_per_user: int = Field(default=100_000, ge=1, description="The same for messages.")
    invitations_per_user: int = Field(
        default=1_000, ge=1, description="Invitations of one user that are not answered."
    )
    database_sessions_per_user: int = Field(
        default=4, ge=1, description="Connections that one user's calls may hold at once."
    )
    database_lock_timeout: float = Field(
        default=5.0, gt=0, description="Seconds a statement waits for another transaction's lock."
    )
    idempotency_key_hours: float = Field(
        default=24.0, gt=0, le=8_760, description="Hours for which a repeated call is recognised."
    )
    cursor_secret: SecretStr = Field(min_length=32)

    @property
    def quotas(self) -> dict[str, int]:
        """Kind of row to the number that one user may keep."""
        return {
            "tasks": self.tasks_per_user,
            "projects": self.projects_per_user,
            "conversations": self.conversations_per_user,
            "messages": self.messages_per_user,
            "invitations": self.invitations_per_user,
        }

    @property
    def behind_pooler(self) -> bool:
        """True if the server's connection may change from one transaction to the next."""
        return self.database_pooler == "transaction"

    @field_validator("database_url")
    @classmethod
    def _asynchronous(cls, value: SecretStr) -> SecretStr:
        """Accept the plain scheme that hosting platforms hand out, and use asyncpg."""
        try:
            url = make_url(value.get_secret_value())
        except ArgumentError as error:
            raise ValueError("must look like postgresql://user:password@host:5432/name") from error
        if url.drivername not in ("postgresql", "postgres", "postgresql+asyncpg"):
            raise ValueError("must be a postgresql:// URL")
        return SecretStr(url.set(drivername="postgresql+asyncpg").render_as_string(False))

    def production_problems(self) -> Iterator[str]:
        """A cursor secret or a password that can be guessed."""
        yield from super().production_problems()
        yield from secret_problems({"CURSOR_SECRET": self.cursor_secret})
        if problem := database_problem(self.database_url):
            yield problem
