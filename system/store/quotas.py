"""Quotas: how many rows of a kind one user may keep, asked before one more is stored.

Calls at the same time may each find room, so that a user can exceed a quota by the connections that
one user may hold; a lock for every write would cost every user more than that.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlmodel import col

from system.errors import Conflict
from system.store.models import Conversation, Message, Project, Task
from system.store.session import UserSession

_Owned = type[Task] | type[Project] | type[Conversation] | type[Message]
_NAMES: Mapping[_Owned, str] = {
    Task: "tasks",
    Project: "projects",
    Conversation: "conversations",
    Message: "messages",
}


async def require_quota(session: UserSession, kind: _Owned) -> None:
    """Check that the user may keep one more row of this kind.

    Raises:
        Conflict: There is no room; `details` says how many there may be.
    """
    name = _NAMES[kind]
    most = session.limits.quotas[name]
    kept = select(col(kind.id)).where(col(kind.user_id) == session.user_id).limit(most)
    counted = await session.execute(select(func.count()).select_from(kept.subquery()))
    if counted.scalar_one() >= most:
        raise Conflict(
            f"no more {name} can be kept: delete some", details={name: f"at most {most}"}
        )
