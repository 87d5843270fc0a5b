"""Make the database and its roles, once, as an administrator.

| role | what it is |
|---|---|
| crosstalk_owner | owns the tables, runs migrations; bound by FORCE ROW LEVEL SECURITY too |
| crosstalk_backend, crosstalk_mcp | the services: own nothing, cannot bypass row-level security |
| crosstalk_auth | the sign-in service: owns its schema `auth` and sees nothing else |

Repeatable: an existing role gets the password and the attributes stated here.
"""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg
from sqlalchemy.engine import make_url

OWNER_ROLE = "crosstalk_owner"
SERVICE_ROLES = ("crosstalk_backend", "crosstalk_mcp")
AUTH_ROLE = "crosstalk_auth"

_ATTRIBUTES = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT"
_DIFFERS = """
SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication
    OR NOT rolinherit OR NOT rolcanlogin
FROM pg_roles WHERE rolname = $1
"""


async def bootstrap(admin_url: str, *, database: str, passwords: Mapping[str, str]) -> None:
    """Create or correct roles, database and schemas.

    Args:
        admin_url: A `postgresql://` URL of a role that may create roles and databases.
        database: Name of the database to make.
        passwords: Role name to password, for each role above; `crosstalk_auth` is optional.
    """
    url = make_url(admin_url).set(drivername="postgresql")
    admin = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        for role, password in passwords.items():
            await _ensure_role(admin, role, password)
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            # Membership lets an administrator who is not a superuser hand the database over.
            await admin.execute(f"GRANT {OWNER_ROLE} TO CURRENT_USER")
            await _formatted(admin, "CREATE DATABASE %I OWNER %I", database, OWNER_ROLE)
        await _formatted(admin, "REVOKE ALL ON DATABASE %I FROM PUBLIC", database)
        for role in passwords:
            await _formatted(admin, "GRANT CONNECT ON DATABASE %I TO %I", database, role)
    finally:
        await admin.close()
    inside = await asyncpg.connect(url.set(database=database).render_as_string(False))
    try:
        await inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await inside.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER_ROLE}")
        for role in SERVICE_ROLES:
            await inside.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        if AUTH_ROLE in passwords:
            await inside.execute(f"GRANT {AUTH_ROLE} TO CURRENT_USER")
            await inside.execute(f"CREATE SCHEMA IF NOT EXISTS auth AUTHORIZATION {AUTH_ROLE}")
            await _formatted(
                inside, "ALTER ROLE %I IN DATABASE %I SET search_path = auth", AUTH_ROLE, database
            )
    finally:
        await inside.close()


async def _ensure_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await _formatted(connection, f"CREATE ROLE %I {_ATTRIBUTES} PASSWORD %L", role, password)
    else:
        # A managed database's administrator may not even repeat attributes that are so already.
        differs = await connection.fetchval(_DIFFERS, role)
        attributes = _ATTRIBUTES if differs else ""
        await _formatted(connection, f"ALTER ROLE %I {attributes} PASSWORD %L", role, password)


async def _formatted(connection: asyncpg.Connection, template: str, *values: str) -> None:
    """Run a utility statement whose names and literals PostgreSQL itself has quoted."""
    places = ", ".join(f"${number}::text" for number in range(2, len(values) + 2))
    statement = await connection.fetchval(
        f"SELECT format($1, {places})",
        template,
        *values,
    )
    await connection.execute(statement)
