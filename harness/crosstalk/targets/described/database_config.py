"""The table `[database]` of a `crosstalk.toml`; docs/layers.md explains it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import Field, field_validator, model_validator

from crosstalk.core.database_access import DatabaseAccess
from crosstalk.targets.described.strict import Strict, Texts

_URL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")
OWNER_COLUMNS = (
    "user_id",
    "owner_id",
    "owner",
    "user",
    "created_by",
    "author_id",
    "tenant_id",
    "tenant",
    "org_id",
    "organization_id",
    "organisation_id",
    "workspace_id",
    "team_id",
    "account_id",
    "customer_id",
    "member_id",
)


class DatabaseConfig(Strict):
    """The system's own PostgreSQL, whose row-level security is tried.

    Attributes:
        url: `postgresql://` URL as the service logs in.
        settings: Setting to value for a subject, e.g. `{"app.user_id" = "{user}"}`.
        claims: Claims of a subject, e.g. `{sub = "{user}", role = "authenticated"}`.
        claims_setting: The setting in which the claims stand as JSON.
        role: The role that is taken for a subject, e.g. `authenticated`.
        anonymous_role: The role that is taken without a subject, e.g. `anon`.
        row_security: False where the service alone keeps subjects apart.
        subjects: Two values of the owner columns; made up by default, or of the listed users.
        owner_columns: Names of columns that say whose a row is; `tenant_id` for tenants.
        owners: Table to its owner column, where the name does not say it.
        schemas: Schemas whose tables are tried.
        public: Tables and views that every user may read.
        skip: Tables, views and functions that are not tried.
    """

    url: str
    settings: dict[str, str] = Field(default_factory=dict)
    claims: dict[str, Any] = Field(default_factory=dict)
    claims_setting: str = "request.jwt.claims"
    role: str = ""
    anonymous_role: str = ""
    row_security: bool = True
    subjects: list[str | int] = Field(default_factory=list)
    owner_columns: Texts = Field(default_factory=lambda: [*OWNER_COLUMNS], min_length=1)
    owners: dict[str, str] = Field(default_factory=dict)
    schemas: Texts = Field(default_factory=lambda: ["public"], min_length=1)
    public: Texts = Field(default_factory=list)
    skip: Texts = Field(default_factory=list)

    @field_validator("url")
    @classmethod
    def _is_postgres(cls, value: str) -> str:
        if not _URL.match(value):
            raise ValueError(
                "database.url is not a URL of PostgreSQL: write "
                '"postgresql://USER:PASSWORD@HOST:PORT/NAME", or "$DATABASE_URL"'
            )
        return value

    @model_validator(mode="after")
    def _says_how(self) -> DatabaseConfig:
        named = bool(self.settings or self.claims or self.role)
        if self.row_security and not named:
            raise ValueError(
                "nothing says how the database knows the subject: set database.settings, "
                "database.claims or database.role, or row_security = false where the service "
                "alone keeps users apart"
            )
        if self.row_security and "{user}" not in f"{self.settings}{self.claims}{self.role}":
            raise ValueError(
                "database.settings, database.claims and database.role name no subject: write "
                '{user} where it stands, e.g. settings = {"app.user_id" = "{user}"}'
            )
        if self.subjects and len(set(self.subjects)) != 2:
            raise ValueError("database.subjects are two that differ, or none, to make them up")
        return self

    def access(self, users: Sequence[str]) -> DatabaseAccess:
        """Return what a campaign needs; the subjects are those of the listed users by default."""
        return DatabaseAccess(
            # The driver of an SQLAlchemy URL is not part of PostgreSQL's own.
            url=_URL.sub("postgresql://", self.url, count=1),
            subjects=tuple(map(str, self.subjects or (users[:2] if len(users) > 1 else ()))),
            row_security=self.row_security,
            settings=self.settings,
            claims=self.claims,
            claims_setting=self.claims_setting,
            role=self.role,
            anonymous_role=self.anonymous_role,
            owner_columns=tuple(self.owner_columns),
            owners=self.owners,
            schemas=tuple(self.schemas),
            public=frozenset(self.public),
            skip=frozenset(self.skip),
        )
