"""Reads in one round trip: the statement that reads sets its subject itself.

A transaction of its own for each read costs four round trips: it begins, sets the subject, reads,
commits. What reads alone needs none of that. PostgreSQL runs a statement outside a transaction in
one that begins and ends with it, and the setting, which is local to it, ends with that one: there
is no moment at which a connection has a subject and no statement under way, whatever is cancelled.

The order is not left to the planner. The subject is a row that a materialized query makes, and the
statement is a lateral query that asks for this row and ends with `OFFSET 0`, which keeps it as it
is: it cannot begin before the row is there, and with it the setting that row-level security reads.
If a planner ever thought otherwise, no subject would be set, and no row be seen.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

# The execution option that names the subject.
SUBJECT = "subject"
_READ_AS = """\
WITH subject AS MATERIALIZED (SELECT set_subject(${number}::text) AS id)
SELECT found.* FROM subject CROSS JOIN LATERAL (
SELECT wanted.* FROM ({statement}) AS wanted WHERE subject.id IS NOT NULL OFFSET 0
) AS found"""


def reading_engine(engine: AsyncEngine) -> AsyncEngine:
    """Return an engine on the same pool whose statements each set the subject they are given.

    It begins no transactions, and runs queries alone: what writes cannot stand in a sub-query.
    """
    reading = engine.execution_options(isolation_level="AUTOCOMMIT")
    event.listen(reading.sync_engine, "before_cursor_execute", _as_subject, retval=True)
    return reading


def _as_subject(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> tuple[str, Any]:
    subject = context.execution_options.get(SUBJECT)
    if not subject or not isinstance(parameters, tuple):
        raise TypeError("a read needs its subject")
    return read_as(statement, parameters, subject)


def read_as(
    statement: str, parameters: tuple[Any, ...], subject: str
) -> tuple[str, tuple[Any, ...]]:
    """Return a query that sets the subject before it reads, and its parameters."""
    number = len(parameters) + 1
    return _READ_AS.format(number=number, statement=statement), (*parameters, subject)
