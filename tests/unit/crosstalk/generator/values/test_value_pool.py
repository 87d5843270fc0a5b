"""The pool: whose ids are whose."""

from __future__ import annotations

from crosstalk.core.history import Answer, Probe
from crosstalk.core.identifiers import marker
from crosstalk.core.object_kinds import IDENTIFYING_FIELDS
from crosstalk.core.owned_objects import OwnedObject
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface.operation import Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok, refused

TASK = "01a1fc95-41f3-7131-b962-eac9f4851703"
PROJECT = "01a1fc95-0000-7131-b962-eac9f4851703"
TASK_ID = Parameter("task_id", {}, required=True, role=Role.REFERENCE)


def pool(writer: Writer) -> ValuePool:
    """What a history gives."""
    harvested = ValuePool()
    for call in writer.history:
        harvested.harvest(call)
    return harvested


def test_a_reference_takes_ids_of_its_own_kind() -> None:
    writer = Writer().call(ALICE, "mcp:add_project", {}, ok({"id": PROJECT}))
    writer.call(ALICE, "mcp:add_task", {}, ok({"id": TASK, "project_id": PROJECT}))
    assert pool(writer).references("alice", TASK_ID, "mcp:get_task") == [TASK]
    assert pool(writer).references("bob", TASK_ID, "mcp:get_task") == []


def test_an_id_that_comes_back_to_its_sender_stays_its_owners() -> None:
    writer = Writer().call(ALICE, "mcp:add_task", {}, ok({"id": TASK}))
    said = {"message": f'[[call get_task {{"task_id": "{TASK}"}}]]'}
    writer.call(BOB, "chat", said, ok({"tool_calls": [{"arguments": {"task_id": TASK}}]}))
    writer.call(BOB, "messages", {}, ok([{"id": TASK}]))
    assert pool(writer).references("bob", TASK_ID, "mcp:get_task") == []
    assert pool(writer).references("alice", TASK_ID, "mcp:get_task") == [TASK]


def test_uri_that_a_tool_makes_of_the_callers_own_id_is_the_callers() -> None:
    uri = Parameter("uri", {}, required=True, role=Role.REFERENCE)
    writer = Writer().call(ALICE, "mcp:add_task", {}, ok({"id": TASK}))
    for caller in (BOB, ALICE):
        link = {"type": "resource_link", "uri": f"task://{TASK}"}
        writer.call(caller, "mcp:link_task", {"task_id": TASK}, ok(link))
    found = pool(writer)
    assert found.references("alice", uri, "mcp:resources/read", guess=False) == [f"task://{TASK}"]
    assert not found.references("bob", uri, "mcp:resources/read", guess=False)


def test_an_id_may_look_like_a_word() -> None:
    writer = Writer().call(ALICE, "mcp:add_task", {}, ok({"id": "wbqvkztr", "status": "waiting"}))
    writer.call(BOB, "mcp:add_task", {}, ok({"id": "lmfpgxhd"}))
    assert pool(writer).references("alice", TASK_ID, "mcp:get_task") == ["wbqvkztr"]
    assert pool(writer).references("bob", TASK_ID, "mcp:get_task") == ["lmfpgxhd"]


THREAD_ID = Parameter("thread_id", {}, required=True, role=Role.REFERENCE)
ITEM_ID = Parameter("item_id", {}, required=True, role=Role.REFERENCE)


def test_an_object_is_of_the_kind_that_the_field_around_it_names() -> None:
    events = [{"thread": {"id": PROJECT}}, {"item": {"id": TASK, "thread_id": PROJECT}}]
    writer = Writer().call(ALICE, "chatkit:threads.create", {}, ok({"events": events}))
    found = pool(writer)
    assert found.references("alice", THREAD_ID, "chatkit:threads.delete") == [PROJECT]
    assert found.references("alice", ITEM_ID, "chatkit:items.feedback") == [TASK]


def test_a_list_inside_an_object_is_of_something_else() -> None:
    thread = {"id": PROJECT, "items": {"data": [{"id": TASK}]}}
    found = pool(Writer().call(ALICE, "chatkit:threads.get_by_id", {}, ok(thread)))
    assert found.references("alice", THREAD_ID, "chatkit:threads.delete") == [PROJECT]
    assert found.references("alice", ITEM_ID, "chatkit:items.feedback") == [TASK]


def test_pool_guesses_any_id_where_no_user_has_one_that_fits() -> None:
    found = pool(Writer().call(ALICE, "make", {}, ok({"id": TASK})))
    assert found.references("alice", THREAD_ID, "x") == [TASK]
    assert found.references("alice", THREAD_ID, "x", guess=False) == []


def test_id_that_its_owner_no_longer_finds_is_not_offered_again() -> None:
    writer = Writer().call(ALICE, "mcp:add_task", {}, ok({"id": TASK}))
    writer.call(BOB, "mcp:get_task", {"task_id": TASK}, refused(404, "not_found"))
    assert pool(writer).references("alice", TASK_ID, "mcp:get_task") == [TASK]
    writer.call(ALICE, "mcp:get_task", {"task_id": TASK}, refused(200, "not_found"))
    assert pool(writer).references("alice", TASK_ID, "mcp:get_task", guess=False) == []


def test_ids_that_were_seen_together_are_preferred_together() -> None:
    other = "01a1fc95-1111-7131-b962-eac9f4851703"
    writer = Writer().call(ALICE, "a", {}, ok({"thread_id": PROJECT, "id": TASK}))
    writer.call(ALICE, "b", {}, ok({"id": other}))
    found = pool(writer)
    assert found.together.related("", [TASK, other], [("", PROJECT)]) == [TASK]
    assert found.together.related("", [other], [("", PROJECT)]) == [other]


def test_a_uri_is_no_id_and_an_id_no_uri() -> None:
    writer = Writer().call(ALICE, "mcp:add_task", {}, ok({"id": TASK}))
    uri = Parameter("uri", {}, required=True, role=Role.REFERENCE)
    assert pool(writer).references("alice", uri, "mcp:resources/read") == []
    listed = {"resources": [{"uri": f"task://{TASK}", "name": "milk"}]}
    writer.call(ALICE, "mcp:resources/list", {}, ok(listed))
    assert pool(writer).references("alice", uri, "mcp:resources/read") == [f"task://{TASK}"]
    assert pool(writer).references("alice", TASK_ID, "mcp:get_task") == [TASK]


def test_plain_name_that_takes_a_number_is_given_no_text() -> None:
    # The number of a stop in its trip.
    stop = Parameter("stop", {"type": "integer"}, required=True, role=Role.REFERENCE)
    writer = Writer().call(ALICE, "mcp:plan_trip", {}, ok({"id": TASK}))
    assert pool(writer).references("alice", stop, "mcp:remove_stop") == []


def test_value_that_is_not_a_uuid_is_not_sent_where_one_is_required() -> None:
    made = {"id": TASK, "serial_id": 7}
    found = pool(Writer().call(ALICE, "mcp:add_task", {}, ok(made)))
    anything = Parameter("ref_id", {"type": "string"}, required=True, role=Role.REFERENCE)
    identifier = Parameter("ref_id", {"format": "uuid"}, required=True, role=Role.REFERENCE)
    list_of = {"type": "array", "items": {"format": "uuid"}}
    several = Parameter("ref_ids", list_of, required=True, role=Role.REFERENCE)
    assert set(found.references("alice", anything, "x")) == {TASK, "7"}
    assert found.references("alice", identifier, "x") == [TASK]
    assert found.references("alice", several, "x") == [TASK]


def test_pool_keeps_one_number_for_each_kind_of_object() -> None:
    writer = Writer().call(ALICE, "create_category", {}, ok({"category_id": 1}))
    writer.call(ALICE, "add_task", {}, ok({"task_id": 1}))
    writer.call(ALICE, "list_tasks", {}, ok([{"id": 2}]))
    category = Parameter("category_id", {}, required=True, role=Role.REFERENCE)
    assert pool(writer).references("alice", TASK_ID, "complete_task") == ["1", "2"]
    assert pool(writer).references("alice", category, "drop_category") == ["1"]


def test_objects_seen_in_one_call_are_related_whichever_was_asked_for_by_the_other() -> None:
    pool = ValuePool()
    thread, item, other = "thread-1234567890ab", "item-1234567890abcd", "item-ffff567890abcd"
    history = (
        Writer()
        .call(ALICE, "chatkit:threads.create", {}, ok({"thread_id": thread}))
        .call(ALICE, "chatkit:items.list", {"thread_id": thread}, ok({"items": [{"id": item}]}))
        .call(ALICE, "chatkit:other", {}, ok({"items": [{"id": other}]}))
        .history
    )
    for call in history:
        pool.harvest(call)
    assert pool.together.related("", [item, other], [("", thread)]) == [item]
    assert pool.together.related("", ["thread-ffff567890ab", thread], [("", item)]) == [thread]


def test_numbers_belong_with_what_they_stand_inside_and_were_asked_for_by() -> None:
    line = "rest:POST /invoices/{invoice_id}/lines"
    nested = ok({"id": 4, "lines": [{"id": 8}]})
    found = pool(
        Writer()
        .call(ALICE, line, {"invoice_id": 3}, ok({"line_id": 7}))
        .call(ALICE, "rest:GET /invoices/{invoice_id}", {"invoice_id": 4}, nested)
    )
    assert found.together.related("line", ["7", "8"], [("invoice", "3")]) == ["7"]
    assert found.together.related("invoice", ["3", "4"], [("line", "8")]) == ["4"]
    assert found.together.related("invoice", ["3", "4"], [("order", "8")]) == ["3", "4"]


SLUG = Parameter("slug", {"type": "string"}, required=True, role=Role.REFERENCE)


def test_reference_takes_what_answers_hold_under_its_name_though_it_looks_like_no_id() -> None:
    planted = marker("alice", 1)
    created = ok({"note": {"slug": f"note-{planted}", "text": "x"}})
    writer = Writer().call(ALICE, "rest:POST /notes", {"note.title": f"note {planted}"}, created)
    writer.call(BOB, "rest:GET /notes", {}, ok([{"slug": f"note-{planted}"}, {"slug": "b"}]))
    harvested = ValuePool({"slug"})
    for call in writer.history:
        harvested.harvest(call)
    assert harvested.references("alice", SLUG, "rest:DELETE /notes/{slug}") == [f"note-{planted}"]
    assert harvested.references("bob", SLUG, "rest:DELETE /notes/{slug}") == ["b"]


def test_object_that_existed_before_is_known_as_its_owners() -> None:
    harvested = ValuePool()
    harvested.know_objects([OwnedObject("bob", "task", "T-17")])
    assert harvested.references("bob", TASK_ID, "mcp:get_task") == ["T-17"]
    assert harvested.references("alice", TASK_ID, "mcp:get_task") == []


HIVE = Parameter("hive", {"type": "string"}, required=True, role=Role.REFERENCE)
INSPECTION = Parameter("inspection", {"type": "string"}, required=True, role=Role.REFERENCE)
_FIELDS = {"hive", "inspection", *IDENTIFYING_FIELDS}


def apiary(*calls: tuple[str, dict[str, str], Answer]) -> ValuePool:
    """What alice's calls give in a system that names hives by slugs and inspections by codes."""
    writer = Writer()
    for operation, arguments, answer in calls:
        writer.call(ALICE, operation, arguments, answer)
    found = ValuePool(_FIELDS)
    for call in writer.history:
        found.harvest(call)
    return found


MADE = ("mcp:add_hive", {"label": "North"}, ok({"slug": "north", "name": "Northern", "frames": 3}))


def test_an_argument_of_plain_name_takes_the_slug_of_its_kind() -> None:
    assert apiary(MADE).references("alice", HIVE, "mcp:requeen", guess=False) == ["north"]


def test_an_argument_of_plain_name_takes_another_field_after_a_refusal() -> None:
    refusal = ("mcp:requeen", {"hive": "north"}, refused(404, "not_found", "no hive north"))
    assert apiary(MADE, refusal).references("alice", HIVE, "mcp:requeen") == ["Northern"]


def test_an_argument_of_plain_name_keeps_to_the_field_that_was_served() -> None:
    served = ("mcp:requeen", {"hive": "north"}, ok({}))
    late = ("mcp:requeen", {"hive": "north"}, refused(422, "invalid", "no such day"))
    found = apiary(MADE, served, late, late)
    assert found.references("alice", HIVE, "mcp:requeen", guess=False) == ["north"]


def test_an_argument_takes_a_code_that_no_name_speaks_of_once_it_was_served() -> None:
    inspected = ("mcp:inspect_hive", {"hive": "north"}, ok({"code": "9f3c21ab"}))
    served = ("mcp:take_honey", {"inspection": "9f3c21ab"}, ok({}))
    assert apiary(MADE, inspected).references("alice", INSPECTION, "mcp:x", guess=False) == []
    found = apiary(MADE, inspected, served)
    assert found.references("alice", INSPECTION, "mcp:x", guess=False) == ["9f3c21ab"]


def test_code_that_was_shown_as_one_kind_names_it_in_other_operations_too() -> None:
    inspected = ("mcp:inspect_hive", {"hive": "north"}, ok({"code": "9f3c21ab"}))
    shown = ("mcp:show_inspection", {"code": "9f3c21ab"}, ok("Inspection 9f3c21ab of north"))
    code = Parameter("code", {"type": "string"}, required=True, role=Role.REFERENCE)
    assert apiary(MADE, inspected).references("alice", INSPECTION, "mcp:x", guess=False) == []
    found = apiary(MADE, inspected, shown)
    assert found.references("alice", INSPECTION, "mcp:x", guess=False) == ["9f3c21ab"]
    assert found.references("alice", code, "mcp:strike_inspection", guess=False) == ["9f3c21ab"]


def test_object_known_as_one_kind_is_none_of_another_that_prose_speaks_of() -> None:
    inspected = ("mcp:inspect_hive", {"hive": "north"}, ok({"code": "9f3c21ab"}))
    sheet = {"text": "Inspection 9f3c21ab of north", "ids": [{"id": "north"}]}
    shown = ("mcp:show_inspection", {"code": "9f3c21ab"}, ok(sheet))
    found = apiary(MADE, inspected, shown)
    assert "north" not in found.references("alice", INSPECTION, "mcp:x", guess=False)


def test_number_by_which_a_path_names_an_object_is_each_users_own() -> None:
    writer = Writer()
    for actor in (ALICE, BOB):
        writer.call(actor, "rest:POST /notes", {}, ok({"id": TASK, "number": 1}))
    found = ValuePool({"number"})
    for call in writer.history:
        found.harvest(call)
    number = Parameter("number", {"type": "integer"}, required=True, role=Role.REFERENCE)
    for user in ("alice", "bob"):
        assert found.references(user, number, "rest:GET /numbered/{number}/attachments") == ["1"]


ANY_ID = Parameter("id", {"type": "string"}, required=True, role=Role.REFERENCE)
SLUG = Parameter("slug", {"type": "string"}, required=True, role=Role.REFERENCE)


def test_an_id_in_an_address_takes_ids_of_the_collection_before_it() -> None:
    writer = Writer().call(ALICE, "rest:POST /jobs", {}, ok({"id": 501}))
    writer.call(ALICE, "rest:POST /plans", {}, ok({"id": 502}))
    writer.call(ALICE, "rest:POST /jobs/{id}/parts", {"id": "501"}, ok({"id": 503}))
    found = pool(writer)
    assert found.references("alice", ANY_ID, "rest:DELETE /jobs/{id}/parts/{part_id}") == ["501"]
    assert found.references("alice", ANY_ID, "rest:POST /plans/{id}/start") == ["502"]
    assert found.references("alice", ANY_ID, "rest:POST /parts/{id}/move") == ["503"]
    # Of another kind where none of that kind is known.
    assert found.references("alice", ANY_ID, "rest:GET /boxes/{id}") == ["501", "502", "503"]


def test_an_object_is_gone_only_where_nothing_else_was_named() -> None:
    writer = Writer().call(ALICE, "rest:POST /pages", {}, ok({"id": TASK}))
    writer.call(
        ALICE,
        "rest:POST /pages/{id}/restore",
        {"id": TASK, "revision": 51},
        refused(404, "not_found"),
    )
    writer.call(ALICE, "rest:POST /bin/{id}/back", {"id": TASK}, refused(404, "not_found"))
    assert pool(writer).references("alice", ANY_ID, "rest:GET /pages/{id}") == [TASK]
    writer.call(ALICE, "rest:GET /pages/{id}", {"id": TASK}, refused(404, "not_found"))
    assert pool(writer).references("alice", ANY_ID, "rest:GET /pages/{id}") == []
    writer.call(ALICE, "rest:GET /pages", {}, ok([{"id": TASK}]))
    assert pool(writer).references("alice", ANY_ID, "rest:GET /pages/{id}") == [TASK]


def test_versions_of_a_history_are_given_to_what_compares_and_restores_them() -> None:
    writer = Writer().call(ALICE, "rest:POST /pages", {}, ok({"slug": "home-1", "id": 7_000_001}))
    listed = {"slug": "home-1", "revisions": [{"id": 800_001}, {"id": 800_002}]}
    writer.call(ALICE, "rest:GET /pages/{slug}/history", {"slug": "home-1"}, ok(listed))
    found = ValuePool(["slug", "revision", *IDENTIFYING_FIELDS])
    for call in writer.history:
        found.harvest(call)
    revision = Parameter("revision", {"type": "integer"}, required=True, role=Role.REFERENCE)
    old = Parameter("old", {"type": "string"}, required=True, role=Role.REFERENCE)
    numbers = ["800001", "800002"]
    assert found.references("alice", revision, "rest:POST /pages/{slug}/restore") == numbers
    assert found.references("alice", old, "rest:GET /pages/{slug}/compare") == numbers
    assert found.sources(old, "rest:GET /pages/{slug}/compare") == [
        "rest:GET /pages/{slug}/history"
    ]


def test_a_relation_names_an_object_of_the_kind_of_its_operation() -> None:
    writer = Writer().call(ALICE, "rest:POST /habits", {}, ok({"id": TASK}))
    stacked = Parameter("stacked_on", {"type": "string"}, required=False, role=Role.REFERENCE)
    found = pool(writer)
    assert found.references("alice", stacked, "rest:POST /habits", guess=False) == [TASK]
    assert found.references("alice", stacked, "rest:POST /pages", guess=False) == []
    parent = Parameter("parent_id", {"type": "string"}, required=False, role=Role.REFERENCE)
    address = "rest:PATCH /habits/{habit_id}"
    assert found.references("alice", parent, address, guess=False) == [TASK]


def test_refusal_of_what_another_has_tells_nothing_of_the_own_object_beside_it() -> None:
    refusal = refused(404, "not_found", "no such page")
    probe = Probe("existence", 1, "foreign", "bob")
    asked = {"hive": "north", "page_id": TASK}
    writer = Writer().call(ALICE, *MADE).call(ALICE, "mcp:move", asked, refusal, probe=probe)
    found = ValuePool(_FIELDS)
    for call in writer.history:
        found.harvest(call)
    assert found.references("alice", HIVE, "mcp:requeen") == ["north"]


def test_refusal_says_of_what_kind_an_argument_wants_an_object() -> None:
    keep = Parameter("keep_id", {"type": "string"}, True, Role.REFERENCE)
    writer = Writer().call(ALICE, "mcp:plant_tree", {}, ok({"tree_id": "t-70e3f1ceaede"}))
    writer.call(ALICE, "mcp:add_bird", {}, ok({"bird_id": "b-1b2c3d4e5f60"}))
    said = refused(404, "x", "Bird t-70e3f1ceaede was not found")
    found = pool(writer.call(ALICE, "mcp:merge", {"keep_id": "t-70e3f1ceaede"}, said))
    assert found.references("alice", keep, "mcp:merge") == ["b-1b2c3d4e5f60"]


def test_a_code_is_that_of_the_only_kind_that_there_is() -> None:
    code = Parameter("code", {"type": "string"}, required=True, role=Role.REFERENCE)
    one = Writer().call(ALICE, "mcp:lend", {}, ok({"ids": [{"id": "L1bc249050a"}]}))
    asked = ("alice", code, "mcp:discard")
    assert pool(one).references(*asked, guess=False) == ["L1bc249050a"]
    two = one.call(ALICE, "mcp:add_friend", {}, ok({"ids": [{"id": "Fbc249050a1"}]}))
    assert pool(two).references(*asked, guess=False) == []


def test_a_number_is_wanted_where_the_schema_says_so() -> None:
    number = Parameter("card_id", {"type": "integer"}, required=True, role=Role.REFERENCE)
    writer = Writer().call(ALICE, "mcp:add_card", {}, ok({"card_id": "c-7jF4NB12"}))
    writer.call(ALICE, "mcp:add_card", {}, ok({"card_id": 4}))
    assert pool(writer).references("alice", number, "mcp:edit_card") == ["4"]


def test_object_in_a_list_is_of_its_kind_though_another_operation_gave_it_out() -> None:
    loan = Parameter("loan_id", {"type": "string"}, required=True, role=Role.REFERENCE)
    writer = Writer().call(ALICE, "mcp:lend", {}, ok({"ids": [{"id": "L1bc249050a"}]}))
    writer.call(ALICE, "mcp:add_friend", {}, ok({"ids": [{"id": "Fbc249050a1"}]}))
    writer.call(ALICE, "mcp:list_loans", {}, ok({"ids": [{"id": "L1bc249050a"}]}))
    assert pool(writer).references("alice", loan, "mcp:extend", guess=False) == ["L1bc249050a"]


def test_object_that_an_earlier_example_left_is_not_new() -> None:
    writer = Writer().call(ALICE, "mcp:list_tasks", {}, ok([{"id": TASK}]))
    found = pool(writer)
    found.know_public({TASK})
    assert found.references("alice", TASK_ID, "mcp:get_task") == [TASK]
    assert found.references("alice", TASK_ID, "mcp:get_task", new=True) == []


def test_object_that_another_follows_is_named_by_its_id_and_not_by_its_title() -> None:
    follows = Parameter("follows", {"type": "string"}, False, Role.REFERENCE)
    pool = ValuePool(reference_fields=("follows", "vessel_id"))
    made = {"passage_id": "17f6e5ef97af46609a390c863b81f8f2", "title": "note xtalice00000001"}
    for call in Writer().call(ALICE, "mcp:start_passage", {}, ok(made)).history:
        pool.harvest(call)
    assert pool.references("alice", follows, "mcp:start_passage") == [made["passage_id"]]


def test_variable_of_an_address_names_what_its_collection_holds() -> None:
    meal = Parameter("meal_id", {"type": "string"}, True, Role.REFERENCE)
    pool = ValuePool(reference_fields=("meal_id", "recipe_id"))
    recipe, plan = "d93ab369-328b-49f6-9694-5a8c8bcdef19", "55f30a8e-dfac-42b6-968b-0e7470437c11"
    writer = Writer().call(ALICE, "rest:POST /plan", {}, ok({"recipe_id": recipe, "id": plan}))
    writer.call(ALICE, "rest:POST /recipes", {}, ok({"id": recipe}))
    for call in writer.history:
        pool.harvest(call)
    name = "rest:DELETE /plan/{meal_id}"
    assert pool.references("alice", meal, name, guess=False) == [plan]
    assert pool.sources(meal, name) == ["rest:POST /plan"]


def test_a_number_under_the_name_of_a_reference_is_what_it_takes() -> None:
    added = {"slug": "note-xtalicez00000001", "stop": 1, "nights": 2}
    writer = Writer().call(ALICE, "mcp:add_stop", {"slug": "note-xtalicez00000001"}, ok(added))
    listed = {"stops": [{"stop": 2, "nights": 2}]}
    writer.call(ALICE, "mcp:show_trip", {"slug": "note-xtalicez00000001"}, ok(listed))
    found = ValuePool(("slug", "stop"))
    for call in writer.history:
        found.harvest(call)
    stop = Parameter("stop", {"type": "integer"}, required=True, role=Role.REFERENCE)
    assert found.references("alice", stop, "mcp:remove_stop") == ["1", "2"]
    assert found.references("bob", stop, "mcp:remove_stop", guess=False) == []
