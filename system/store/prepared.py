"""Statements that are put together once and run by the driver, for the paths that every chat takes.

To build a statement, to look for its compiled form and to carry its rows through an ORM's session
takes twenty times as long as the driver takes to send it and to read the answer. Here the text is
made when the module is loaded; what a call adds is values, never a part of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BindParameter, ClauseElement, Text, bindparam
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.engine.interfaces import Dialect

from system.store.reading import read_as

# The subject in statements that are made once for all users.
THE_SUBJECT: BindParameter[str] = bindparam("the_subject", type_=Text())
_DIALECT: Dialect = dialect()  # type: ignore[no-untyped-call]


class Prepared:
    """A statement whose values are parameters by name, the subject (`THE_SUBJECT`) one of them.

    Attributes:
        text: As the driver takes it, with `$1`, `$2`, ...
        writes: Whether it is more than a query.

    Args:
        statement: A query or a write whose values the driver takes as they are: texts, numbers,
            UUIDs, times; JSON as its text.
    """

    def __init__(self, statement: ClauseElement) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self.writes = bool(getattr(statement, "is_dml", False))
        self._names = tuple(getattr(compiled, "positiontup", None) or ())
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}

    def values(self, subject: str, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the values in the order of the text.

        Raises:
            KeyError: One is not given.
        """
        known = {**self._fixed, **given, THE_SUBJECT.key: subject}
        return tuple(known[name] for name in self._names)

    def as_read(self, subject: str, given: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """Return text and values of the query as one that sets its subject itself."""
        return read_as(self.text, self.values(subject, given), subject)
