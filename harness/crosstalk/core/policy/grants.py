"""Shares as they are given and taken back: one person's in one object, and all of a history."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crosstalk.core.policy.model import Share

if TYPE_CHECKING:
    from crosstalk.core.history import Call


@dataclass(slots=True)
class Grant:
    """One person's share in one object, or their role.

    Attributes:
        rule: By which it was given.
        owner: Who gave it; empty where a role was given.
        object: What was given; empty for a role.
        person: A user's name, or a group's object; empty for a code that any user may say.
        offered: The call that offered it.
        handles: Objects that name the offer, e.g. the invitation.
        opened: The call from which on it holds; None for an invitation that is not accepted.
        ended: The call that ended it.
        codes: What the offer answered, by one of which its person is who says it.
    """

    rule: Share
    owner: str
    object: str
    person: str
    offered: Call
    handles: frozenset[str] = frozenset()
    opened: Call | None = None
    ended: Call | None = None
    codes: frozenset[str] = frozenset()

    def holds(self, moment: Call | None) -> bool:
        """Return whether it holds for a call; None asks for the time after the last one.

        A call that was under way while the sharing ended may still be served.
        """
        if self.opened is None:
            return False
        if moment is None:
            return self.ended is None
        if not begun(self.opened, moment):
            return False
        ended = self.ended
        return ended is None or moment.index <= ended.index or moment.started < ended.ended

    def offers(self, moment: Call | None) -> bool:
        """Return whether it is offered at a call, so that its person is shown the offer."""
        if not begun(self.offered, moment):
            return False
        ended = self.ended
        return ended is None or (
            moment is not None and (moment.index <= ended.index or moment.started < ended.ended)
        )

    def lost(self, moment: Call | None) -> bool:
        """Return whether it held before that call, and does not any more."""
        return (
            self.opened is not None
            and self.ended is not None
            and not self.holds(moment)
            and (moment is None or self.ended.index < moment.index)
        )

    def calls(self) -> tuple[int, ...]:
        """Return the indexes of the calls that gave it and took it back."""
        made = (self.offered, self.opened, self.ended)
        return tuple(sorted({each.index for each in made if each is not None}))


@dataclass(slots=True)
class Sharing:
    """Grants of a history, and the roles that were taken from people who began with them.

    Attributes:
        grants: In the order in which they were offered.
        withdrawn: Role and user to the call that took the role away.
        handed_over: Object to the calls that handed it over, each with whose it was from then on.
    """

    grants: list[Grant] = field(default_factory=list)
    withdrawn: dict[tuple[str, str], Call] = field(default_factory=dict)
    handed_over: defaultdict[str, list[tuple[Call, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def owner(self, key: str, first: str, moment: Call | None = None) -> str:
        """Return whose an object is at a call.

        Args:
            key: The object.
            first: Whose it was at first.
            moment: The call; None for the time after the last one.
        """
        later = [user for call, user in self.handed_over.get(key, ()) if begun(call, moment)]
        return later[-1] if later else first

    def to(self, user: str) -> list[Grant]:
        """Return what was given to a user, by way of groups too, or held for them."""
        direct = [each for each in self.grants if each.person == user]
        groups = {each.object: each for each in direct if each.object}
        return [*direct, *(each for each in self.grants if each.person in groups)]

    def held(self, user: str, moment: Call | None) -> list[Grant]:
        """Return the grants of objects that a user has at a call."""
        return [
            each
            for each in self.to(user)
            if each.object
            and each.holds(moment)
            and (each.person == user or any(one.holds(moment) for one in self.chain(each, user)))
        ]

    def acquainted(self, one: str, other: str, moment: Call | None) -> bool:
        """Return whether one of two users has offered the other something by then."""
        return any(
            {each.owner, each.person} == {one, other} and begun(each.offered, moment)
            for each in self.grants
        )

    def chain(self, grant: Grant, user: str) -> list[Grant]:
        """Return the memberships by which a user has a grant to a group; none for their own."""
        if grant.person == user:
            return []
        return [each for each in self.grants if (each.person, each.object) == (user, grant.person)]


def begun(call: Call, moment: Call | None) -> bool:
    """Return whether a call may have taken effect by another: it ended, or was under way."""
    return moment is None or call.index <= moment.index or call.started < moment.ended
