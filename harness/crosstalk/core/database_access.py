"""Access to a system's own PostgreSQL: who logs in, and how a subject is set there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """A PostgreSQL database as the service reaches it.

    Attributes:
        url: `postgresql://` URL with the service's login.
        subjects: Values of the owner columns for the attacker and the victim; empty where rows may
            belong to made-up ones.
        row_security: The database is asked to keep subjects apart. Where it is not, only what no
            service can repair is tried: references and unique constraints over all rows.
        settings: Setting to value, in which `{user}` is the subject.
        claims: Claims of the subject, as JSON in `claims_setting`.
        claims_setting: Where the claims go.
        role: Role that is taken for a subject; `{user}` may stand in it.
        anonymous_role: Role that is taken without a subject.
        owner_columns: Names of columns that say whose a row is, the most telling first.
        owners: Table to its owner column, where the name does not say it.
        schemas: Schemas whose tables, views and functions are tried.
        public: Tables and views that every user may read.
        skip: Tables, views and functions that are not tried.
    """

    url: str
    subjects: tuple[str, ...] = ()
    row_security: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    claims_setting: str = "request.jwt.claims"
    role: str = ""
    anonymous_role: str = ""
    owner_columns: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    schemas: tuple[str, ...] = ("public",)
    public: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()

    def values(self, subject: str | None) -> dict[str, str]:
        """Return the settings for a subject; those of no subject are empty."""
        if subject is None:
            found = dict.fromkeys(self.settings, "")
            if self.claims:
                without = {"role": self.anonymous_role} if self.anonymous_role else {}
                found[self.claims_setting] = json.dumps(without)
            return found
        found = {name: each.replace("{user}", subject) for name, each in self.settings.items()}
        if self.claims:
            claims = {name: _filled(each, subject) for name, each in self.claims.items()}
            found[self.claims_setting] = json.dumps(claims)
        return found

    def role_of(self, subject: str | None) -> str:
        """Return the role that is taken for a subject, or without one; empty for the login's."""
        if subject is None:
            return self.anonymous_role
        return self.role.replace("{user}", subject)


def _filled(value: Any, subject: str) -> Any:
    return value.replace("{user}", subject) if isinstance(value, str) else value
