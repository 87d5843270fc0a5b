"""Rights by argument: an offer opens the share of its own rule, and of no stronger one."""

from __future__ import annotations

import pytest

from crosstalk.core.policy import Person, Policy, Share
from crosstalk.core.principals import USERS
from crosstalk.generator.shares.offered_rights import no_more_rights, rights_of
from crosstalk.surface.operation import Operation, Parameter, Role

FOLDER = Parameter("folder_id", {"type": "string"}, True, Role.REFERENCE)
ROLE = Parameter(
    "body.role", {"type": "string", "enum": ["editor", "viewer", "owner"]}, False, Role.VALUE
)
INVITE = Operation("rest", "rest:POST /invitations", (FOLDER, ROLE), reads_only=False)
READING = Share((INVITE.name,), "invitee_id", "folder_id", (), change=False)
EDITING = Share((INVITE.name,), "invitee_id", "folder_id", (), where={"role": "editor"})
OWNING = Share((INVITE.name,), "invitee_id", "folder_id", (), where={"role": "owner"})
ELSEWHERE = Share((INVITE.name,), "invitee_id", "board_id", (), where={"role": "viewer"})
POLICY = Policy(
    {name: Person(name) for name in USERS}, shares=(READING, EDITING, OWNING, ELSEWHERE)
)


@pytest.mark.parametrize("drawn", ["editor", "owner", "viewer"])
def test_offer_of_a_reader_says_no_role_of_another_rule(drawn: str) -> None:
    given = no_more_rights(POLICY, INVITE, READING, {"folder_id": "f", "body.role": drawn})
    assert given == {"folder_id": "f", "body.role": "viewer"}


def test_role_that_leaves_no_other_is_left_out() -> None:
    narrow = Operation(
        "rest",
        INVITE.name,
        (FOLDER, Parameter("role", {"type": "string"}, False, Role.VALUE)),
        reads_only=False,
    )
    assert no_more_rights(POLICY, narrow, READING, {"role": "editor"}) == {}


def test_offer_of_an_editor_keeps_its_own_role() -> None:
    assert rights_of(INVITE, EDITING) == {"body.role": "editor"}
    assert no_more_rights(POLICY, INVITE, EDITING, {"body.role": "editor"}) == {
        "body.role": "editor"
    }


def test_offer_without_a_policy_is_as_it_was_drawn() -> None:
    assert no_more_rights(None, INVITE, READING, {"body.role": "owner"}) == {"body.role": "owner"}
