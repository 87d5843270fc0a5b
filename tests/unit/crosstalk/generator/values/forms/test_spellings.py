"""Other spellings of a value."""

from __future__ import annotations

import pytest

from crosstalk.generator.values.forms.spellings import CAPITALS, forms_for, spelled


@pytest.mark.parametrize(
    "schema",
    [{"type": "integer"}, {"type": "array"}, {"type": "string", "enum": ["a"]}, {"const": "a"}],
)
def test_argument_that_takes_no_text_has_no_other_spelling(schema: dict[str, object]) -> None:
    assert forms_for(schema) == ()


def test_uuid_is_spelled_in_ways_that_still_are_one() -> None:
    found = [spelled(form, "ab-12", "own", "bob") for form in forms_for({"format": "uuid"})]
    assert found == ["AB-12", "urn:uuid:ab-12", "{ab-12}"]


def test_path_is_joined_and_dressed() -> None:
    found = {spelled(form, "plan", "mine", "bob-1") for form in forms_for({"type": "string"})}
    assert {"../bob-1/plan", "mine/../plan", "..%2fbob-1%2fplan", "plan/", "PLAN", "plan."} <= found


def test_identity_is_not_taken_for_a_path_of_an_object() -> None:
    forms = forms_for({"type": "string"}, identity=True)
    assert CAPITALS in forms
    assert not any("{victim}" in each for each in forms)


def test_long_id_is_asked_for_by_its_beginning_as_well() -> None:
    theirs = "9f3c21ab-77d0-4c51-a9e2-000000000001"
    found = [spelled(form, theirs, "own", "bob") for form in forms_for({"type": "string"})]
    assert "9f3c21ab" in found
    assert "9f3c21ab" not in [
        spelled(form, theirs, "own", "bob") for form in forms_for({"type": "string"}, identity=True)
    ]
