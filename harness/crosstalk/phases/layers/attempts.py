"""Attempts of an attacker who speaks SQL as a service does: one function an attempt.

The attacker is a user of a service whose code was talked into anything; it can set its own subject
and, by design of the layer, any user's, so what is tried is everything short of that. Every attempt
runs in a transaction that is rolled back.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg

from crosstalk.core.identifiers import markers_in, strings_in
from crosstalk.phases.layers.schema import Table, insert

_SUBJECT = "SELECT set_config('app.user_id', $1, true)"
_UNIQUE = "23505"
_LEAST_SUBJECT = 8
# A line of a plan that says which rows are reached.
_CONDITION = re.compile(r"(?:Filter|Cond):")
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


Become: TypeAlias = Callable[[asyncpg.Connection, str | None], Awaitable[None]]


async def set_setting(connection: asyncpg.Connection, subject: str | None) -> None:
    """Set the subject as the reference system does; a transaction begins without one."""
    if subject is not None:
        await connection.execute(_SUBJECT, subject)


@dataclass(frozen=True, slots=True)
class Intruder:
    """Attacker with a service's connection.

    Attributes:
        connection: Logged in as the service.
        me: Subject of the attacker.
        victim: Name of the victim.
        them: Their subject.
        attacker: Name of the attacker.
        become: Sets the subject within a transaction; None for no subject.
    """

    connection: asyncpg.Connection
    attacker: str
    me: str
    victim: str
    them: str
    become: Become = set_setting

    @asynccontextmanager
    async def speaking(self, subject: str | None) -> AsyncIterator[asyncpg.Connection]:
        """A transaction for that subject, or without a subject; rolled back."""
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            await self.become(self.connection, subject)
            yield self.connection
        finally:
            await transaction.rollback()

    async def refused(self, statement: str, subject: str | None = None) -> str | None:
        """The error with which a statement is refused; None if it is not."""
        try:
            async with self.speaking(subject) as connection:
                await connection.execute(statement)
        except asyncpg.PostgresError as error:
            return said(error)
        return None

    async def change(self, statement: str) -> tuple[bool, str]:
        """Try a change as the attacker: whether it reached a row, and the error, empty if none.

        Where no policy is for the command, no row is there to be changed, and nothing is refused.
        """
        try:
            async with self.speaking(self.me) as connection:
                status = await connection.execute(statement)
        except asyncpg.PostgresError as error:
            return False, said(error)
        return not status.endswith(" 0"), ""


# What crossed, in a few words; None where nothing did.
Attempt: TypeAlias = Callable[[Intruder, Table], Awaitable[str | None]]


def said(error: asyncpg.PostgresError) -> str:
    """All that the database says of a failure."""
    return f"{error.sqlstate} {error} {getattr(error, 'detail', None) or ''}"


def victim_value_in(value: Any, intruder: Intruder, table: Table) -> str | None:
    """The first planted value of the victim in what came back, if there is one."""
    row = _plain(table.rows[intruder.victim])
    planted = {each for text in strings_in(row) for each in markers_in(text)}
    text = str(_plain(value))
    # A short subject, e.g. a number, is part of many texts.
    theirs = {intruder.them} if len(intruder.them) >= _LEAST_SUBJECT else set()
    return next((each for each in sorted(planted | theirs) if each in text), None)


async def read_without_subject(intruder: Intruder, table: Table) -> str | None:
    """Read the table with no subject set."""
    return await _read(intruder, table, None)


async def read_as_another(intruder: Intruder, table: Table) -> str | None:
    """Read the table with one's own subject set."""
    return await _read(intruder, table, intruder.me)


async def read_with_row_security_off(intruder: Intruder, table: Table) -> str | None:
    """Ask for the rows as they are without row-level security."""
    return await _read(intruder, table, intruder.me, before="SET LOCAL row_security = off")


async def read_through_an_error(intruder: Intruder, table: Table) -> str | None:
    """Have a conversion fail on another user's row, and read the error."""
    for name, kind in table.columns.items():
        if kind != "text" or name == table.owner:
            continue
        error = await intruder.refused(
            f'SELECT count(*) FROM {table.name} WHERE "{name}"::int > 0', intruder.me
        )
        found = victim_value_in(error, intruder, table)
        if found is not None:
            return f"an error text holds {found}"
    return None


async def write_as_another(intruder: Intruder, table: Table) -> str | None:
    """Change the victim's rows with one's own subject set, or with none."""
    column = _changeable(table)
    change = f'UPDATE {table.name} SET "{column}" = "{column}"'
    return await _write(intruder, table, change)


async def delete_as_another(intruder: Intruder, table: Table) -> str | None:
    """Delete the victim's rows with one's own subject set, or with none."""
    return await _write(intruder, table, f"DELETE FROM {table.name}")


async def change_every_row(intruder: Intruder, table: Table) -> str | None:
    """Plan a change and a deletion without a condition; rows of other users are not locked.

    Where a statement reads no column, PostgreSQL does not ask the policies for SELECT: a policy for
    UPDATE or DELETE that lets every row through shows in nothing else.
    """
    column = _changeable(table)
    for change in (
        f'UPDATE {table.name} SET "{column}" = DEFAULT',
        f"DELETE FROM {table.name}",
    ):
        try:
            async with intruder.speaking(intruder.me) as connection:
                rows = await connection.fetch(f"EXPLAIN {change}")
        except asyncpg.PostgresError:
            continue
        if not any(_CONDITION.search(row[0]) for row in rows):
            return f"{change.partition(' ')[0]} without a condition reaches every row"
    return None


async def insert_for_another(intruder: Intruder, table: Table) -> str | None:
    """Insert a row that is the victim's."""
    row = {
        **table.new_row(table, intruder.attacker, intruder.them, 99),
        **_borrowed(table, intruder.victim),
    }
    for subject in (intruder.me, None):
        outcome = await _inserted(intruder, table, row, subject)
        if outcome is None:
            return "a row of the victim's was inserted"
        if outcome.startswith(_UNIQUE):
            return f"the error tells that there is such a row already: {outcome}"
    return None


async def move_to_another(intruder: Intruder, table: Table) -> str | None:
    """Make a row of one's own the victim's."""
    reached, error = await intruder.change(
        f'UPDATE {table.name} SET "{table.owner}" = {_literal(intruder.them)} '
        f'WHERE "{table.owner}" = {_literal(intruder.me)}'
    )
    if reached:
        return "a row of the attacker's became the victim's"
    told = error.startswith(_UNIQUE)
    return f"the error tells that there is such a row already: {error}" if told else None


async def take_from_another(intruder: Intruder, table: Table) -> str | None:
    """Make the victim's rows one's own."""
    change = f'UPDATE {table.name} SET "{table.owner}" = {_literal(intruder.me)}'
    return await _write(intruder, table, change)


async def refer_to_another(intruder: Intruder, table: Table) -> str | None:
    """Let a row of one's own refer to the victim's; a missing one must be refused alike."""
    for reference in table.references:
        column = next((each for each in reference.columns if each != table.owner), None)
        if column is None:
            continue
        theirs = table.rows[intruder.victim].get(column)
        if theirs is None:
            continue
        missing = _missing(str(theirs))
        answers = [
            await intruder.change(
                f'UPDATE {table.name} SET "{column}" = {_literal(each)} '
                f'WHERE "{table.owner}" = {_literal(intruder.me)}'
            )
            for each in (str(theirs), missing)
        ]
        (reached, error), (_, of_missing) = answers
        if reached:
            return f"a row of the attacker's refers to the victim's {reference.target}"
        if _masked(error, str(theirs)) != _masked(of_missing, missing):
            return f"the victim's row and a missing one are told apart: {error}"
    return None


async def insert_what_another_has(intruder: Intruder, table: Table) -> str | None:
    """Insert a row of one's own with everything but the owner as the victim's has it."""
    if not table.key:
        return None
    theirs = table.rows[intruder.victim]
    row = {name: value for name, value in theirs.items() if name not in table.made}
    fresh = table.new_row(table, intruder.attacker, intruder.me, 98)
    row |= {name: fresh.get(name) for name in table.made & table.needed}
    row[table.owner] = intruder.me
    row |= _borrowed(table, intruder.attacker)
    outcome = await _inserted(intruder, table, row, intruder.me)
    if outcome is not None and outcome.startswith(_UNIQUE):
        return f"the error tells that there is such a row already: {outcome}"
    return None


def attempt_name(attempt: Attempt) -> str:
    """Return an attempt's name in reports."""
    return str(getattr(attempt, "__name__", "attempt")).replace("_", " ")


OF_A_TABLE: Mapping[str, Attempt] = {
    attempt_name(each): each
    for each in (
        read_without_subject,
        read_as_another,
        read_with_row_security_off,
        read_through_an_error,
        write_as_another,
        delete_as_another,
        change_every_row,
        insert_for_another,
        move_to_another,
        take_from_another,
        refer_to_another,
        insert_what_another_has,
    )
}


async def _read(
    intruder: Intruder, table: Table, subject: str | None, before: str | None = None
) -> str | None:
    try:
        async with intruder.speaking(subject) as connection:
            if before is not None:
                await connection.execute(before)
            rows = await connection.fetch(f"SELECT * FROM {table.name}")
    except asyncpg.PostgresError as error:
        found = victim_value_in(said(error), intruder, table)
        return f"an error text holds {found}" if found else None
    found = victim_value_in([dict(row) for row in rows], intruder, table)
    return f"a row holds {found}" if found else None


async def _write(intruder: Intruder, table: Table, change: str) -> str | None:
    for subject in (intruder.me, None):
        try:
            async with intruder.speaking(subject) as connection:
                status = await connection.execute(
                    f'{change} WHERE "{table.owner}" = {_literal(intruder.them)}'
                )
        except asyncpg.PostgresError as error:
            if error.sqlstate == _UNIQUE:
                return f"the rows were there to be changed: {said(error)}"
            continue
        if not status.endswith(" 0"):
            return f"the database answered {status}"
    return None


async def _inserted(
    intruder: Intruder, table: Table, row: Mapping[str, Any], subject: str | None
) -> str | None:
    """None if the row could be inserted, what was said otherwise."""
    try:
        async with intruder.speaking(subject) as connection:
            await insert(connection, table, row)
    except asyncpg.PostgresError as error:
        return said(error)
    return None


def _borrowed(table: Table, user: str) -> dict[str, Any]:
    """References that fit a row of that user's."""
    columns = {each for r in table.references for each in r.columns if each != table.owner}
    return {name: table.rows[user][name] for name in columns}


def _changeable(table: Table) -> str:
    """Return a column that a service may change: an owner or key it often may not."""
    fixed = {table.owner, *table.key, *table.made}
    return next((name for name in table.columns if name not in fixed), table.owner)


def _missing(like: str) -> str:
    """Return an id of no row, of the form of another."""
    if like.isdigit():
        return str(2**31 - 1 - secrets.randbelow(2**20))
    if _IDS.fullmatch(like):
        return str(uuid.uuid4())
    return f"missing-{secrets.token_hex(6)}"


def _masked(error: str, value: str) -> str:
    return _IDS.sub("<id>", re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "<id>", error))


def _literal(text: str) -> str:
    """A string as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value)
