"""Errors of the database's driver, turned into the system's own."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from system.errors import Conflict, NotFound, ServiceError, Unavailable, ValidationFailed
from system.store.session import _translate


def _error(cause: Exception) -> DBAPIError:
    original = Exception("from the driver")
    original.__cause__ = cause
    original.sqlstate = getattr(cause, "sqlstate", None)  # type: ignore[attr-defined]
    return DBAPIError("SELECT 1", {}, original)


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (asyncpg.CrashShutdownError("x"), Unavailable),
        (asyncpg.AdminShutdownError("x"), Unavailable),
        (asyncpg.IdleInTransactionSessionTimeoutError("x"), Unavailable),
        (asyncpg.DiskFullError("x"), Unavailable),
        (asyncpg.PostgresIOError("x"), Unavailable),
        (asyncpg.DeadlockDetectedError("x"), Unavailable),
        (asyncpg.InternalClientError("got result for unknown protocol state"), Unavailable),
        (asyncpg.ForeignKeyViolationError("x"), NotFound),
        (asyncpg.UniqueViolationError("x"), Conflict),
        (asyncpg.NumericValueOutOfRangeError("x"), ValidationFailed),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_driver_error_becomes_one_that_says_whether_a_repeat_may_work(
    cause: Exception, expected: type[ServiceError]
) -> None:
    assert isinstance(_translate(_error(cause)), expected)
    if isinstance(cause, asyncpg.PostgresError):
        # As it comes from a statement that the driver was given.
        assert isinstance(_translate(cause), expected)


def test_programming_error_stays_what_it_is() -> None:
    error = _error(asyncpg.UndefinedTableError("x"))
    assert _translate(error) is error
