"""Writes that can be sent again: a repeat answers what the first call did, and writes nothing.

A caller who lost the answer cannot know whether the write happened, so it sends the same call with
the same key. The key names one call of one user to one operation: `(user_id, operation, key)` is
the primary key, so the same text from another user, or for another operation, is another key.

The key is claimed before the write and kept with the digest of the arguments and the result in the
write's own transaction. Either all of it is there or nothing is: a write that fails leaves its key
free, since there is nothing that a repeat could double. While the first call is under way, a second
one with its key waits at the primary key, and goes on with the first one's result, or as the first
one if that failed. A stored result is read again by who still sees what it is of: who was removed
from its project since, or gave the project away, is answered as if there were no such thing.

Expired keys of a user go when that user next writes with a key, a few at a time; nothing here needs
a timer. Keys of users who never write again are an administrator's to remove (`python -m
system.store prune`).
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints
from uuid import UUID

from asyncpg import PostgresError
from pydantic import BaseModel, ValidationError
from sqlalchemy import (
    BindParameter,
    Interval,
    bindparam,
    delete,
    func,
    null,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from system.errors import CallUnderWay, Conflict, KeyReused, NotFound
from system.store.models import IdempotencyKey
from system.store.prepared import THE_SUBJECT, Prepared
from system.store.schemas import TaskView, View
from system.store.session import UserSession, sqlstate_of
from system.store.sharing.access import sees_project, sees_task
from system.store.users import ensure_user

# Expired keys that one write removes at most.
PRUNED_AT_ONCE = 20
_LOCK_NOT_AVAILABLE = "55P03"
# The operation and the key that a write was called with.
_OPERATION: BindParameter[str] = bindparam("the_operation")
_KEY: BindParameter[str] = bindparam("the_key")


def _claiming() -> Prepared:
    """Return what takes a key; no row comes back where an earlier call has it."""
    row = insert(IdempotencyKey).values(
        user_id=THE_SUBJECT,
        operation=_OPERATION,
        key=_KEY,
        digest=bindparam("its_digest"),
        expires_at=func.now() + bindparam("its_lifetime", type_=Interval()),
    )
    row = row.on_conflict_do_update(
        index_elements=["user_id", "operation", "key"],
        set_={
            "digest": row.excluded.digest,
            "expires_at": row.excluded.expires_at,
            "result": null(),
        },
        # A key that has expired is as good as new.
        where=col(IdempotencyKey.expires_at) <= func.now(),
    )
    return Prepared(row.returning(col(IdempotencyKey.key)))


def _forgetting() -> Prepared:
    """Return what removes some of the subject's expired keys."""
    expired = (
        select(col(IdempotencyKey.operation), col(IdempotencyKey.key))
        .where(
            col(IdempotencyKey.user_id) == THE_SUBJECT,
            col(IdempotencyKey.expires_at) <= func.now(),
        )
        .order_by(col(IdempotencyKey.expires_at))
        .limit(PRUNED_AT_ONCE)
        # Two writes of one user must not wait for each other over rubbish.
        .with_for_update(skip_locked=True)
        # Evaluated once: as a subquery, a nested loop runs it again per row and deletes everything.
        .cte("expired")
    )
    return Prepared(
        delete(IdempotencyKey).where(
            col(IdempotencyKey.user_id) == THE_SUBJECT,
            tuple_(col(IdempotencyKey.operation), col(IdempotencyKey.key)).in_(
                select(expired.c.operation, expired.c.key)
            ),
        )
    )


_CLAIM = _claiming()
_KEEP = Prepared(
    update(IdempotencyKey)
    .where(
        col(IdempotencyKey.user_id) == THE_SUBJECT,
        col(IdempotencyKey.operation) == _OPERATION,
        col(IdempotencyKey.key) == _KEY,
    )
    .values(result=bindparam("its_result"), project_id=bindparam("its_project"))
)
_FORGET = _forgetting()

P = ParamSpec("P")
Result = TypeVar("Result", bound=View)


def idempotent(
    write: Callable[Concatenate[UserSession, P], Awaitable[Result]],
) -> Callable[Concatenate[UserSession, P], Coroutine[Any, Any, Result]]:
    """Make a write answer a repeat with its first result, where its session carries a key.

    The operation is the function's name, whichever service calls it. A write that calls another
    one takes the key with it: what is kept is the result that the caller gets.

    Raises:
        KeyReused: The key was used with other arguments.
        CallUnderWay: The first call with this key has not ended within the lock time-out.
    """
    return _once(write, frozenset(list(inspect.signature(write).parameters)[1:]))


def idempotent_by(
    *names: str,
) -> Callable[
    [Callable[Concatenate[UserSession, P], Awaitable[Result]]],
    Callable[Concatenate[UserSession, P], Coroutine[Any, Any, Result]],
]:
    """Decorate like `idempotent`, but compare two calls by these arguments alone."""
    return lambda write: _once(write, frozenset(names))


def _once(
    write: Callable[Concatenate[UserSession, P], Awaitable[Result]], compared: frozenset[str]
) -> Callable[Concatenate[UserSession, P], Coroutine[Any, Any, Result]]:
    operation = write.__name__
    signature = inspect.signature(write)
    view: type[Result] = get_type_hints(write)["return"]

    @wraps(write)
    async def once(session: UserSession, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        use = session.take_key()
        if use is None:
            return await write(session, *args, **kwargs)
        bound = signature.bind(session, *args, **kwargs)
        bound.apply_defaults()
        given = {name: value for name, value in bound.arguments.items() if name in compared}
        digest = digest_of(given)
        if not await _claim(session, operation, use.key, digest, use.lifetime):
            stored, project_id = await _first_result(session, operation, use.key, digest)
            first = _read(view, stored)
            await _require_seen_still(session, first, project_id)
            return first
        result = await write(session, *args, **kwargs)
        await _keep(session, operation, use.key, result.model_dump_json())
        await _forget_expired(session)
        return result

    return once


async def recalled(
    session: UserSession, operation: str, key: str, view: type[Result]
) -> Result | None:
    """Return the result of an earlier call of this user, if there was one; writes nothing."""
    statement = select(col(IdempotencyKey.result)).where(
        col(IdempotencyKey.user_id) == session.user_id,
        col(IdempotencyKey.operation) == operation,
        col(IdempotencyKey.key) == key,
        col(IdempotencyKey.expires_at) > func.now(),
    )
    stored = (await session.execute(statement)).scalar_one_or_none()
    return _read(view, stored) if stored is not None else None


def digest_of(arguments: Mapping[str, object]) -> str:
    """Return a digest of a call's arguments: SHA-256 of their canonical JSON.

    A field that was left out differs from one that was given its default, because to a change of
    a stored object the two are not the same.
    """
    text = json.dumps(arguments, default=_plain, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    return str(value)


async def _claim(
    session: UserSession, operation: str, key: str, digest: str, lifetime: timedelta
) -> bool:
    """Take the key for this transaction; False if an earlier call has it.

    Waits while another transaction holds it, which is as long as that one's write takes.
    """
    try:
        # The key refers to the subject's row, which a first call may be about to make.
        await ensure_user(session)
        claimed = await session.run(
            _CLAIM,
            the_operation=operation,
            the_key=key,
            its_digest=digest,
            its_lifetime=lifetime,
        )
    except (DBAPIError, PostgresError) as error:
        if sqlstate_of(error) == _LOCK_NOT_AVAILABLE:
            raise CallUnderWay() from None
        raise
    return bool(claimed)


async def _first_result(
    session: UserSession, operation: str, key: str, digest: str
) -> tuple[str, UUID | None]:
    """The stored result, and the project that the write was in or of.

    Raises:
        KeyReused: It is of other arguments.
    """
    statement = select(
        col(IdempotencyKey.digest), col(IdempotencyKey.result), col(IdempotencyKey.project_id)
    ).where(
        col(IdempotencyKey.user_id) == session.user_id,
        col(IdempotencyKey.operation) == operation,
        col(IdempotencyKey.key) == key,
    )
    found, result, project_id = tuple((await session.execute(statement)).one())
    if found != digest:
        raise KeyReused()
    return str(result), project_id


async def _require_seen_still(session: UserSession, first: View, project_id: UUID | None) -> None:
    """Check that the subject still sees what a stored result is of.

    A task is looked for by itself, because it may have changed its project, and a project its
    owner, since.

    Raises:
        NotFound: They do not.
    """
    if isinstance(first, TaskView):
        seen = await sees_task(session, first.id)
    else:
        seen = project_id is None or await sees_project(session, project_id)
    if not seen:
        raise NotFound()


def _read(view: type[Result], stored: str) -> Result:
    try:
        return view.model_validate_json(stored)
    except ValidationError:
        # Stored by an earlier version: what happened cannot be shown, and must not happen again.
        raise Conflict("this call was made, and its result is of an earlier version") from None


async def _keep(session: UserSession, operation: str, key: str, result: str) -> None:
    await session.run(
        _KEEP,
        the_operation=operation,
        the_key=key,
        its_result=result,
        its_project=session.project,
    )


async def _forget_expired(session: UserSession) -> None:
    """Remove some of this user's expired keys, so that they do not pile up."""
    await session.run(_FORGET)
