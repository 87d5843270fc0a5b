"""A REST API as its description corrects it, and mistakes of the description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.exit_codes import ExitCode, exit_code
from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SettingError
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.rest import RestSurface
from crosstalk.targets.described import TargetConfig
from crosstalk.targets.described.config import RestConfig, ToolConfig
from crosstalk.targets.described.corrected_rest import DescribedRest
from crosstalk.targets.described.users import flows_of

TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)
SECRET = Parameter("secret", {"type": "string"}, True, Role.TEXT)
TITLES = Parameter("titles", {"type": "array"}, False, Role.VALUE)
READ = "GET /books/{title}"


class Books:
    """A REST API whose books are read by the title that their owner chose."""

    def discover(self) -> list[Operation]:
        return [
            Operation("rest", "rest:POST /books", (TITLE, SECRET), reads_only=False),
            Operation("rest", "rest:GET /books", (), reads_only=True, public=True),
            Operation("rest", f"rest:{READ}", (TITLE,), reads_only=True),
            Operation("rest", "rest:POST /books/export", (TITLES,), reads_only=False),
        ]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        return Answer(Outcome.OK, 200, None)

    def close(self) -> None:
        """Close nothing."""


def operations(
    tools: dict[str, dict[str, Any]] | None = None, *, read_only: bool = False, **rest: Any
) -> dict[str, Operation]:
    """Discover the API's operations, by method and path."""
    surface = DescribedRest(
        Books(),
        RestConfig(openapi="http://127.0.0.1:1/openapi.json", **rest),
        {},
        {name: ToolConfig.model_validate(each) for name, each in (tools or {}).items()},
        read_only=read_only,
    )
    return {each.name.split(":", 1)[1]: each for each in surface.discover()}


def test_described_operation_has_the_kind_roles_and_values_of_the_file() -> None:
    tools: dict[str, dict[str, Any]] = {
        READ: {"arguments": {"title": "reference"}, "values": {"title": ["a", "b"]}},
        "POST /books/export": {"kind": "list"},
    }
    found = operations(tools)
    assert found[READ].parameters[0].role is Role.REFERENCE
    assert found[READ].parameters[0].schema["enum"] == ["a", "b"]
    assert found["POST /books/export"].lists
    assert found["GET /books"].lists


def test_list_may_be_named_by_its_elements() -> None:
    export = "POST /books/export"
    found = operations({export: {"arguments": {"titles[]": "reference"}}})
    assert found[export].parameters[0].role is Role.REFERENCE
    found = operations({export: {"values": {"titles[]": ["a"]}}})
    assert found[export].parameters[0].schema["enum"] == ["a"]


def test_described_operation_is_left_out_where_the_file_skips_it_or_is_read_only() -> None:
    assert READ not in operations({READ: {"skip": "costs money"}})
    assert set(operations(read_only=True)) == {"GET /books", READ}


@pytest.mark.parametrize(
    ("tools", "rest", "said"),
    [
        ({"GET /book/{title}": {}}, {}, r"did you mean 'GET /books/\{title\}'\?"),
        ({READ: {"arguments": {"titel": "name"}}}, {}, "did you mean 'title'?"),
        ({READ: {"values": {"x": ["1"]}}}, {}, "which it does not take"),
        ({}, {"public": ["GET /boks"]}, "rest.public names 'GET /boks'.*did you mean"),
        ({}, {"skip": ["GET /nothing"]}, "rest.skip names 'GET /nothing'"),
    ],
)
def test_entry_without_effect_is_an_error_that_names_the_nearest(
    tools: dict[str, dict[str, Any]], rest: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingError, match=said) as raised:
        operations(tools, **rest)
    # A setting is wrong, and the system came up.
    assert exit_code(raised.value) == ExitCode.USAGE


def test_public_operation_may_show_its_data_to_every_user() -> None:
    config = TargetConfig.model_validate(
        {
            "rest": {"openapi": "http://127.0.0.1:1/o.json", "public": ["GET /books"]},
            "identity": {"by": ["bearer"], "token": "t-{user}"},
        }
    )
    (flow,) = flows_of(config, {})
    assert flow.permits("alice", None, "rest:GET /books")
    assert not flow.permits("alice", "bob", f"rest:{READ}")


def test_page_of_a_system_without_a_document_is_an_operation() -> None:
    config = RestConfig(base="http://127.0.0.1:1", also=["GET /dashboard"])
    surface = RestSurface("", document="", base=config.base, also=config.also)
    try:
        (page,) = surface.discover()
    finally:
        surface.close()
    assert page.name == "rest:GET /dashboard"
    assert page.extra["form"].url == "http://127.0.0.1:1/dashboard"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"also": ["GET /a"]}, "rest.base with the operations"),
        ({"base": "http://127.0.0.1:1", "streams": ["/events"]}, "is not a stream"),
    ],
)
def test_rest_api_of_which_nothing_is_known_is_an_error(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        RestConfig(**settings)
