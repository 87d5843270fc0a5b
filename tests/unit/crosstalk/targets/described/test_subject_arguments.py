"""Arguments that name the caller by what a login calls its users."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.policy_config import ShareConfig
from crosstalk.targets.described.subject_arguments import (
    kinds_of_subjects,
    with_people_named,
    with_subject_arguments,
)
from crosstalk.targets.described.users import principals_of

TEXT = {"type": "string"}
PATIENT = Parameter("patient_id", {"type": "integer"}, True, Role.REFERENCE)
VISITS = Operation("rest", "rest:GET /patients/{patient_id}/visits", (PATIENT,), True)
NAME = Parameter("name", TEXT, True, Role.TEXT)
ADD = Operation("rest", "rest:POST /patients", (NAME,), False)


@pytest.mark.parametrize(
    ("place", "kinds"),
    [("$.data.patient.id", {"patient"}), ("$.id", set()), ("claim:sub", set()), ("", set())],
)
def test_place_of_a_users_id_says_what_users_are(place: str, kinds: set[str]) -> None:
    assert kinds_of_subjects([place]) == kinds


def test_argument_of_that_kind_names_the_caller() -> None:
    found = with_subject_arguments({VISITS.name: VISITS}, {"patient"})
    assert found[VISITS.name].parameters[0].role is Role.IDENTITY


def test_argument_names_an_object_where_users_make_such() -> None:
    found = with_subject_arguments({each.name: each for each in (VISITS, ADD)}, {"patient"})
    assert found[VISITS.name].parameters[0].role is Role.REFERENCE


@pytest.mark.parametrize(("role", "claimed"), [(Role.IDENTITY, True), (Role.REFERENCE, False)])
def test_a_path_that_names_the_caller_is_claimed_by_an_impostor(role: Role, claimed: bool) -> None:
    config = TargetConfig.model_validate(
        {
            "rest": {"openapi": "http://127.0.0.1:1/openapi.json"},
            "identity": {"by": ["bearer"], "token": "{user}"},
        }
    )
    operation = replace(VISITS, parameters=(replace(PATIENT, role=role),))
    assert bool(principals_of(config, {}, [operation]).impostors) is claimed


def test_person_named_by_sharing_is_not_its_caller() -> None:
    who = Parameter("username", {"type": "string"}, True, Role.IDENTITY)
    note = Parameter("note_id", {"type": "string"}, True, Role.REFERENCE)
    remove = Operation(
        "rest", "rest:DELETE /notes/{note_id}/members/{username}", (note, who), False
    )
    mine = Operation("rest", "rest:GET /users/{username}/notes", (who,), True)
    share = ShareConfig.model_validate(
        {
            "opens": "POST /notes/{note_id}/members",
            "object": "note_id",
            "person": "username",
            "ends": ["DELETE /notes/{note_id}/members/{username}"],
        }
    )
    found = with_people_named({each.name: each for each in (remove, mine)}, [share])
    assert found[remove.name].parameters[1].role is Role.TEXT
    assert found[mine.name] == mine
