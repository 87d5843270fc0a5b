"""Plain references: arguments that bear the name of a kind take what a system calls an object."""

from __future__ import annotations

import pytest

from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.described.plain_references import with_plain_references

TEXT = {"type": "string"}


def tool(name: str, kind: str, *texts: str, code: bool = False, **more: Role) -> Operation:
    """A tool with required texts, and arguments of further roles."""
    parameters = [Parameter(each, TEXT, True, Role.TEXT) for each in texts]
    parameters += [Parameter(each, TEXT, True, role) for each, role in more.items()]
    if code:
        parameters.append(Parameter("code", TEXT, True, Role.REFERENCE))
    reads = kind in ("read", "list")
    return Operation("mcp", f"mcp:{name}", tuple(parameters), reads, extra={"kind": kind})


APIARY = (
    tool("add_hive", "create", "label"),
    tool("list_hives", "list"),
    tool("requeen", "change", "hive", "remark"),
    tool("remove_hive", "delete", "hive"),
    tool("inspect_hive", "create", "hive", "findings"),
    tool("show_inspection", "read", code=True),
    tool("take_honey", "other", "inspection", "comment"),
)


def roles(operations: tuple[Operation, ...], **stated: list[str]) -> dict[str, dict[str, Role]]:
    """The roles of all arguments, by tool."""
    found = with_plain_references(
        {each.name: each for each in operations},
        {f"mcp:{name}": arguments for name, arguments in stated.items()},
    )
    return {
        name.removeprefix("mcp:"): {each.name: each.role for each in operation.parameters}
        for name, operation in found.items()
    }


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("requeen", "hive"),
        ("remove_hive", "hive"),
        ("inspect_hive", "hive"),
        ("take_honey", "inspection"),
    ],
)
def test_an_argument_with_the_name_of_a_kind_refers_to_an_object(name: str, argument: str) -> None:
    found = roles(APIARY)[name]
    assert found[argument] is Role.REFERENCE
    assert found.keys() - {argument} == {
        each for each, role in found.items() if role is not Role.REFERENCE
    }


def test_an_email_is_a_value_where_a_prompt_drafts_one() -> None:
    tools = (
        tool("create_contact", "create", "name", "email"),
        tool("draft_email", "read", code=True),
    )
    assert roles(tools)["create_contact"]["email"] is Role.TEXT


RIDES = (
    tool("add_bike", "create", title=Role.NAME),
    tool("get_bike", "read", bike_id=Role.REFERENCE),
    tool("log_ride", "create", "remark", bike=Role.NAME),
    tool("add_ride", "create", "remark", ride=Role.NAME),
)


def test_name_of_what_another_tool_makes_refers_to_it() -> None:
    stated = {"add_bike": ["title"], "log_ride": ["bike"], "add_ride": ["ride"]}
    found = roles(RIDES, **stated)
    assert found["log_ride"]["bike"] is Role.REFERENCE
    assert found["add_ride"]["ride"] is Role.NAME
    assert found["add_bike"]["title"] is Role.NAME


def test_name_alone_is_a_new_one_where_something_is_made() -> None:
    making, reading, *_ = RIDES
    assert making.stores
    assert not reading.stores
    assert not required_references(making)
    assert not tool("rename", "change", title=Role.NAME).stores


def test_a_role_that_the_file_states_is_kept() -> None:
    assert roles(APIARY, requeen=["hive"])["requeen"]["hive"] is Role.TEXT


@pytest.mark.parametrize(
    "operations",
    [
        (tool("add_hive", "create", "hive"), tool("list_hives", "list")),
        (
            tool("add_hive", "create", "label"),
            tool("edit_hive", "change", "hive", hive_id=Role.REFERENCE),
        ),
        (tool("add_note", "create", "title"), tool("append", "change", "note", "tag")),
        (tool("list_hives", "list"), tool("ask", "other", "hive", "remark")),
    ],
    ids=["names a new one", "says what is in it", "is more often said", "is of nothing stored"],
)
def test_an_argument_that_says_something_stays_a_text(operations: tuple[Operation, ...]) -> None:
    found = roles(operations)
    assert all(each.get(name) is not Role.REFERENCE for each in found.values() for name in each
               if name in ("hive", "note"))  # fmt: skip


def test_a_list_of_codes_refers_to_what_a_path_names_by_one() -> None:
    codes = Parameter("codes", {"type": "array", "items": TEXT}, True, Role.VALUE)
    archive = Operation("rest", "rest:POST /units/archive", (codes,), reads_only=False)
    one = Parameter("code", TEXT, True, Role.REFERENCE)
    shown = Operation("rest", "rest:GET /units/{code}", (one,), reads_only=True)
    found = with_plain_references({each.name: each for each in (archive, shown)}, {})
    assert found[archive.name].parameters[0].role is Role.REFERENCE


def test_a_version_refers_where_something_lists_versions() -> None:
    slug = Parameter("slug", TEXT, True, Role.REFERENCE)
    number = Parameter("revision", {"type": "integer"}, True, Role.VALUE)
    old = Parameter("old", TEXT, True, Role.TEXT)
    restore = Operation("rest", "rest:POST /pages/{slug}/restore", (slug, number), reads_only=False)
    compare = Operation("rest", "rest:GET /pages/{slug}/compare", (slug, old), reads_only=True)
    history = Operation("rest", "rest:GET /pages/{slug}/history", (slug,), reads_only=True)
    found = with_plain_references({each.name: each for each in (restore, compare, history)}, {})
    assert [found[each.name].parameters[1].role for each in (restore, compare)] == [
        Role.REFERENCE,
        Role.REFERENCE,
    ]
    alone = with_plain_references({each.name: each for each in (restore, compare)}, {})
    assert alone[restore.name].parameters[1].role is Role.VALUE


def test_the_only_text_of_a_change_refers_where_others_read_and_delete_by_it() -> None:
    operations = (
        tool("create_deck", "create", "name"),
        tool("cards", "read", "deck"),
        tool("delete_deck", "delete", "deck"),
        tool("next_card", "other", "deck"),
    )
    assert roles(operations)["next_card"]["deck"] is Role.REFERENCE


def test_an_argument_that_says_a_relation_refers_to_the_kind_of_its_operation() -> None:
    title = Parameter("title", TEXT, True, Role.TEXT)
    stacked = Parameter("stacked_on", TEXT, False, Role.TEXT)
    named = Parameter("habit_id", TEXT, True, Role.REFERENCE)
    add = Operation("rest", "rest:POST /habits", (title, stacked), reads_only=False)
    get = Operation("rest", "rest:GET /habits/{habit_id}", (named,), reads_only=True)
    found = with_plain_references({each.name: each for each in (add, get)}, {})
    assert [each.role for each in found[add.name].parameters] == [Role.TEXT, Role.REFERENCE]


def test_both_ends_of_a_transfer_refer_to_objects() -> None:
    purse = (
        tool("add_wallet", "create", "label"),
        tool("transfer", "other", "from_wallet", "to_wallet", "memo"),
    )
    found = roles(purse)["transfer"]
    assert found == {
        "from_wallet": Role.REFERENCE,
        "to_wallet": Role.REFERENCE,
        "memo": Role.TEXT,
    }


def part(name: str, kind: str = "string", said: str = "") -> Parameter:
    return Parameter(name, {"type": kind, "description": said}, True, Role.TEXT)


def merging(*parts: Parameter) -> tuple[Operation, ...]:
    card = Parameter("card", TEXT, True, Role.REFERENCE)
    return (
        Operation("rest", "rest:POST /cards", (part("shop"),), False),
        Operation("rest", "rest:GET /cards/{card}", (card,), True),
        Operation("rest", "rest:POST /cards/merge", parts, False),
    )


def test_a_source_and_a_target_are_two_objects() -> None:
    found = with_plain_references(
        {each.name: each for each in merging(part("source"), part("target"))}, {}
    )["rest:POST /cards/merge"]
    assert {each.role for each in found.parameters} == {Role.REFERENCE}


@pytest.mark.parametrize(
    ("said", "role"),
    [("id of the card that has the points now", Role.REFERENCE), ("where it is from", Role.TEXT)],
)
def test_a_source_alone_is_an_object_where_its_description_says_so(said: str, role: Role) -> None:
    found = with_plain_references(
        {each.name: each for each in merging(part("source", said=said))}, {}
    )["rest:POST /cards/merge"]
    assert found.parameters[0].role is role


def test_a_list_of_words_that_users_remove_names_nothing_that_is_there() -> None:
    tag = Parameter("tag", TEXT, True, Role.REFERENCE)
    tags = Parameter("tags", {"type": "array", "items": TEXT}, False, Role.VALUE)
    operations = (
        Operation("rest", "rest:POST /entries", (part("note"), tags), False),
        Operation("rest", "rest:DELETE /tags/{tag}", (tag,), False),
    )
    found = with_plain_references({each.name: each for each in operations}, {})
    assert found["rest:POST /entries"].parameters[1].role is Role.VALUE
    made = Operation("rest", "rest:POST /tags", (part("label"),), False)
    found = with_plain_references({each.name: each for each in (*operations, made)}, {})
    assert found["rest:POST /entries"].parameters[1].role is Role.REFERENCE


def test_value_that_an_operation_sets_is_told_and_names_nothing() -> None:
    items = (
        tool("add_item", "create", "text"),
        tool("set_serial", "change", "serial", code=True),
    )
    assert roles(items)["set_serial"]["serial"] is Role.TEXT


def test_an_object_is_called_by_the_name_that_its_maker_takes() -> None:
    projects = (
        tool("add_project", "create", "name"),
        tool("clock_in", "create", "project_name"),
        tool("clock_out", "change", project_name=Role.NAME),
    )
    found = roles(projects)
    assert found["clock_in"]["project_name"] is Role.REFERENCE
    assert found["clock_out"]["project_name"] is Role.REFERENCE
    assert found["add_project"]["name"] is Role.TEXT
    # Nothing makes clients: a client's name is a text.
    assert roles((tool("bill", "create", "client_name"),))["bill"]["client_name"] is Role.TEXT


@pytest.mark.parametrize(("name", "role"), [("opens", Role.VALUE), ("page", Role.REFERENCE)])
def test_one_number_in_the_plural_is_how_many_and_names_nothing(name: str, role: Role) -> None:
    def post(path: str, *parameters: Parameter) -> Operation:
        kind = {"kind": "create"}
        return Operation("rest", f"rest:POST {path}", parameters, False, extra=kind)

    number = Parameter(name, {"type": "integer"}, True, Role.VALUE)
    issue = Parameter("issue", TEXT, True, Role.REFERENCE)
    title = Parameter("title", TEXT, True, Role.TEXT)
    operations = (post("/pages", title), post("/issues/{issue}/opens", issue, number))
    assert roles(operations)["rest:POST /issues/{issue}/opens"][name] is role


def test_name_that_an_operation_sets_is_made_up_and_that_of_others_is_not() -> None:
    found = roles(
        tuple(
            tool(name, "change", guest_id=Role.REFERENCE, word=Role.NAME)
            for name in ("set_door_word", "enter")
        )
    )
    assert found["set_door_word"]["word"] is Role.TEXT
    assert found["enter"]["word"] is Role.NAME
