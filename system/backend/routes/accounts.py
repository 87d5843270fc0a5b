"""REST on accounts: one's own, and for administrators those of all users.

Who is an administrator stands in the database. Nothing in a request or a token says so.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from system.backend.dependencies import Owner, OwnerSession, ServicesOf, WriteSession
from system.backend.idempotency import RequestKey
from system.backend.openapi.responses import USER_DATA, errors
from system.store import accounts
from system.store.schemas import (
    AccountPage,
    AccountView,
    Cursor,
    OwnAccount,
    PageLimit,
    PersonId,
)

router = APIRouter(prefix="/api/{user_id}", tags=["accounts"])

_Account = Annotated[PersonId, Path(description="User id of another account, as listed.")]
_WRITE = {**USER_DATA, **errors(409)}


@router.get("/account", responses=USER_DATA)
async def get_own_account(session: OwnerSession) -> OwnAccount:
    """Read one's own account, with its role."""
    return await accounts.get_own_account(session)


@router.get("/accounts", responses=USER_DATA)
async def list_accounts(
    session: OwnerSession,
    cursor: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageLimit, Query()] = 20,
) -> AccountPage:
    """List all accounts by id, as an administrator."""
    return await accounts.list_accounts(session, cursor=cursor, limit=limit)


@router.post("/accounts/{account_id}/disable", responses=_WRITE)
async def disable_account(
    subject: Owner, services: ServicesOf, key: RequestKey, account_id: _Account
) -> AccountView:
    """Disable another user's account, as an administrator: it is served nothing any more."""
    async with services.store.user_session(subject.user_id, idempotency_key=key) as session:
        disabled = await accounts.disable_account(session, account_id=account_id)
    # From here on no answer can begin; those that are under way end.
    await services.chat.stop_user(account_id)
    return disabled


@router.post("/accounts/{account_id}/enable", responses=_WRITE)
async def enable_account(session: WriteSession, account_id: _Account) -> AccountView:
    """Enable an account again, as an administrator."""
    return await accounts.enable_account(session, account_id=account_id)
