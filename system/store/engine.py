"""The engine of one service: its pool, its time limits, and what a pooler in between changes.

Behind a pooler in transaction mode each transaction may run on another connection of the server.
State of a connection then belongs to no client: prepared statements by name, settings of the
start-up message (PgBouncer refuses those it does not know), `SET` without `LOCAL`, session-level
advisory locks. So there statements are unnamed, and the limits are set in each transaction, beside
the subject, which never was anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Executable, func, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from system.store.settings import StoreSettings

_IDLE_IN_TRANSACTION_MS = "30000"


def make_engine(settings: StoreSettings) -> AsyncEngine:
    """An engine with the pool and, without a pooler in between, the limits that settings state."""
    arguments: dict[str, Any] = {"timeout": settings.database_pool_timeout}
    if settings.behind_pooler:
        # Unnamed statements live as long as the transaction that prepares and runs them.
        arguments |= {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": str,
        }
    else:
        arguments["server_settings"] = {**_limits(settings), "timezone": "UTC"}
    return create_async_engine(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_max_overflow,
        pool_timeout=settings.database_pool_timeout,
        pool_pre_ping=False,
        pool_recycle=1800,
        # Bound values (users' text) must not reach logs through exception texts.
        hide_parameters=True,
        connect_args=arguments,
    )


def opening_statement(settings: StoreSettings) -> Executable | None:
    """Return the statement that sets a transaction's limits; None where the connection has them."""
    if not settings.behind_pooler:
        return None
    wanted = {**_limits(settings), "timezone": "UTC"}
    return select(
        *(
            func.set_config(literal(name), literal(value), literal(True))
            for name, value in wanted.items()
        )
    )


def _limits(settings: StoreSettings) -> Mapping[str, str]:
    """PostgreSQL's own limits, in milliseconds."""
    return {
        "statement_timeout": str(int(settings.database_statement_timeout * 1000)),
        "lock_timeout": str(int(settings.database_lock_timeout * 1000)),
        "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_MS,
    }
