"""The one door to users' data: a transaction that speaks for one subject.

`Store.user_session(user_id)` opens an explicit transaction and sets `app.user_id` for its length
(`set_config(..., is_local => true)`), which is what the row-level security policies read. The
subject is never a property of a connection: when the transaction ends, by commit, error or
cancellation, the setting is gone with it, and a pooled connection carries nothing to the next
user. The statement is issued by this module itself and not in a driver event, where a
cancellation could leave a transaction open behind the pool's back (sqlalchemy issue 13381).

`Store.read_session(user_id)` is for what only reads: no transaction, and the subject set by each
statement for itself (`system.store.reading`).

A session must not outlive the database work: never keep one open across a call to the model, the
agent or another service, or the pool becomes part of a wait-for cycle.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    aclosing,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import asyncpg
from itsdangerous import URLSafeSerializer
from sqlalchemy import Executable, text
from sqlalchemy.engine import Result
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool import QueuePool

from system.errors import (
    AccountDisabled,
    Conflict,
    Forbidden,
    NotFound,
    Unavailable,
    ValidationFailed,
)
from system.shares import Shares
from system.store.engine import make_engine, opening_statement
from system.store.prepared import THE_SUBJECT, Prepared
from system.store.reading import SUBJECT, reading_engine
from system.store.schemas import MAX_USER_ID, storable
from system.store.settings import StoreSettings

_log = logging.getLogger(__name__)
# Sets the subject, and fails where its account is disabled (migration 0006).
_SET_SUBJECT = text("SELECT set_subject(:user_id)")
_DISABLED = "CT403"
_SET_TIMEOUT = text("SELECT set_config('statement_timeout', :milliseconds, true)")
# Lock time-out, a transaction that was idle for too long: a repeat may work.
_TRANSIENT_SQLSTATES = frozenset({"55P03", "25P03"})
# Classes of the same kind: connection lost, login refused, no such database, serialization failure
# or deadlock, out of resources (a full disk too), shutdown, crash or cancelled statement, and
# failures of the machine below (PostgreSQL 17, appendix A).
_TRANSIENT_CLASSES = frozenset({"08", "28", "3D", "40", "53", "57", "58"})
# The driver's own, of a connection that is closed, or whose state it has lost track of.
_DRIVER_LOST = (asyncpg.InterfaceError, asyncpg.InternalClientError)


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """Connections of one service: pool size, in use, and opened beyond the pool."""

    size: int
    checked_out: int
    overflow: int


@dataclass(frozen=True, slots=True)
class KeyUse:
    """An idempotency key for one write, and how long its result is kept."""

    key: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Limits of what one user may ask of the database.

    Attributes:
        search_timeout: Seconds that a search may take.
        searches: Turns at a search, for each user.
        patience: Seconds that a search waits for its turn.
        quotas: Kind of row to the number that one user may keep.
        room: Who stores, whose row and kind to the rows that may be stored before the next count.
    """

    search_timeout: float
    searches: Shares
    patience: float
    quotas: Mapping[str, int]
    room: dict[tuple[str, str, str], int] = field(default_factory=dict)


class UserSession:
    """A transaction bound to one subject. Operations take it as their first argument.

    Attributes:
        limits: Of what the subject may ask.
        project: The project that the transaction's work is in or of, if any.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        user_id: str,
        cursors: Callable[[str], URLSafeSerializer],
        limits: SessionLimits,
        key_use: KeyUse | None = None,
    ) -> None:
        self._connection = connection
        self._session: AsyncSession | None = None
        self.limits = limits
        self.user_id = user_id
        self._make_cursors = cursors
        self._key_use = key_use
        self.project: UUID | None = None

    @cached_property
    def cursors(self) -> URLSafeSerializer:
        """Signs the subject's cursors; made for those who use one."""
        return self._make_cursors(self.user_id)

    async def search(self, statement: Executable) -> Result[Any]:
        """Run a statement that may look at every row of the user's, for a short time at most.

        One user's searches wait for each other: each of them may keep a processor busy.

        Raises:
            Unavailable: It did not get its turn in time.
        """
        milliseconds = str(int(self.limits.search_timeout * 1000))
        async with self.limits.searches.turn(self.user_id, seconds=self.limits.patience):
            await self._connection.execute(_SET_TIMEOUT, {"milliseconds": milliseconds})
            return await self._mapped().execute(statement, self._values(statement))

    async def execute(self, statement: Executable) -> Result[Any]:
        """Run one statement inside the subject's transaction."""
        return await self._mapped().execute(statement, self._values(statement))

    async def run(self, prepared: Prepared, **values: Any) -> Sequence[Mapping[str, Any]]:
        """Run a statement that was made beforehand, with these values, and return its rows."""
        return await self._fetch(prepared.text, prepared.values(self.user_id, values))

    async def _fetch(self, statement: str, values: tuple[Any, ...]) -> Sequence[Mapping[str, Any]]:
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        rows: Sequence[Mapping[str, Any]] = await driver.fetch(statement, *values)
        return rows

    def _mapped(self) -> AsyncSession:
        """Return the ORM's session on this connection, made when it is first needed.

        It ends no transaction: that is the store's.
        """
        if self._session is None:
            self._session = AsyncSession(
                self._connection, expire_on_commit=False, join_transaction_mode="rollback_only"
            )
        return self._session

    async def aclose(self) -> None:
        """Forget what the ORM's session holds; the connection is the store's."""
        if self._session is not None:
            await self._session.close()

    def _values(self, statement: Executable) -> dict[str, Any] | None:
        """Return the value for `THE_SUBJECT`, which a query may name in what is made once."""
        return None if getattr(statement, "is_dml", False) else {THE_SUBJECT.key: self.user_id}

    def note_project(self, project_id: UUID | None) -> None:
        """Note the project that what is read or written is in, or that it is of; None for none."""
        self.project = project_id

    def take_key(self) -> KeyUse | None:
        """The idempotency key, for the first write that asks; the writes inside it get none."""
        use, self._key_use = self._key_use, None
        return use


class ReadSession(UserSession):
    """A subject's session that only reads: each statement sets the subject, and is on its own."""

    async def execute(self, statement: Executable) -> Result[Any]:
        """Run one query as the subject."""
        if getattr(statement, "is_dml", False):
            raise TypeError("a write needs a transaction")
        options = {SUBJECT: self.user_id}
        values = self._values(statement)
        return await self._mapped().execute(statement, values, execution_options=options)

    async def run(self, prepared: Prepared, **values: Any) -> Sequence[Mapping[str, Any]]:
        """Run one query that was made beforehand, as the subject, and return its rows."""
        if prepared.writes:
            raise TypeError("a write needs a transaction")
        return await self._fetch(*prepared.as_read(self.user_id, values))

    async def search(self, statement: Executable) -> Result[Any]:
        """Refuse: the time-out of a search is a transaction's."""
        raise TypeError("a search needs a transaction")


class Store:
    """Connections of one service to PostgreSQL, handed out one subject at a time.

    Args:
        settings: The database URL, pool limits and the cursor secret.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self._settings = settings
        self._cursor_secret = settings.cursor_secret.get_secret_value()
        self._engine: AsyncEngine = make_engine(settings)
        self._reading = reading_engine(self._engine)
        self._opening = opening_statement(settings)
        # No user's calls can take the whole pool; who has many waits for their own.
        self._shares = Shares(settings.database_sessions_per_user, _busy)
        self._limits = SessionLimits(
            settings.database_search_timeout,
            Shares(settings.database_searches_per_user, _busy),
            settings.database_pool_timeout,
            settings.quotas,
        )
        # Whether the database answers is asked beside the pool, which may be in use as a whole.
        self._probe: AsyncEngine = make_engine(
            settings.model_copy(update={"database_pool_size": 1, "database_max_overflow": 0})
        )

    @asynccontextmanager
    async def user_session(
        self, user_id: str, *, idempotency_key: str | None = None, only_reads: bool = False
    ) -> AsyncIterator[UserSession]:
        """Open a transaction as `user_id`: commits when the block ends, rolls back when it raises.

        Args:
            user_id: The verified subject. Never a value a caller merely claims.
            idempotency_key: Names the one write of the block, so that a repeat of it with the same
                key answers with its result; see `system.store.idempotency`.
            only_reads: The session is that of `read_session`, without a transaction.

        Raises:
            Forbidden: `user_id` is empty, too long or cannot be stored.
            AccountDisabled: An administrator has disabled the account.
            Unavailable: No connection within the pool time-out, or the database is away.
        """
        _check_subject(user_id)
        patience = self._settings.database_pool_timeout
        # Behind a pooler a statement is prepared and run by one transaction, or by two servers.
        alone = only_reads and not self._settings.behind_pooler
        opened = self._reads(user_id) if alone else self._session(user_id, idempotency_key)
        async with self._shares.turn(user_id, seconds=patience), opened as session:
            yield session

    def read_session(self, user_id: str) -> AbstractAsyncContextManager[UserSession]:
        """Open a session as `user_id` for queries that need no common transaction, and no search.

        Args:
            user_id: As for `user_session`, whose errors it raises.
        """
        return self.user_session(user_id, only_reads=True)

    @asynccontextmanager
    async def _reads(self, user_id: str) -> AsyncIterator[UserSession]:
        with self._translated():
            async with (
                self._reading.connect() as connection,
                aclosing(ReadSession(connection, user_id, self._cursors, self._limits)) as session,
            ):
                yield session

    @asynccontextmanager
    async def _session(
        self, user_id: str, idempotency_key: str | None
    ) -> AsyncIterator[UserSession]:
        with self._translated():
            async with self._engine.connect() as connection, connection.begin():
                if self._opening is not None:
                    await connection.execute(self._opening)
                await connection.execute(_SET_SUBJECT, {"user_id": user_id})
                key_use = self._key_use(idempotency_key)
                session = UserSession(connection, user_id, self._cursors, self._limits, key_use)
                async with aclosing(session):
                    yield session

    def _cursors(self, user_id: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._cursor_secret, salt=f"cursor:{user_id}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn failures of the pool and the driver into the service's own."""
        try:
            yield
        except PoolTimeoutError as error:
            _log.warning("pool exhausted", extra=asdict(self.pool_status()))
            raise _busy() from error
        except (OperationalError, InterfaceError, OSError, *_DRIVER_LOST) as error:
            raise Unavailable("the database does not answer", retry_after=1) from error
        except (DBAPIError, asyncpg.PostgresError) as error:
            raise _translate(error) from error

    def _key_use(self, key: str | None) -> KeyUse | None:
        lifetime = timedelta(hours=self._settings.idempotency_key_hours)
        return KeyUse(key, lifetime) if key is not None else None

    async def ping(self) -> None:
        """Make one round trip to the database.

        Raises:
            Unavailable: It does not answer.
        """
        try:
            async with self._probe.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (DBAPIError, PoolTimeoutError, OSError) as error:
            raise Unavailable("the database does not answer", retry_after=1) from error

    def pool_status(self) -> PoolStatus:
        """Return the number of connections that exist and that are in use."""
        pool = self._engine.pool
        if not isinstance(pool, QueuePool):
            raise TypeError("the store needs a queue pool")
        return PoolStatus(pool.size(), pool.checkedout(), max(0, pool.overflow()))

    async def close(self) -> None:
        """Close every connection; the store cannot be used afterwards."""
        await self._engine.dispose()
        await self._probe.dispose()


def _busy() -> Unavailable:
    return Unavailable("the database is busy", retry_after=1)


def _check_subject(user_id: str) -> None:
    if not user_id or len(user_id) > MAX_USER_ID:
        raise Forbidden()
    try:
        storable(user_id)
    except ValueError:
        raise Forbidden() from None


def sqlstate_of(error: DBAPIError | asyncpg.PostgresError) -> str:
    """Return the SQLSTATE of an error, of a prepared statement or of another; empty for none."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None) or ""


def _translate(error: DBAPIError | asyncpg.PostgresError) -> Exception:
    """Turn a driver error into one whose message says nothing about the data."""
    state = sqlstate_of(error)
    lost = state in _TRANSIENT_SQLSTATES or state[:2] in _TRANSIENT_CLASSES
    if isinstance(error, DBAPIError):
        # The driver lost track of what the server says: its connection broke in the middle.
        confused = isinstance(getattr(error.orig, "__cause__", None), asyncpg.InternalClientError)
        lost = lost or confused or error.connection_invalidated
    if lost:
        return Unavailable("the database does not answer", retry_after=1)
    # The checks behind these run past row-level security, so their texts must not be passed on;
    # keys that start with the owner make them speak of the subject's own rows only.
    if state == _DISABLED:
        return AccountDisabled()
    if state == "23503":
        return NotFound()
    if state == "23505":
        return Conflict()
    if state.startswith("22"):
        return ValidationFailed("an argument is out of the database's range")
    return error
