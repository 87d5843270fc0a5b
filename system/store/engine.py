"""The engine of one service: its pool, its time limits, and what a pooler in between changes.

Behind a pooler in transaction mode each transaction may run on another connection of the server.
State of a connection then belongs to no client: prepared statements by name, settings of the
start-up message (PgBouncer refuses those it does not know), `SET` without `LOCAL`, session-level
advisory locks. So there statements are unnamed, and the limits are set in each transaction, beside
the subject, which never was anywhere else.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import asyncpg
from sqlalchemy import Executable, func, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from system.store.settings import StoreSettings

_IDLE_IN_TRANSACTION_MS = "30000"
# Above the server's time for a statement, for the answer to arrive.
_SILENCE_SECONDS = 2.0
# Seconds without traffic, between probes, and probes without an answer until a peer is gone.
_KEEPALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))


def make_engine(settings: StoreSettings) -> AsyncEngine:
    """An engine with the pool and, without a pooler in between, the limits that settings state."""
    arguments: dict[str, Any] = {
        "timeout": settings.database_pool_timeout,
        # The server's own limit comes first, unless the server says nothing any more.
        "command_timeout": settings.database_statement_timeout + _SILENCE_SECONDS,
        "async_creator_fn": _connect,
    }
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


async def _connect(*given: Any, **named: Any) -> asyncpg.Connection:
    """Connect, and have the system find out when the other machine is gone."""
    connection = await asyncpg.connect(*given, **named)
    transport = connection._transport
    if (found := transport.get_extra_info("socket")) is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE:
            if hasattr(socket, name):
                found.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return connection


def _limits(settings: StoreSettings) -> Mapping[str, str]:
    """PostgreSQL's own limits, in milliseconds."""
    return {
        "statement_timeout": str(int(settings.database_statement_timeout * 1000)),
        "lock_timeout": str(int(settings.database_lock_timeout * 1000)),
        "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_MS,
    }
