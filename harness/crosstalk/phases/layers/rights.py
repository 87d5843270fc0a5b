"""Rights that stand in the reference system's database, tried as each of its services.

No service appoints an administrator, no member disables an account, and an administrator is
shown no other user's rows. An account that is disabled can have no subject set for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import asyncpg

from crosstalk.phases.layers.attempts import Intruder, victim_value_in
from crosstalk.phases.layers.privileges import Tried
from crosstalk.phases.layers.schema import Table

_ACCOUNTS = '"user"'
_BY_A_MEMBER = {
    "appoint oneself": "INSERT INTO administrators (user_id) VALUES ('{me}')",
    "take an administrator's place": "UPDATE administrators SET user_id = '{me}'",
    "disable another's account": "INSERT INTO disabled_accounts (user_id) VALUES ('{them}')",
}
_APPOINT = "INSERT INTO administrators (user_id) VALUES ($1)"
_DISABLE = "INSERT INTO disabled_accounts (user_id, disabled_by) VALUES ($1, $1)"
_DISMISS = "DELETE FROM administrators WHERE user_id = $1"
_ENABLE = "DELETE FROM disabled_accounts WHERE user_id = ANY($1::text[])"


async def attempts(
    intruder: Intruder, tables: Sequence[Table], admin: asyncpg.Connection
) -> AsyncIterator[Tried]:
    """Try them all.

    Args:
        intruder: As which service.
        tables: With the rows that were planted.
        admin: Makes the attacker an administrator for a while, and disables accounts.
    """
    named = {"me": intruder.me, "them": intruder.them}
    for name, statement in _BY_A_MEMBER.items():
        error = await intruder.refused(statement.format(**named), intruder.me)
        yield name, None if error else "it was done"
    await admin.execute(_DISABLE, intruder.them)
    await admin.execute(_DISABLE, intruder.me)
    try:
        error = await intruder.refused(f"SELECT set_subject('{intruder.me}')")
        yield "be set as a disabled account", None if error else "it was done"
        async with intruder.speaking(intruder.me) as connection:
            asked = "SELECT FROM disabled_accounts WHERE user_id = $1"
            shown = await _rows(connection, asked, intruder.them)
        yield "see that another's account is disabled", "it is shown" if shown else None
        async with intruder.speaking(intruder.me) as connection:
            asked = "DELETE FROM disabled_accounts WHERE user_id = $1 RETURNING user_id"
            ended = await _rows(connection, asked, intruder.me)
        yield "enable one's own account", "it was done" if ended else None
    finally:
        await admin.execute(_ENABLE, [intruder.them, intruder.me])
    await admin.execute(_APPOINT, intruder.me)
    try:
        for table in tables:
            if table.name == _ACCOUNTS:
                continue
            async with intruder.speaking(intruder.me) as connection:
                rows = await _rows(connection, f"SELECT * FROM {table.name}")
            seen = victim_value_in([dict(row) for row in rows], intruder, table)
            told = f"it shows {seen}" if seen is not None else None
            yield f"read {table.name} as an administrator", told
    finally:
        await admin.execute(_DISMISS, intruder.me)


async def _rows(
    connection: asyncpg.Connection, statement: str, *values: str
) -> Sequence[asyncpg.Record]:
    """Return what a statement shows; nothing where it is refused."""
    try:
        found: Sequence[asyncpg.Record] = await connection.fetch(statement, *values)
    except asyncpg.PostgresError:
        return []
    return found
