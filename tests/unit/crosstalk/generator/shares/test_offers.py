"""Offers of a share and their ends, on folders made of memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.principals import ALICE, BOB
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import accept_offer, end_offer, make_offer
from crosstalk.generator.values.choice import Draw
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    ADD,
    FOLDER,
    IDENTITY,
    INVITE,
    OPERATIONS,
    REMOVE,
    SHARED,
    Folders,
    make_state,
)

KEY = Parameter("idempotency_key", {"type": "string"}, False, Role.KEY)
KEYED = replace(INVITE, parameters=(*INVITE.parameters, KEY))
CLOSE = Operation("rest", "rest:DELETE /folders/{folder_id}", (IDENTITY, FOLDER), False)
ENDED_FOR_ALL = replace(SHARED, ends=(CLOSE.name, REMOVE.name))


class Closed(Folders):
    """Folders that are closed for all, and invitations under a key."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, KEYED, *OPERATIONS[3:], CLOSE]

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Close a folder, or do what folders do."""
        if operation is CLOSE:
            self.calls += 1
            return Answer(Outcome.OK, 204, None)
        plain = INVITE if operation is KEYED else operation
        return super().call(plain, arguments, presented)


@pytest.mark.parametrize("number", range(8))
def test_first_share_is_ended_for_its_person_and_offered_without_a_key(number: int) -> None:
    folders = Closed()
    operations = folders.discover()
    state = make_state(folders, ServiceRecord({each.name: each for each in operations}))
    example = ExampleRun(state, Capabilities.of(operations))
    subject = example.history.subjects[ALICE.name]
    example.execute(PlannedCall(ALICE, ADD.name, {"user_id": subject, "name": "one"}))

    def share(draw: Draw) -> None:
        offer = make_offer(example, draw, ENDED_FOR_ALL, KEYED, ALICE, BOB)
        assert offer is not None
        accept_offer(example, draw, offer)
        assert end_offer(example, draw, offer, ALICE)

    drawn_once(share, Random(number))
    offered = next(each for each in example.history if each.operation == KEYED.name)
    assert KEY.name not in offered.arguments
    assert example.history.calls[-1].operation == REMOVE.name


class SignedUpByCalls(Folders):
    """Folders whose users are known by their first call."""

    known: frozenset[str] = frozenset()

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Refuse an invitation of a user who has made no call."""
        self.known |= {presented.headers.get("caller", "")}
        if operation is INVITE and arguments["invitee_id"] not in self.known:
            self.calls += 1
            return Answer(Outcome.ERROR, 422, None, {}, "no_such_user")
        return super().call(operation, arguments, presented)


def test_person_whom_the_system_does_not_know_yet_makes_a_call_and_is_offered_it_again() -> None:
    folders = SignedUpByCalls()
    state = make_state(folders, ServiceRecord({each.name: each for each in OPERATIONS}))
    example = ExampleRun(state, Capabilities.of(list(OPERATIONS)))
    offers = []

    def work(draw: Draw) -> None:
        offers.append(make_offer(example, draw, SHARED, INVITE, ALICE, BOB))

    drawn_once(work, Random(1))
    assert offers[0] is not None
    made = [each.operation for each in example.history]
    assert made.count(INVITE.name) == 2
    assert [each.actor for each in example.history if each.actor == BOB] == [BOB]
