"""Accounts as an administrator sees them: which there are, and which of them are disabled.

An administrator reads no other user's content: no policy of tasks, projects or conversations knows
the role. Who is one stands in the database, where no service can write it; a token or a body that
claims the role says nothing. A disabled account gets no transaction at all (`Store.user_session`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from system.errors import Forbidden, ValidationFailed
from system.store.idempotency import idempotent
from system.store.models import Administrator, DisabledAccount, User
from system.store.pages import cut_page, decode_name_cursor, encode_cursor
from system.store.schemas import AccountPage, AccountRole, AccountView, OwnAccount
from system.store.session import UserSession

_LISTING = "accounts"


async def get_own_account(session: UserSession) -> OwnAccount:
    """Read the subject's own account, with its role."""
    admin = await _is_administrator(session)
    role = AccountRole.ADMIN if admin else AccountRole.MEMBER
    return OwnAccount(account_id=session.user_id, role=role)


async def list_accounts(
    session: UserSession, *, cursor: str | None = None, limit: int = 20
) -> AccountPage:
    """A page of all accounts that have stored something or are disabled, by id.

    Raises:
        Forbidden: The subject is not an administrator.
        ValidationFailed: The cursor is not one of this list.
    """
    await _require_administrator(session)
    after = decode_name_cursor(session, _LISTING, cursor)
    known = union(
        _ids(col(User.id), after, limit), _ids(col(DisabledAccount.user_id), after, limit)
    ).subquery()
    statement = (
        select(known.c.id, col(User.created_at), col(DisabledAccount.disabled_at))
        .outerjoin(User, col(User.id) == known.c.id)
        .outerjoin(DisabledAccount, col(DisabledAccount.user_id) == known.c.id)
        .order_by(known.c.id.collate("C"))
        .limit(limit + 1)
    )
    rows, more = cut_page(list((await session.execute(statement)).all()), limit)
    items = [
        AccountView(account_id=each.id, created_at=each.created_at, disabled_at=each.disabled_at)
        for each in rows
    ]
    next_cursor = encode_cursor(session, _LISTING, items[-1].account_id) if more else None
    return AccountPage(items=items, next_cursor=next_cursor)


@idempotent
async def disable_account(session: UserSession, *, account_id: str) -> AccountView:
    """Disable an account: its tokens, sessions and agent are served nothing from now on.

    Whether it exists is not asked, so that one can be disabled that has stored nothing yet.

    Raises:
        Forbidden: The subject is not an administrator.
        ValidationFailed: It is the subject's own.
    """
    await _require_administrator(session)
    if account_id == session.user_id:
        raise ValidationFailed(details={"account_id": "must be another account"})
    row = insert(DisabledAccount).values(user_id=account_id).on_conflict_do_nothing()
    await session.execute(row)
    return await _view(session, account_id)


@idempotent
async def enable_account(session: UserSession, *, account_id: str) -> AccountView:
    """Enable an account again.

    Raises:
        Forbidden: The subject is not an administrator.
    """
    await _require_administrator(session)
    await session.execute(delete(DisabledAccount).where(col(DisabledAccount.user_id) == account_id))
    return await _view(session, account_id)


async def _is_administrator(session: UserSession) -> bool:
    statement = select(func.count()).where(col(Administrator.user_id) == session.user_id)
    return bool((await session.execute(statement)).scalar_one())


async def _require_administrator(session: UserSession) -> None:
    if not await _is_administrator(session):
        raise Forbidden()


def _ids(column: Any, after: str | None, limit: int) -> Any:
    """Return the first ids of a table, with one more than a page holds."""
    ordered = column.collate("C")
    found = select(column.label("id")).order_by(ordered).limit(limit + 1)
    return found.where(ordered > after) if after is not None else found


async def _view(session: UserSession, account_id: str) -> AccountView:
    created = select(col(User.created_at)).where(col(User.id) == account_id)
    disabled = select(col(DisabledAccount.disabled_at)).where(
        col(DisabledAccount.user_id) == account_id
    )
    return AccountView(
        account_id=account_id,
        created_at=(await session.execute(created)).scalar_one_or_none(),
        disabled_at=(await session.execute(disabled)).scalar_one_or_none(),
    )
