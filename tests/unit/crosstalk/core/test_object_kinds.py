"""Kinds of objects, read off names."""

from __future__ import annotations

import pytest

from crosstalk.core.object_kinds import (
    ends_session,
    is_of_kind,
    is_relation,
    kind_named,
    kind_of_argument,
    kind_of_field,
    noun_of,
    part_of,
    singular,
    without_shared_prefix,
)


@pytest.mark.parametrize(
    ("path", "operation", "kind"),
    [
        ("id", "mcp:add_task", "task"),
        ("items.0.id", "rest:GET /orders", "order"),
        ("id", "rest:POST /hooks/{hook_id}/events", "event"),
        ("events.0.id", "rest:GET /hooks/{hook_id}/events", "event"),
        ("id", "rest:GET /orders/events", "order"),
        ("orders.0.id", "rest:GET /everything", "order"),
        ("categories.1.id", "mcp:list_items", "category"),
        ("items.0.task_id", "mcp:list_notes", "task"),
        ("project_id", "mcp:get_task", "project"),
        ("thread.items.data.0.id", "chatkit:threads.get_by_id", "item"),
        ("tasks.items.0.id", "mcp:overview", "task"),
        ("thread.id", "chatkit:threads.get_by_id", "thread"),
        ("boxes.0.id", "mcp:list_items", "box"),
    ],
)
def test_kind_of_an_id_is_read_off_its_field_then_its_holder_then_the_operation(
    path: str, operation: str, kind: str
) -> None:
    assert kind_of_field(path, operation) == kind


@pytest.mark.parametrize(
    ("name", "operation", "kind"),
    [
        ("task_id", "mcp:complete_task", "task"),
        ("params.task_ids[]", "mcp:complete_many", "task"),
        ("id", "mcp:get_item", "item"),
        ("item_id", "rest:GET /items/{item_id}", "item"),
    ],
)
def test_kind_of_an_argument_is_that_of_the_fields_that_it_takes(
    name: str, operation: str, kind: str
) -> None:
    assert kind_of_argument(name, operation) == kind


def test_noun_of_an_operation_is_not_its_verb() -> None:
    assert noun_of("rest:PATCH /api/{user_id}/tasks/{task_id}") == "tasks"
    assert noun_of("mcp:bulk_complete") == ""
    assert noun_of("mcp:createNote") == "note"
    assert noun_of("mcp:get_note_tool") == "note"


def test_call_below_a_collection_is_about_it() -> None:
    assert noun_of("rest:POST /incidents/coalesce") == "incidents"
    assert kind_named("into", "rest:POST /incidents/coalesce") == "incident"
    assert noun_of("rest:POST /incidents/{incident_id}/notes") == "notes"
    assert noun_of("rest:GET /incidents/summary") == "summary"


def test_words_that_all_names_begin_with_are_left_out() -> None:
    names = ["acme_todo_list_add_item", "acme_todo_list_all_items", "acme_todo_list_get_item"]
    assert list(without_shared_prefix(names).values()) == ["add_item", "all_items", "get_item"]
    camel = without_shared_prefix(["acmeAddItem", "acmeListItems", "acmeDropItem"])
    assert list(camel.values()) == ["Add_Item", "List_Items", "Drop_Item"]


@pytest.mark.parametrize(
    "names",
    [
        ["add_note", "list_notes", "note_count"],
        ["list_notes", "list_tasks", "list_people"],
        ["acme_add", "acme_list"],
        ["a", "a_add", "a_list"],
    ],
)
def test_names_that_share_no_prefix_or_need_it_stay_as_they_are(names: list[str]) -> None:
    assert without_shared_prefix(names) == {name: name for name in names}


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("stories", "story"),
        ("movies", "movie"),
        ("localities", "locality"),
        ("copies", "copy"),
        ("neck_ties", "neck_tie"),
        ("statuses", "status"),
        ("houses", "house"),
        ("caches", "cache"),
        ("batches", "batch"),
        ("people", "person"),
        ("user_people", "user_person"),
        ("children", "child"),
        ("addresses", "address"),
        ("analyses", "analysis"),
        ("invoices", "invoice"),
        ("expenses", "expense"),
        ("boxes", "box"),
        ("quizzes", "quiz"),
        ("series", "series"),
        ("menus", "menu"),
        ("keys", "key"),
    ],
)
def test_plural_and_singular_of_a_noun_are_one_kind(plural: str, one: str) -> None:
    assert singular(plural) == singular(one) == one


@pytest.mark.parametrize(
    ("operation", "ends"),
    [
        ("rest:POST /logout", True),
        ("rest:POST /auth/sign-out", True),
        ("mcp:log_off", True),
        ("rest:GET /catalogout", False),
        ("rest:POST /signoffs", False),
        ("rest:GET /logs", False),
    ],
)
def test_logouts_are_known_by_their_names(operation: str, ends: bool) -> None:
    assert ends_session(operation) is ends


@pytest.mark.parametrize(
    ("name", "operation", "kind"),
    [
        ("id", "rest:DELETE /v1/jobs/{id}/parts/{partId}", "job"),
        ("partId", "rest:DELETE /v1/jobs/{id}/parts/{partId}", "part"),
        ("id", "rest:POST /plans/{id}/start", "plan"),
        ("id", "mcp:resources/read diary://workouts/{id}", "workout"),
        ("id", "mcp:get_note", "note"),
        ("number", "rest:POST /claims/{number}/lines", "claim"),
        ("claim_number", "rest:POST /payments", "claim"),
        ("claimNumber", "rest:POST /payments", "claim"),
        ("slug", "rest:POST /bulk-orders/{slug}/copy", "order"),
        ("no", "mcp:remove_card", "card"),
        ("old", "rest:GET /pages/{slug}/compare", "revision"),
        ("old", "rest:POST /tags/rename", "old"),
        ("with", "rest:GET /drafts/{draft_id}/compare", "draft"),
        ("other_number", "rest:POST /projects/{project_id}/snags/{number}/duplicate", "snag"),
        ("source_account_number", "rest:POST /transfers", "account"),
    ],
)
def test_argument_names_the_kind_that_its_address_says(
    name: str, operation: str, kind: str
) -> None:
    assert kind_named(name, operation) == kind


def test_versions_go_by_several_names() -> None:
    assert is_of_kind("history", "revision")
    assert is_of_kind("subtask", "task")
    assert not is_of_kind("page", "revision")
    assert not is_of_kind("page", "")


@pytest.mark.parametrize(
    ("name", "operation", "kind"),
    [
        ("keep_id", "mcp:merge_people", "person"),
        ("drop_id", "mcp:merge_people", "person"),
        ("from_wallet", "mcp:transfer", "wallet"),
        ("targetCardId", "rest:POST /cards/merge", "card"),
        ("tag_id", "mcp:list_notes", "tag"),
    ],
)
def test_argument_says_which_of_several_objects_of_a_kind_it_names(
    name: str, operation: str, kind: str
) -> None:
    assert kind_of_argument(name, operation) == kind


@pytest.mark.parametrize(
    ("name", "operation", "kind"),
    [
        ("into", "rest:POST /medicines/{medicine_id}/merge", "medicine"),
        ("into", "rest:POST /boxes/{box_id}/items", "item"),
        ("target", "mcp:merge_tables", "table"),
    ],
)
def test_other_object_of_an_act_is_of_the_collection_that_the_act_is_about(
    name: str, operation: str, kind: str
) -> None:
    assert kind_of_argument(name, operation) == kind


def test_relation_and_one_of_several_are_read_off_an_arguments_name() -> None:
    assert is_relation("parent_id")
    assert is_relation("derived_from")
    assert not is_relation("formula_id")
    assert part_of("other_project_id") == "other"
    assert part_of("project_id") == ""
