"""The subject's own row, which all other rows of the subject refer to."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from system.store.models import User
from system.store.session import UserSession


async def ensure_user(session: UserSession) -> None:
    """Make the subject's row if this is their first write; safe to repeat and to race."""
    await session.execute(insert(User).values(id=session.user_id).on_conflict_do_nothing())
