"""Roles that `crosstalk init` guesses from names and schemas."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import NOTHING
from crosstalk.surface.operation import Role
from crosstalk.targets.described.config import McpConfig
from crosstalk.targets.described.guesses import kind_of, kinds_of, named_among
from crosstalk.targets.described.init.survey import Survey, probe, survey
from crosstalk.targets.described.init.writing import unproven_by_guess, written

HTTP = McpConfig(url="http://127.0.0.1:1/mcp")


@pytest.mark.parametrize(
    ("name", "properties", "kind"),
    [
        ("addTask", {"title": "string"}, "create"),
        ("add_comment", {"task_id": "string", "text": "string"}, "change"),
        ("get_all_tasks", {}, "list"),
        ("ask", {"question": "string"}, "search"),
        ("ask_guest", {"event_id": "string", "guest": "string"}, "other"),
        ("get_task", {"id": "integer"}, "read"),
        ("read_graph", {}, "list"),
        ("search_nodes", {"query": "string"}, "search"),
        ("completeTodo", {"id": "integer"}, "change"),
        ("delete-note", {"name": "string"}, "delete"),
        ("logs_visit", {"text": "string"}, "create"),
        ("personal_records", {}, "list"),
        ("posts", {}, "list"),
        ("delete_posts", {}, "delete"),
        ("trip", {"trip_id": "string"}, "read"),
        ("trip", {"trip": "string"}, "other"),
        ("snooze", {"task_id": "string"}, "other"),
        ("recall", {"namespace": "string", "key": "string"}, "read"),
        ("find_book", {"title": "string"}, "search"),
        ("frobnicate", {"x": "string"}, "other"),
        ("shelve_and_bin", {"jar_id": "string"}, "other"),
        ("bin_jar", {"jar": "string"}, "change"),
        ("take_from_cellar", {"jar_id": "string"}, "change"),
        ("take_note", {"text": "string"}, "other"),
        ("correct_reading", {"reading_id": "string", "what": "string"}, "change"),
        ("lend", {"jar_id": "string", "to": "string"}, "change"),
        ("undo", {}, "change"),
    ],
)
def test_kinds_are_guessed_from_names_and_what_is_required(
    name: str, properties: dict[str, str], kind: str
) -> None:
    schema = {
        "properties": {key: {"type": value} for key, value in properties.items()},
        "required": list(properties),
    }
    assert kind_of({"name": name, "inputSchema": schema}) == kind


@pytest.mark.parametrize(
    ("value", "identity"),
    [
        ("Bearer t-1", {"by": ["bearer"]}),
        ("Token t-1", {"by": ["header"], "header": "Authorization", "value": "Token {token}"}),
        ("t-1", {"by": ["header"], "header": "Authorization", "value": "{token}"}),
    ],
)
def test_word_before_a_presented_credential_is_kept(value: str, identity: dict[str, Any]) -> None:
    text = written(HTTP, Survey(), header="Authorization", value=value)
    assert tomllib.loads(text)["identity"] == identity


@pytest.mark.parametrize(
    ("name", "description", "kind"),
    [
        ("repertoire", "Your pieces.", "list"),
        ("forecast", "The value of your deals by stage.", "list"),
        ("expiring", "Items whose day is near.", "list"),
        ("free_slots", "When you are free.", "list"),
        ("clock_out", "End the work on a project.", "other"),
        ("tidy", "A tool to delete what is old.", "delete"),
        ("lend", "Notes that you lent a thing.", "other"),
    ],
)
def test_description_that_is_no_sentence_of_doing_is_of_a_reading_tool(
    name: str, description: str, kind: str
) -> None:
    assert kind_of({"name": name, "description": description}) == kind


@pytest.mark.parametrize(
    ("name", "description", "kind"),
    [
        ("recent_changes", "The last 20 changes of a tree of yours.", "read"),
        ("touch_up", "Changes a tree of yours.", "change"),
    ],
)
def test_description_that_begins_with_a_noun_phrase_speaks_of_changes_as_things(
    name: str, description: str, kind: str
) -> None:
    schema = {
        "type": "object",
        "properties": {"tree_id": {"type": "string"}},
        "required": ["tree_id"],
    }
    assert kind_of({"name": name, "description": description, "inputSchema": schema}) == kind


def test_plain_name_of_what_another_tool_creates_shows_it() -> None:
    needs = {"properties": {"contact_id": {"type": "string"}}, "required": ["contact_id"]}
    tools: list[dict[str, object]] = [
        {"name": "create_contact"},
        {"name": "contacts"},
        {"name": "contact", "inputSchema": needs},
        {"name": "frobnicate"},
    ]
    assert kinds_of(tools) == {
        "create_contact": "create",
        "contacts": "list",
        "contact": "read",
        "frobnicate": "other",
    }


def test_argument_of_both_creating_and_reading_is_a_name() -> None:
    def tool(name: str, *arguments: str) -> dict[str, object]:
        properties = {each: {"type": "string"} for each in arguments}
        return {
            "name": name,
            "inputSchema": {"properties": properties, "required": list(arguments)},
        }

    tools = [tool("write", "file_name", "title"), tool("read", "file_name")]
    kinds = {"write": "create", "read": "read"}
    assert named_among(tools, kinds) == {"file_name": Role.NAME}  # type: ignore[arg-type]
    # A change of what another tool made under that name, and of nothing else, names it.
    tools = [tool("add_project", "name"), tool("archive_project", "name"), tool("set_name", "name")]
    kinds = {"add_project": "create", "archive_project": "change", "set_name": "change"}
    assert named_among(tools, kinds) == {"name": Role.NAME}  # type: ignore[arg-type]
    assert named_among([tools[0], tools[2]], kinds) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("argument", "kind", "refers"),
    [
        ("slug", "string", True),
        ("number", "integer", True),
        ("projectCode", "string", True),
        ("project_ref", "string", True),
        ("postal_code", "string", False),
        ("phone_number", "string", False),
        ("limit", "integer", False),
    ],
)
def test_argument_that_only_tools_on_one_object_take_is_a_reference(
    argument: str, kind: str, refers: bool
) -> None:
    def tool(name: str, **arguments: str) -> dict[str, object]:
        properties = {each: {"type": of} for each, of in arguments.items()}
        return {"name": name, "inputSchema": {"properties": properties, "required": [*arguments]}}

    tools = [tool("create_project", title="string"), tool("get_project", **{argument: kind})]
    kinds = {"create_project": "create", "get_project": "read"}
    found = named_among(tools, kinds)  # type: ignore[arg-type]
    assert found == ({argument: Role.REFERENCE} if refers else {})


def test_prefix_that_all_tools_share_says_nothing_of_their_kinds() -> None:
    schema = {"properties": {"text": {"type": "string"}}, "required": ["text"]}
    names = ["log_list_add_item", "log_list_remove_item", "log_list_find_items"]
    found = survey([{"name": name, "inputSchema": schema} for name in names])
    assert [found.tools[name].kind for name in names] == ["create", "delete", "search"]


@pytest.mark.parametrize(
    ("mcp", "found", "header", "said"),
    [
        (HTTP, Survey(identity=["user_id"]), None, "the argument user_id says who calls"),
        (HTTP, Survey(), None, "nothing says who calls"),
        (HTTP, Survey(identity=["user_id"]), "Authorization", ""),
        (HTTP, Survey(identity=["user_id"], token_arguments=["token"]), None, ""),
        (McpConfig(transport="stdio", command=["x"]), Survey(), None, ""),
    ],
)
def test_init_says_where_no_credential_proves_who_calls_and_how_to_accept_it(
    mcp: McpConfig, found: Survey, header: str | None, said: str
) -> None:
    assert said in unproven_by_guess(mcp, found, header)
    text = written(mcp, found, header=header)
    assert ('# accepted = ["unauthenticated-identity"]' in text) is bool(said)
    assert tomllib.loads(text)["confirmed"] is False


def opening(name: str, *needed: str) -> dict[str, Any]:
    properties = {each: {"type": "string"} for each in needed}
    schema = {"type": "object", "properties": properties, "required": list(needed)}
    return {"name": name, "inputSchema": schema}


def test_tool_that_opens_what_nothing_else_makes_creates_it() -> None:
    wallets = [opening("open_wallet", "title"), opening("close_wallet", "wallet_id")]
    assert kinds_of(wallets)["open_wallet"] == "create"
    books = [opening("open_book", "title"), opening("add_book", "title"), *wallets[1:]]
    assert kinds_of(books)["open_book"] == "read"
    assert kinds_of([opening("open_note", "note_id"), opening("edit_note", "note_id")]) == {
        "open_note": "read",
        "edit_note": "change",
    }


def test_tool_of_an_unknown_verb_shows_nothing() -> None:
    tools = [opening("void_expense", "expense_id"), opening("expense", "expense_id")]
    assert kinds_of([*tools, opening("my_trip", "trip_id")]) == {
        "void_expense": "other",
        "expense": "read",
        "my_trip": "read",
    }


def test_tool_that_is_told_a_text_of_what_it_names_does_not_read() -> None:
    tool = opening("rating", "jar_id", "body")
    described = {**tool, "description": "Your opinion of a jar."}
    assert kind_of(described) == "other"
    assert kind_of({**described, "annotations": {"readOnlyHint": True}}) == "read"


def test_slug_that_the_maker_of_its_object_does_not_take_is_given_out() -> None:
    tools = [
        opening("plan_hike", "title"),
        opening("add_stage", "slug", "place"),
        opening("hike", "slug"),
        opening("drop_hike", "slug"),
    ]
    found = survey(tools)
    assert {found.tools[each].roles.get("slug") for each in ("add_stage", "hike", "drop_hike")} == {
        Role.REFERENCE
    }
    assert found.tools["add_stage"].kind == "change"
    chosen = survey([opening("add_hike", "slug", "title"), *tools[1:]])
    assert chosen.tools["drop_hike"].roles == {"slug": Role.NAME}


def test_plain_name_of_what_is_made_is_written_as_a_reference() -> None:
    found = survey([opening("add_crate", "label"), opening("weigh", "crate", "grams")])
    assert found.tools["weigh"].roles == {"crate": Role.REFERENCE}
    assert found.tools["add_crate"].roles == {}


class Answering:
    """Answers calls of tools, by name."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers

    def call_tool(self, name: str, *_: object) -> Answer:
        return self._answers.get(name, Answer(Outcome.OK, 200, {}))


def probed(tools: list[dict[str, Any]], **answers: Answer) -> Survey:
    found = survey(tools)
    probe(Answering(answers), tools, found, NOTHING)  # type: ignore[arg-type]
    return found


def test_tool_that_missed_an_object_in_a_try_is_no_creator_of_it() -> None:
    tools = [opening("log_climb", "route_code", "body"), opening("climbs"), opening("routes")]
    refused = Answer(Outcome.ERROR, 200, "there is no route with the code 'x'")
    found = probed(tools, log_climb=refused).tools["log_climb"]
    assert (found.kind, found.roles) == ("change", {"route_code": Role.REFERENCE})
    full = Answer(Outcome.ERROR, 200, "you have 3 climbs today already")
    assert probed(tools, log_climb=full).tools["log_climb"].kind == "create"


@pytest.mark.parametrize(
    ("name", "schema"),
    [("week", {"pattern": "^[0-9]{4}-W[0-9]{2}$"}), ("on", {"format": "date"})],
)
def test_week_or_date_names_no_object(name: str, schema: dict[str, Any]) -> None:
    tool = opening("close_rota", name)
    tool["inputSchema"]["properties"][name] |= schema
    assert probed([tool]).tools["close_rota"].roles == {}


def test_filter_by_owner_is_no_identity_where_a_credential_proves_it() -> None:
    schema = {"type": "object", "properties": {"owner": {"type": "string"}}}
    tools: list[dict[str, Any]] = [{"name": "list_bills", "inputSchema": schema}]
    assert survey(tools).identity == ["owner"]
    assert survey(tools, proven=True).identity == []
    tools.append(opening("list_drafts", "owner"))
    assert survey(tools, proven=True).identity == ["owner"]
