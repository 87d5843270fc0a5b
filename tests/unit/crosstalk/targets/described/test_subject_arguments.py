"""Arguments that name the caller by what a login calls its users."""

from __future__ import annotations

import pytest

from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.described.subject_arguments import (
    kinds_of_subjects,
    with_subject_arguments,
)

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
