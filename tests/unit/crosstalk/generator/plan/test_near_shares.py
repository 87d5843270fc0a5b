"""Sharing among users with nearly equal names, on folders that take some of them for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Call, History, Outcome
from crosstalk.core.neighbours import ALL_FORMS, alike
from crosstalk.core.principals import USERS
from crosstalk.generator.plan.near_shares import NearShares
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    ACCEPT,
    INVITATION,
    INVITE,
    OPERATIONS,
    POLICY,
    PROMOTE,
    REMOVE,
    Folders,
    make_state,
)

INVITATIONS = Operation(
    "rest", "rest:GET /invitations", (INVITE.parameters[0],), reads_only=True, lists=True
)
RENAME = Operation("rest", "rest:PATCH /folders/{folder_id}", PROMOTE.parameters[:2], False)
EVERY = (*OPERATIONS, INVITATIONS, RENAME)


@dataclass
class NamedFolders(Folders):
    """Folders whose invited people are known by what a function makes of their names."""

    fold: Callable[[str], str] = str
    users: Mapping[str, str] = field(default_factory=dict)
    refusals: int = 0

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(EVERY)

    @property
    def subjects(self) -> list[str]:
        """The users that there are."""
        return list(self.users.values())

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Serve invitations to whom the folded name fits."""
        caller = presented.headers.get("caller", "")
        mine = [
            each
            for each, (_, invitee) in self.invited.items()
            if self.fold(invitee) == self.fold(caller)
        ]
        if operation is INVITATIONS:
            self.calls += 1
            return Answer(Outcome.OK, 200, [{"id": each} for each in mine])
        invitation = str(arguments.get("invitation_id"))
        if operation is ACCEPT and invitation in mine:
            self.invited[invitation] = (self.invited[invitation][0], caller)
        if operation is INVITE and self.refusals:
            self.refusals -= 1
            return Answer(Outcome.ERROR, 422, None, {}, "invalid")
        if operation is RENAME:
            self.calls += 1
            return Answer(Outcome.ERROR, 403, None, {}, "forbidden")
        return super().call(operation, arguments, presented)


def _met(folders: NamedFolders, forms: tuple[str, ...]) -> list[History]:
    """Return the histories of the examples, which have the forms in turn."""
    histories: list[History] = []
    state = make_state(folders, ServiceRecord({each.name: each for each in EVERY}))
    left = iter(forms)

    def fresh() -> History:
        folders.users = alike(next(left), {name: f"{name}-1a" for name in USERS})
        return History(folders.users, policy=POLICY)

    state.fresh_history = fresh
    state.on_example_end = histories.append
    NearShares(state, Random(1), lambda: len(forms), POLICY).run()
    return histories


def _accepted(history: History) -> list[Call]:
    return [each for each in history if each.operation == ACCEPT.name]


@pytest.mark.parametrize(("fold", "taken"), [(str, False), (str.lower, True)])
def test_neighbour_of_the_invited_one_lists_invitations_and_accepts(
    fold: Callable[[str], str], taken: bool
) -> None:
    (history, *_) = _met(NamedFolders(fold=fold), ALL_FORMS[:1])
    first, second, _ = history.subjects
    tried = _accepted(history)[0]
    assert tried.actor.user == second
    assert (tried.answer.outcome is Outcome.OK) is taken
    seen = [
        each
        for each in history.calls[: tried.index]
        if each.operation == INVITATIONS.name and each.actor.user == second
    ]
    assert len(seen) == 1
    invited = next(each for each in history if each.operation == INVITE.name)
    assert invited.arguments["invitee_id"] == history.subjects[first]
    assert INVITATION.name in tried.arguments


def test_both_are_members_one_gets_a_role_and_the_other_tries_what_it_permits() -> None:
    (history, *_) = _met(NamedFolders(), ALL_FORMS[:1])
    first, second, owner = history.subjects
    served = [e.actor.user for e in _accepted(history) if e.answer.outcome is Outcome.OK]
    assert served == [first, second]
    promoted = next(each for each in history if each.operation == PROMOTE.name)
    assert (promoted.actor.user, promoted.arguments["member_id"]) == (
        owner,
        history.subjects[first],
    )
    tried = [
        each
        for each in history.calls[promoted.index :]
        if each.probe is not None and each.probe.part == "attack"
    ]
    assert tried
    assert {each.actor.user for each in tried} == {second}
    removal = next(each for each in history if each.operation == REMOVE.name)
    assert removal.index > tried[-1].index
    assert removal.arguments["member_id"] == history.subjects[first]


def test_each_form_has_one_short_example_and_names_unlike_have_none() -> None:
    histories = _met(NamedFolders(), (*ALL_FORMS, ""))
    assert len(histories) == len(ALL_FORMS)
    assert all(len(each) <= 40 for each in histories)


def test_offer_that_is_refused_is_made_again() -> None:
    (history, *_) = _met(NamedFolders(refusals=2), ALL_FORMS[:1])
    assert len(_accepted(history)) == 3
