"""The database of a described system, tried as two subjects and without one.

Everything runs on the service's own login in one transaction that is rolled back: two subjects
store a row in each table, and each attempt runs between savepoints. What other sessions have stored
is read without a subject, and where rows were stored before; nothing is changed for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import asyncpg

from crosstalk.core.database_access import DatabaseAccess
from crosstalk.core.identifiers import is_uuid
from crosstalk.phases.layers.any_rows import any_row, made_up_subjects, plant_as_owners
from crosstalk.phases.layers.attempts import (
    OF_A_TABLE,
    Attempt,
    Intruder,
    attempt_name,
    insert_what_another_has,
    read_as_another,
    read_through_an_error,
    read_with_row_security_off,
    read_without_subject,
    refer_to_another,
)
from crosstalk.phases.layers.by_hand import psql_lines, recorded
from crosstalk.phases.layers.catalog import Catalog, read_catalog
from crosstalk.phases.layers.database import Examined, seen_by_owner
from crosstalk.phases.layers.privileges import shown
from crosstalk.phases.layers.schema import Table, owned_tables

_SECONDS = 15.0
_LIMITS = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '2s'"
# What the database must do even where the service alone keeps subjects apart.
_WITHOUT_ROW_SECURITY: tuple[Attempt, ...] = (refer_to_another, insert_what_another_has)
_READS: tuple[Attempt, ...] = (
    read_without_subject,
    read_as_another,
    read_with_row_security_off,
    read_through_an_error,
)
_SERVICE = "service"
_MANY = 1000
_CALLS = 4


def examine_any(access: DatabaseAccess) -> Examined:
    """Try everything.

    Args:
        access: The database, and how a subject is set.

    Raises:
        OSError, asyncpg.PostgresError: It cannot be reached, or a subject cannot be set.
    """
    return asyncio.run(_examine(access))


async def _examine(access: DatabaseAccess) -> Examined:
    connection = await asyncpg.connect(access.url, timeout=_SECONDS)
    try:
        trial = _Trial(access, connection)
        await trial.run()
        return trial.found
    finally:
        await connection.close(timeout=_SECONDS)


@dataclass(slots=True)
class _Trial:
    access: DatabaseAccess
    connection: asyncpg.Connection
    found: Examined = field(default_factory=Examined)

    async def run(self) -> None:
        tables = [
            each
            for each in await owned_tables(
                self.connection,
                schemas=self.access.schemas,
                owner_of=self._owner_of,
                new_row=any_row,
            )
            if not _named(each.name, self.access.skip)
        ]
        if not tables:
            self.found.untried["tables"] = (
                f"none in {', '.join(self.access.schemas)} has an owner column: name it in "
                "database.owner_columns or database.owners"
            )
            return
        me, them = self.access.subjects or made_up_subjects(tables)
        intruder = Intruder(self.connection, "bob", me, "alice", them, self.become)
        if self.access.row_security:
            await self._ask_without_subject(intruder, tables)
        outer = self.connection.transaction()
        await outer.start()
        try:
            await self.connection.execute(_LIMITS)
            planting = ["BEGIN"]
            tables = await self._planted(intruder, tables, planting)
            await self._try(intruder, tables, planting)
        finally:
            await outer.rollback()

    async def become(self, connection: asyncpg.Connection, subject: str | None) -> None:
        """Set a subject, or none, for the transaction."""
        if not self.access.row_security:
            return
        for name, value in self.access.values(subject).items():
            await connection.execute("SELECT set_config($1, $2, true)", name, value)
        role = self.access.role_of(subject)
        if role or self.access.role:
            await connection.execute(f"SET LOCAL ROLE {_identifier(role) if role else 'NONE'}")

    def _owner_of(self, table: str, columns: Sequence[str]) -> str | None:
        given = self.access.owners
        named = given.get(table) or given.get(table.rsplit(".", 1)[-1])
        if named is not None:
            return named
        return next((each for each in self.access.owner_columns if each in columns), None)

    async def _ask_without_subject(self, intruder: Intruder, tables: Sequence[Table]) -> None:
        """Count what is shown in a session in which no subject was ever set.

        Once one was set, a setting is empty and not missing, and policies tell the two apart.
        """
        shown_without: dict[str, tuple[int, list[str]]] = {}
        secret = [each for each in tables if not _named(each.name, self.access.public)]
        for table in secret:
            with recorded(self.connection) as statements:
                number = await self._count(table, None)
            shown_without[table.name] = number, statements
        for table in secret:
            number, statements = shown_without[table.name]
            to_user = await self._count(table, intruder.me) if number else 0
            if number > to_user:
                crossed = (
                    f"{number} rows of users are shown where no subject was ever set, and "
                    f"{to_user} to a user"
                )
                self._crossed(read_without_subject, table.name, crossed, statements)

    async def _count(self, table: Table, subject: str | None) -> int:
        """Return how many rows with an owner are shown, up to a limit."""
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            await self.connection.execute(_LIMITS)
            if subject is not None:
                await self.become(self.connection, subject)
            elif self.access.anonymous_role:
                role = _identifier(self.access.anonymous_role)
                await self.connection.execute(f"SET LOCAL ROLE {role}")
            asked = (
                f"SELECT count(*) FROM (SELECT FROM {table.name} "
                f'WHERE "{table.owner}" IS NOT NULL LIMIT {_MANY}) some_rows'
            )
            return int(await self.connection.fetchval(asked))
        except asyncpg.PostgresError:
            return 0
        finally:
            await transaction.rollback()

    async def _planted(
        self, intruder: Intruder, tables: list[Table], planting: list[str]
    ) -> list[Table]:
        """Return the tables that hold a row of both subjects; the others are told."""
        users = {intruder.victim: intruder.them, intruder.attacker: intruder.me}
        lacking = await plant_as_owners(self.connection, tables, users, self.become, planting)
        async with intruder.speaking(intruder.me) as connection:
            usable = (await read_catalog(connection, self.access.schemas)).usable
        for name, why in lacking.items():
            # What the service's role may not use at all is kept apart.
            if name in usable:
                self.found.untried[name] = (
                    f"no row of two subjects could be stored or found ({why}): name subjects who "
                    "have rows in database.subjects, or the table in database.skip"
                )
        return [each for each in tables if each.name not in lacking]

    async def _try(
        self, intruder: Intruder, tables: Sequence[Table], planting: Sequence[str]
    ) -> None:
        async with intruder.speaking(intruder.me) as connection:
            catalog = await read_catalog(connection, self.access.schemas)
        self.found.why |= {name: "; ".join(facts) for name, facts in catalog.facts.items()}
        tried = OF_A_TABLE.values() if self.access.row_security else _WITHOUT_ROW_SECURITY
        for table in tables:
            visible = await seen_by_owner(intruder, table)
            for attempt in tried:
                if attempt in _READS and _named(table.name, self.access.public):
                    continue
                self._count_one(visible)
                with recorded(self.connection) as statements:
                    crossed = await attempt(intruder, table)
                if crossed is not None:
                    lines = [*planting, *statements, "ROLLBACK"]
                    self._crossed(attempt, table.name, crossed, lines)
        if self.access.row_security:
            await self._try_views(intruder, tables, catalog, planting)
            await self._try_functions(intruder, tables, catalog, planting)

    async def _try_views(
        self,
        intruder: Intruder,
        tables: Sequence[Table],
        catalog: Catalog,
        planting: Sequence[str],
    ) -> None:
        for view in catalog.views:
            if _named(view.name, self.access.public | self.access.skip):
                continue
            asked = [f"SELECT * FROM {view.name}"]
            owner = self._owner_of(view.name, view.columns)
            if view.kept and owner is not None:
                # It holds what was there when it was made: rows of anybody else cross.
                me = intruder.me.replace("'", "''")
                asked = [f"SELECT * FROM {view.name} WHERE \"{owner}\"::text <> '{me}' LIMIT 1"]
            self.found.why[view.name] = view.why
            any_row_crosses = view.kept and owner is not None
            await self._ask(intruder, tables, ("view", view.name), asked, planting, any_row_crosses)

    async def _try_functions(
        self,
        intruder: Intruder,
        tables: Sequence[Table],
        catalog: Catalog,
        planting: Sequence[str],
    ) -> None:
        for name, types in catalog.functions:
            if _named(name, self.access.skip):
                continue
            self.found.why[name] = "it runs with its owner's rights (SECURITY DEFINER)"
            asked = [
                f"SELECT * FROM {name}({', '.join(given)})"
                for given in _arguments(types, intruder, tables)
            ]
            await self._ask(intruder, tables, ("function", name), asked, planting, False)

    async def _ask(
        self,
        intruder: Intruder,
        tables: Sequence[Table],
        named: tuple[str, str],
        questions: Sequence[str],
        planting: Sequence[str],
        any_row_crosses: bool,
    ) -> None:
        for question in questions:
            self._count_one(True)
            with recorded(self.connection) as statements:
                crossed = await shown(intruder, tables, question)
                if crossed is None and any_row_crosses and await _has_rows(intruder, question):
                    crossed = "it shows a row of another subject"
            if crossed is not None:
                key = f"{named[0]}, {named[1]}"
                self.found.crossed[key] = crossed
                lines = [*planting, *statements, "ROLLBACK"]
                self.found.commands[key] = psql_lines(_SERVICE, lines)
                return

    def _count_one(self, could: bool) -> None:
        self.found.tried += 1
        self.found.could += could

    def _crossed(
        self, attempt: Attempt, table: str, crossed: str, statements: Sequence[str]
    ) -> None:
        key = f"{attempt_name(attempt)}, {table}"
        self.found.crossed[key] = crossed
        self.found.commands[key] = psql_lines(_SERVICE, statements)


async def _has_rows(intruder: Intruder, question: str) -> bool:
    try:
        async with intruder.speaking(intruder.me) as connection:
            return bool(await connection.fetch(question))
    except asyncpg.PostgresError:
        return False


def _arguments(
    types: Sequence[str], intruder: Intruder, tables: Sequence[Table]
) -> list[list[str]]:
    """Return what a function is given: the victim's subject, or ids of their rows."""
    rows = [table.rows[intruder.victim] for table in tables]
    keys = [row.get(name) for table, row in zip(tables, rows, strict=True) for name in table.key]
    values = [intruder.them, *(str(each) for each in keys if each is not None)]
    calls: list[list[str]] = []
    for first in range(min(_CALLS, len(values)) if types else 1):
        given = []
        for kind in types:
            fitting = [each for each in values if _fits(each, kind)]
            value = fitting[first % len(fitting)].replace("'", "''") if fitting else None
            given.append(f"'{value}'::{kind}" if value is not None else f"NULL::{kind}")
        if given not in calls:
            calls.append(given)
    return calls


def _fits(value: str, kind: str) -> bool:
    if kind == "uuid":
        return is_uuid(value)
    if kind in ("smallint", "integer", "bigint", "numeric"):
        return value.isdigit()
    return kind in ("text", "character varying")


def _named(name: str, names: Collection[str]) -> bool:
    """Return whether a table is among names, which may leave its schema out."""
    return name in names or name.rsplit(".", 1)[-1] in names


def _identifier(name: str) -> str:
    """Return a name as SQL writes it."""
    quoted = name.replace('"', '""')
    return f'"{quoted}"'
