"""Names of the variables that stand for values of answers."""

from __future__ import annotations

from crosstalk.execution.by_hand.variables import Variables


def test_entry_of_a_bare_list_has_a_name_as_the_field_of_an_object_has() -> None:
    variables = Variables({}, {})
    field, entry = variables.reference(1, "items.0.id", "4f2a"), variables.reference(2, "4", "row")
    assert variables.names[field] == "ID_1"
    assert variables.names[entry] == "ENTRY_2"
