"""The subject's own row, which all other rows of the subject refer to."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from system.store.models import User
from system.store.prepared import THE_SUBJECT, Prepared
from system.store.session import UserSession

_ENSURE = Prepared(insert(User).values(id=THE_SUBJECT).on_conflict_do_nothing())


async def ensure_user(session: UserSession) -> None:
    """Make the subject's row if this is their first write; safe to repeat and to race."""
    await session.run(_ENSURE)
