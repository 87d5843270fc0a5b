"""Quotas: how many rows of a kind one user may keep, asked before one more is stored.

Calls at the same time may each find room, so that a user can exceed a quota by the connections that
one user may hold; a lock for every write would cost every user more than that.

Counting takes the longer the more there is, and whoever has much room needs no counting: after it,
a hundredth of the room is given away without. A hundred processes that all do so still have no more
room than was counted.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Text, bindparam, func, select
from sqlmodel import col

from system.errors import Conflict
from system.store.models import Conversation, Invitation, Message, Project, Task
from system.store.prepared import Prepared
from system.store.session import UserSession

# Of the room that was counted, the part that is given away without counting again.
_UNCOUNTED = 100
# Users and kinds whose room is remembered at once.
_REMEMBERED = 10_000
_Owned = type[Task] | type[Project] | type[Conversation] | type[Message] | type[Invitation]
_NAMES: Mapping[_Owned, str] = {
    Task: "tasks",
    Project: "projects",
    Conversation: "conversations",
    Message: "messages",
    Invitation: "invitations",
}


def _counting(kind: _Owned) -> Prepared:
    """Return what counts an owner's rows of a kind, to the quota and no further."""
    kept = (
        select(col(kind.id))
        .where(col(kind.user_id) == bindparam("the_owner", type_=Text()))
        .limit(bindparam("at_most"))
    )
    return Prepared(select(func.count().label("kept")).select_from(kept.subquery()))


_KEPT = {kind: _counting(kind) for kind in _NAMES}


async def require_quota(session: UserSession, kind: _Owned, *, owner: str | None = None) -> None:
    """Check that the user may keep one more row of this kind.

    Args:
        session: The subject's.
        kind: Of the row.
        owner: Whose it will be, where it is not the subject's; counted are the rows that the
            subject sees, so that the answer tells of no others.

    Raises:
        Conflict: There is no room; `details` says how many there may be.
    """
    name = _NAMES[kind]
    most = session.limits.quotas[name]
    # Members count what they see of another's rows, each for themselves.
    key = (session.user_id, owner or session.user_id, name)
    room = session.limits.room
    if (given := room.pop(key, 0)) > 0:
        room[key] = given - 1
        return
    (row,) = await session.run(_KEPT[kind], the_owner=owner or session.user_id, at_most=most)
    found: int = row["kept"]
    if found >= most:
        raise Conflict(
            f"no more {name} can be kept: delete some", details={name: f"at most {most}"}
        )
    if len(room) >= _REMEMBERED:
        # The one that was used the longest ago.
        del room[next(iter(room))]
    room[key] = (most - found) // _UNCOUNTED
