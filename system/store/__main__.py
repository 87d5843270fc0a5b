"""`python -m system.store bootstrap` makes roles and database; `migrate` the tables.

`prune` removes what has expired. Several can be named in one call and run in that order.
`appoint USER_ID` makes a user an administrator, `dismiss USER_ID` an ordinary user again.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from system.store.admin.appoint import appoint
from system.store.admin.bootstrap import AUTH_ROLE, OWNER_ROLE, SERVICE_ROLES, bootstrap
from system.store.admin.migrate import migrate
from system.store.admin.prune import prune

_USAGE = (
    "usage: python -m system.store [bootstrap] [migrate] [prune]\n"
    "       python -m system.store appoint|dismiss USER_ID"
)


def _setting(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SystemExit(f"{name} is not set; see docs/configuration.md for what it holds")
    return value


def _bootstrap() -> None:
    backend, mcp = SERVICE_ROLES
    passwords = {
        OWNER_ROLE: _setting("OWNER_DATABASE_PASSWORD"),
        backend: _setting("BACKEND_DATABASE_PASSWORD"),
        mcp: _setting("MCP_DATABASE_PASSWORD"),
    }
    # The sign-in service's role is made where a front end is deployed.
    if os.environ.get("AUTH_DATABASE_PASSWORD"):
        passwords[AUTH_ROLE] = os.environ["AUTH_DATABASE_PASSWORD"]
    database = os.environ.get("DATABASE_NAME", "crosstalk")
    asyncio.run(bootstrap(_setting("ADMIN_DATABASE_URL"), database=database, passwords=passwords))


def _migrate() -> None:
    asyncio.run(migrate(_setting("OWNER_DATABASE_URL")))


def _prune() -> None:
    database = os.environ.get("DATABASE_NAME", "crosstalk")
    removed = asyncio.run(prune(_setting("ADMIN_DATABASE_URL"), database=database))
    sys.stderr.write(f"removed {removed} expired idempotency keys\n")


def _appoint(user_id: str, *, dismiss: bool) -> None:
    database = os.environ.get("DATABASE_NAME", "crosstalk")
    url = _setting("ADMIN_DATABASE_URL")
    asyncio.run(appoint(url, user_id, database=database, dismiss=dismiss))


def main() -> None:
    """Run the named command; one line on standard error and exit 1 when it cannot."""
    commands: dict[str, Callable[[], None]]
    commands = {"bootstrap": _bootstrap, "migrate": _migrate, "prune": _prune}
    chosen = sys.argv[1:]
    if len(chosen) == 2 and chosen[0] in ("appoint", "dismiss"):
        action, user_id = chosen
        commands = {action: lambda: _appoint(user_id, dismiss=action == "dismiss")}
        chosen = [action]
    if not chosen or any(each not in commands for each in chosen):
        raise SystemExit(_USAGE)
    for name in chosen:
        try:
            commands[name]()
        except (OSError, asyncpg.PostgresError, SQLAlchemyError) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise SystemExit(f"{name} failed: {reason}") from None


if __name__ == "__main__":
    main()
