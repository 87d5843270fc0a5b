"""Guesses of a policy: marked as such, and none where nothing looks like one."""

from __future__ import annotations

import tomllib

import pytest

from crosstalk.targets.described.init.policy import Offered, policy_guesses
from crosstalk.targets.described.login.values import claims_of
from crosstalk.targets.described.policy_config import PolicyConfig
from crosstalk.tokens.keys import encode_json

OFFERED = [
    Offered("GET /notes", ()),
    Offered("GET /admin/report", ()),
    Offered("DELETE /users/{user_id}", ("user_id",), ("staff",)),
    Offered("POST /notes/{note_id}/shares", ("note_id", "username")),
    Offered("DELETE /notes/{note_id}/shares/{username}", ("note_id", "username")),
    Offered("GET /notes/{note_id}/shares", ("note_id",)),
]


def taken_in(lines: list[str]) -> PolicyConfig:
    """The policy of the guesses, with the marks of comments taken away."""
    rules = [each.removeprefix("# ") for each in lines]
    start = next(place for place, each in enumerate(rules) if each.startswith("["))
    return PolicyConfig.model_validate(tomllib.loads("\n".join(rules[start:]))["policy"])


def test_reserved_operations_and_sharing_are_guessed_by_names_and_security() -> None:
    lines = policy_guesses(OFFERED)
    assert all(each.startswith("#") for each in lines if each)
    assert sum("guess" in each for each in lines) > 6
    policy = taken_in(lines)
    assert {each.to[0]: each.operations for each in policy.reserve} == {
        "admin": ["GET /admin/report"],
        "staff": ["DELETE /users/{user_id}"],
    }
    # Whoever has the role is there for what is others'.
    allowed = [(each.to[0], each.scope, each.access, each.operations) for each in policy.allow]
    assert allowed == [(each.to[0], "any", "change", each.operations) for each in policy.reserve]
    # A role that a rule names and that is no user's would have the file refused.
    roles = tomllib.loads("\n".join(each.removeprefix("# ") for each in lines[2:]))["roles"]
    assert roles == {"admin": ["carol"], "staff": ["carol"]}
    (share,) = policy.share
    assert (share.object, share.person) == ("note_id", "username")
    assert share.opens == ["POST /notes/{note_id}/shares"]
    assert share.ends == ["DELETE /notes/{note_id}/shares/{username}"]


def test_an_invitation_is_guessed_with_its_acceptance() -> None:
    offered = [
        Offered("POST /boards/{board_id}/invitations", ("board_id", "email")),
        Offered("POST /invitations/{invitation_id}/accept", ("invitation_id",)),
        Offered("POST /boards/{board_id}/leave", ("board_id",)),
    ]
    (share,) = taken_in(policy_guesses(offered)).share
    assert share.accept == ["POST /invitations/{invitation_id}/accept"]
    assert share.ends == ["POST /boards/{board_id}/leave"]


def test_sharing_by_a_code_is_guessed_with_what_makes_it_and_what_takes_it() -> None:
    offered = [
        Offered("save_patch", ("name",)),
        Offered("edit_patch", ("patch_id", "name")),
        Offered("share_patch", ("patch_id",)),
        Offered("copy_shared", ("code",)),
        Offered("unshare_patch", ("patch_id",)),
    ]
    (share,) = taken_in(policy_guesses(offered)).share
    assert (share.opens, share.object) == (["share_patch"], "patch_id")
    assert (share.accept, share.code, share.person) == (["copy_shared"], "code", "")
    assert share.ends == ["unshare_patch"]
    assert not policy_guesses([Offered("copy_patch", ("patch_id",)), Offered("scan", ("code",))])


def test_tools_are_guessed_as_operations_are() -> None:
    offered = [
        Offered("share_note", ("note_id", "user_name")),
        Offered("unshare_note", ("note_id", "user_name")),
    ]
    (share,) = taken_in(policy_guesses(offered)).share
    assert (share.opens, share.ends) == (["share_note"], ["unshare_note"])


def test_claims_of_a_token_hint_at_tenants_and_roles() -> None:
    claims = {"sub": "a", "org_id": "acme", "role": "admin"}
    token = f"{encode_json({'alg': 'none'})}.{encode_json(claims)}.x"
    assert claims_of(token)["org_id"] == "acme"
    said = "\n".join(policy_guesses([], token))
    assert "org_id" in said
    assert "[roles]" in said
    assert claims_of("no token") == {}


def test_nothing_is_written_where_nothing_looks_like_a_policy() -> None:
    assert policy_guesses([Offered("GET /notes", ()), Offered("POST /notes", ("text",))]) == []


@pytest.mark.parametrize(
    ("about", "proposed"),
    [
        ("The last reviews of a mechanic, by all customers.", True),
        ("Anyone can read them.", True),
        ("Reviews are public.", True),
        ("All orders of all customers. For the role admin.", False),
        ("Reviews are not public.", False),
        ("The reviews of a mechanic.", False),
    ],
)
def test_reading_that_is_said_to_be_for_all_is_proposed_with_the_words_that_say_it(
    about: str, proposed: bool
) -> None:
    offered = [Offered("GET /reviews", (), about=about, reads=True), Offered("POST /reviews", ())]
    lines = policy_guesses(offered)
    assert all(each.startswith("#") for each in lines if each), "never taken in by itself"
    assert bool(lines) is proposed
    if proposed:
        (allow,) = taken_in(lines).allow
        assert (allow.to, allow.scope, allow.access) == (["*"], "any", "read")
        assert allow.operations == ["GET /reviews"]


def test_reading_of_what_is_said_to_be_public_where_it_is_stored_is_proposed() -> None:
    public = "A review is public: every customer sees its stars."
    offered = [
        Offered("POST /mechanics/{id}/reviews", ("id",), about=public),
        Offered("GET /mechanics/{id}/reviews", ("id",), reads=True),
        Offered("GET /orders", (), reads=True),
    ]
    (allow,) = taken_in(lines := policy_guesses(offered)).allow
    assert allow.operations == ["GET /mechanics/{id}/reviews"]
    assert any("is public" in each for each in lines)
