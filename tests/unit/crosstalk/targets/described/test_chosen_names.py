"""Chosen names: an argument by which users name what they made, though it looks like any text."""

from __future__ import annotations

import pytest

from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.described.chosen_names import with_chosen_names

TEXT = {"type": "string"}


def tool(name: str, kind: str, *texts: str) -> Operation:
    parameters = tuple(Parameter(each, TEXT, True, Role.TEXT) for each in texts)
    reads = kind in ("read", "list")
    return Operation("mcp", f"mcp:{name}", parameters, reads, extra={"kind": kind})


SERVICE_BOOK = (
    tool("register_vehicle", "other", "plate", "model"),
    tool("scrap_vehicle", "other", "plate"),
    tool("log_service", "create", "plate", "work"),
    tool("service_history", "list", "plate"),
)


def roles(operations: tuple[Operation, ...], **stated: list[str]) -> dict[str, dict[str, Role]]:
    found = with_chosen_names(
        {each.name: each for each in operations},
        {f"mcp:{name}": arguments for name, arguments in stated.items()},
    )
    return {
        name.removeprefix("mcp:"): {each.name: each.role for each in operation.parameters}
        for name, operation in found.items()
    }


def test_creator_of_an_object_is_given_a_new_name() -> None:
    assert roles(SERVICE_BOOK)["register_vehicle"] == {"plate": Role.NAME, "model": Role.TEXT}


@pytest.mark.parametrize("name", ["scrap_vehicle", "log_service", "service_history"])
def test_other_operation_with_the_argument_names_an_object(name: str) -> None:
    assert roles(SERVICE_BOOK)[name]["plate"] is Role.REFERENCE


def test_a_template_names_what_it_shows() -> None:
    shown = tool("resources/read cars://vehicles/{plate}", "read", "plate")
    found = roles((tool("register_vehicle", "create", "plate", "model"), shown))
    assert found["register_vehicle"]["plate"] is Role.NAME


def test_a_word_by_which_a_reading_is_narrowed_names_nothing() -> None:
    found = roles((tool("add_meal", "create", "city", "dish"), tool("weather", "read", "city")))
    assert found["add_meal"]["city"] is Role.TEXT


def test_argument_with_the_name_of_a_kind_names_what_other_operations_make() -> None:
    found = roles(
        (
            tool("create_deck", "create", "name", "language"),
            tool("add_card", "create", "deck", "front"),
            tool("next_card", "other", "deck"),
        )
    )
    assert found["add_card"]["deck"] is Role.TEXT


def test_text_that_is_said_is_no_name() -> None:
    found = roles((tool("add_idea", "create", "text", "tag"), tool("keep_idea", "other", "text")))
    assert found["add_idea"]["text"] is Role.TEXT


def test_a_role_that_the_file_states_is_kept() -> None:
    assert roles(SERVICE_BOOK, log_service=["plate"])["log_service"]["plate"] is Role.TEXT
