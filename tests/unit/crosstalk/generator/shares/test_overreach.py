"""One person with two roles in two objects of one owner, on folders made of memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Call, Outcome
from crosstalk.core.policy import Share
from crosstalk.core.principals import ALICE, BOB
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import accept_offer, make_offer
from crosstalk.generator.shares.overreach import take_more_rights
from crosstalk.generator.values.choice import Draw
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    ACCEPT,
    ADD,
    INVITE,
    POLICY,
    PROMOTE,
    PROMOTED,
    ROLE,
    SHARED,
    Folders,
    make_state,
)

WITH_ROLE = replace(INVITE, parameters=(*INVITE.parameters, ROLE))
EDITING = replace(SHARED, change=True, where={"role": "editor"})


class Refusing(Folders):
    """Folders that are refused now and then, as a name is not liked; invited to in a role.

    Args:
        refused: How many are refused after the first one.
    """

    def __init__(self, refused: int) -> None:
        super().__init__()
        self.refused = refused

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, WITH_ROLE, ACCEPT, PROMOTE]

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Refuse a folder, or do what folders do."""
        if operation is ADD and self.owners and self.refused:
            self.refused -= 1
            self.calls += 1
            return Answer(Outcome.ERROR, 422, None, {}, "invalid")
        plain = INVITE if operation is WITH_ROLE else operation
        return super().call(plain, arguments, presented)


def _calls(shares: tuple[Share, ...], refused: int) -> list[Call]:
    """Return the calls after bob accepted a first folder of alice's, to read it alone."""
    folders = Refusing(refused)
    operations = folders.discover()
    state = make_state(folders, ServiceRecord({each.name: each for each in operations}))
    example = ExampleRun(state, Capabilities.of(operations))
    example.history.policy = replace(POLICY, shares=shares)
    subject = example.history.subjects[ALICE.name]
    example.execute(PlannedCall(ALICE, ADD.name, {"user_id": subject, "name": "one"}))

    def share(draw: Draw) -> None:
        offer = make_offer(example, draw, SHARED, WITH_ROLE, ALICE, BOB)
        assert offer is not None
        assert offer.call.arguments["role"] == "viewer" or EDITING not in shares
        accept_offer(example, draw, offer)
        take_more_rights(example, draw, offer)

    drawn_once(share, Random(1))
    return example.history.calls


def _folders(calls: list[Call], operation: Operation, role: str) -> list[str]:
    return [
        str(each.arguments["folder_id"])
        for each in calls
        if each.operation == operation.name
        and each.answer.outcome is Outcome.OK
        and each.arguments.get("role") == role
    ]


@pytest.mark.parametrize("refused", [0, 2])
def test_second_object_is_shared_with_the_same_person_in_the_stronger_role(refused: int) -> None:
    calls = _calls((SHARED, EDITING), refused)
    (first,), (second,) = _folders(calls, WITH_ROLE, "viewer"), _folders(calls, WITH_ROLE, "editor")
    assert first != second
    accepted = [each for each in calls if each.operation == ACCEPT.name]
    assert [each.actor for each in accepted] == [BOB, BOB]


def test_person_becomes_a_member_elsewhere_where_only_members_have_the_stronger_role() -> None:
    calls = _calls((SHARED, PROMOTED), refused=0)
    invited = [str(e.arguments["folder_id"]) for e in calls if e.operation == WITH_ROLE.name]
    assert len(set(invited)) == 2
    assert _folders(calls, PROMOTE, "editor") == invited[1:]
    # In the first one they try to promote themselves, in vain.
    tried = [each for each in calls if each.operation == PROMOTE.name and each.actor == BOB]
    assert [str(each.arguments["folder_id"]) for each in tried] == invited[:1]
