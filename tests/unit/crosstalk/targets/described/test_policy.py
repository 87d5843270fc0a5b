"""The policy of a `crosstalk.toml`: what it becomes, and what a mistake in it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.core.principals import ALICE
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.credentials import (
    DescribedCredentials,
    People,
    SurfaceCredentials,
)
from crosstalk.targets.described.loading import TargetFileError, load_target
from crosstalk.targets.described.login.values import claims_of as claims_in
from crosstalk.targets.described.minting import claims_of
from crosstalk.targets.described.people import attributes_of, people_of
from crosstalk.targets.described.policy import policy_of

BASE = """
[rest]
openapi = "http://127.0.0.1:1/openapi.json"
[identity]
by = ["bearer"]
[identity.mint]
key = "k"
claims = {tenant = "{tenant}", role = "{role}", roles = ["{role}"]}
claims_of = {carol = {email = "carol@example.org"}}
"""
NOTE = Parameter("note_id", {"type": "string"}, True, Role.REFERENCE)
WHO = Parameter("username", {"type": "string"}, True, Role.VALUE)
ROOT = Path(__file__).parents[5]
OPERATIONS = {
    each.name: each
    for each in (
        Operation("rest", "rest:GET /admin/report", (), reads_only=True),
        Operation("rest", "rest:POST /notes/{note_id}/shares", (NOTE, WHO), reads_only=False),
    )
}


def loaded(tmp_path: Path, text: str) -> TargetConfig:
    """The description with these tables after the usual ones."""
    file = tmp_path / "crosstalk.toml"
    file.write_text(BASE + text, encoding="utf-8")
    return load_target(file)


def test_a_file_without_policy_has_none(tmp_path: Path) -> None:
    assert policy_of(loaded(tmp_path, ""), OPERATIONS) is None


def test_people_have_tenants_and_roles(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        '[tenants]\nacme = ["alice", "bob"]\n[roles]\nadmin = ["carol"]\n[policy]\n',
    )
    people = people_of(config)
    assert [each.tenant for each in people.values()] == ["acme", "acme", ""]
    assert people["carol"].roles == ("admin",)
    assert people["carol"].claims == {"email": "carol@example.org"}


def test_made_up_users_are_put_into_tenants_by_number(tmp_path: Path) -> None:
    config = loaded(tmp_path, "[tenants]\nper_tenant = 2\n")
    assert [each.tenant for each in people_of(config).values()] == [
        "tenant-1",
        "tenant-1",
        "tenant-2",
    ]
    assert attributes_of(config, people_of(config)["alice"], "ab12")["tenant"] == "tenant-1-ab12"


def test_claims_are_filled_and_empty_ones_left_out(tmp_path: Path) -> None:
    identity = loaded(tmp_path, "").identities()["rest"]
    assert identity.mint is not None
    named = claims_of(identity.mint, {"tenant": "acme", "role": "admin"}, "carol")
    assert named == {
        "tenant": "acme",
        "role": "admin",
        "roles": ["admin"],
        "email": "carol@example.org",
    }
    assert claims_of(identity.mint, None, "alice") == {"roles": []}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[roles]\nadmin = ["caroll"]', "did you mean 'carol'"),
        ('[tenants]\nacme = ["alicia"]', "did you mean 'alice'"),
        ('[tenants]\nacme = ["alice"]\nother = ["alice"]', "alice is in the tenants"),
        ("[tenants]\nper_tenant = 0", "1 or more"),
        ('[tenants]\nper_tenant = 2\nacme = ["alice"]', "leave one out"),
        ('[policy]\nboundary = "tenant"', "under [tenants]"),
        ('[policy]\nboundary = "org"', "policy.boundary"),
        ('[policy]\nbundary = "user"', "did you mean 'boundary'"),
        (
            '[roles]\nadmin = ["bob"]\n[[policy.reserve]]\nto = ["admins"]\noperations = ["*"]',
            "did you mean 'admin'",
        ),
        ('[[policy.allow]]\nto = ["*"]\nscope = "tenant"', "under [tenants]"),
        ('[[policy.allow]]\nto = ["*"]\nwhen = "exit()"', "policy.allow.when"),
        ('[[policy.share]]\nopens = "x"\nperson = "y"', "set one of object"),
        ('[[policy.share]]\nopens = "x"\nobject = "y"', "set one of person"),
        ('[[policy.share]]\nopens = "x"\nobject = "y"\ncode = "z"', "set object, and accept"),
    ],
)
def test_mistakes_say_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TargetFileError) as caught:
        loaded(tmp_path, text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[policy.reserve]]\nto = ["bob"]\noperations = ["GET /admin/reports"]',
            "did you mean 'GET /admin/report'",
        ),
        (
            '[[policy.share]]\nopens = "POST /notes/{note_id}/shares"\nobject = "noteid"\n'
            'person = "username"',
            "did you mean 'note_id'",
        ),
        (
            '[[policy.share]]\nopens = "POST /notes/{note_id}/shares"\nobject = "note_id"\n'
            'person = "user"',
            "did you mean 'username'",
        ),
    ],
)
def test_rules_name_operations_and_arguments_that_there_are(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(TargetFileError) as caught:
        policy_of(loaded(tmp_path, text), OPERATIONS)
    assert said in str(caught.value)


def test_a_user_who_is_given_another_name_keeps_tenant_and_role(tmp_path: Path) -> None:
    config = loaded(tmp_path, '[tenants]\nacme = ["alice"]\n')
    identity = config.identities()["rest"]
    people = People({}, tmp_path, {"alice-1": {"tenant": "acme", "role": ""}}, {"alice-1": "alice"})
    credentials = DescribedCredentials(rest=SurfaceCredentials(identity, people, ()))
    credentials.rename({"alice": "alice-1"}, {"alice": "ALICE-1"})
    presented = credentials.present(ALICE, "ALICE-1", "rest")
    token = presented.headers["Authorization"].removeprefix("Bearer ")
    assert claims_in(token)["tenant"] == "acme"


@pytest.mark.parametrize(
    "file", sorted((ROOT / "examples/targets/policies").glob("*.toml")), ids=lambda file: file.stem
)
def test_every_example_with_a_policy_is_a_description(file: Path) -> None:
    config = load_target(file)
    assert config.policy is not None
    assert file.with_suffix(".py").is_file()


def test_rule_about_an_operation_that_is_left_out_says_so(tmp_path: Path) -> None:
    config = loaded(
        tmp_path, '[[policy.reserve]]\nto = ["carol"]\noperations = ["POST /gifts/*"]\n'
    )
    left_out = {"rest:POST /gifts/{gift_id}/send": "it may send mail or messages"}
    said = r"POST /gifts/\{gift_id\}/send is left out \(it may send mail.*take it out of rest\.skip"
    with pytest.raises(TargetFileError, match=said):
        policy_of(config, OPERATIONS, left_out)
