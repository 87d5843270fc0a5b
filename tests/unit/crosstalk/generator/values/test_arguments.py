"""Texts of arguments: a marker in the form that the name asks for."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pytest

from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.core.identifiers import marker, markers_in
from crosstalk.generator.values.argument_knowledge import ArgumentKnowledge
from crosstalk.generator.values.arguments import ArgumentDrawer, HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.generator.values.stored_texts import finds_something
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, Writer, ok


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("email", "xtmark@example.com"),
        ("contact_email", "xtmark@example.com"),
        ("url", "https://example.com/xtmark"),
        ("title", "note xtmark"),
        ("emails_sent", "note xtmark"),
    ],
)
def test_text_has_the_form_that_its_name_asks_for(name: str, text: str) -> None:
    parameter = Parameter(name, {"type": "string"}, True, Role.TEXT)
    operation = Operation("mcp", "mcp:add", (parameter,), reads_only=False)
    drawer = ArgumentDrawer(
        RandomChoice(Random(1)),
        ValuePool(),
        {"alice": "alice-1"},
        lambda _: "xtmark",
        ArgumentKnowledge(),
    )
    assert drawer.arguments(operation, ALICE, hostile=False) == {name: text}


def drawn(operation: Operation, pool: ValuePool, source: str = "own") -> object:
    """Return the first argument of one call by alice, who knows of bob."""
    drawer = HonestDrawer(
        RandomChoice(Random(2)),
        pool,
        {"alice": "alice-1", "bob": "bob-1"},
        lambda _: "xtmark",
        ArgumentKnowledge(),
    )
    arguments = drawer.arguments(operation, ALICE, references=(source,), hostile=False)
    return arguments[operation.parameters[0].name]


def stored(pool: ValuePool, actor: Actor, **arguments: str) -> None:
    """Keep the texts that a user has stored."""
    texts = tuple(Parameter(each, {"type": "string"}, True, Role.TEXT) for each in arguments)
    operation = Operation("mcp", "mcp:add_card", texts, reads_only=False)
    for call in Writer().call(actor, operation.name, arguments, ok({})).history:
        pool.keep_names(call, operation)


WORD = Parameter("word", {"type": "string"}, True, Role.TEXT)
LOOK_UP = Operation("mcp", "mcp:look_up", (WORD,), reads_only=True)


def test_reading_looks_for_a_text_that_was_stored() -> None:
    pool = ValuePool()
    assert drawn(LOOK_UP, pool) == "note"
    stored(pool, ALICE, front="note xtalicez00000001")
    stored(pool, BOB, front="note xtbobz00000001")
    assert drawn(LOOK_UP, pool) in ("note", "note xtalicez00000001")
    assert drawn(LOOK_UP, pool, "bob") in ("note", "note xtbobz00000001")


def test_reading_looks_for_what_has_found_something() -> None:
    pool = ValuePool()
    stored(pool, ALICE, back="note b", front="note f")
    writer = Writer()
    for text, body in (("note b", []), ("note f", [{"front": "note f"}])):
        writer.call(ALICE, LOOK_UP.name, {"word": text}, ok(body))
    for call in writer.history:
        pool.texts.learn_search(call, LOOK_UP, found=bool(call.answer.body))
    assert pool.texts.search_order("alice", LOOK_UP.name, "word")[0] == "front"


def test_search_for_anothers_word_or_narrowed_by_a_value_tells_nothing_of_a_common_word() -> None:
    pool = ValuePool()
    stored(pool, ALICE, front="note xtalicez00000001")
    writer = Writer()
    kind = Parameter("kind", {"enum": ["a", "b"]}, False, Role.VALUE)
    narrowed = replace(LOOK_UP, parameters=(WORD, kind))
    said: tuple[dict[str, str], ...] = (
        {"word": "note xtalicez00000001"},
        {"word": "note", "kind": "b"},
    )
    for each in said:
        writer.call(BOB, narrowed.name, each, ok([]))
    for call in writer.history:
        pool.texts.learn_search(call, narrowed, found=False)
    writer.call(ALICE, narrowed.name, {"word": "note xtalicez00000001"}, ok([]))
    pool.texts.learn_search(writer.history.calls[-1], narrowed, found=False)
    assert pool.texts.search_order("alice", narrowed.name, "word")[0] == ""


def test_list_of_words_holds_a_marked_one() -> None:
    tags = Parameter("tags", {"type": "array", "items": {"type": "string"}}, True, Role.VALUE)
    add = Operation("mcp", "mcp:add_note", (tags,), reads_only=False)
    assert drawn(add, ValuePool()) == ["note", "note-xtmark"]
    assert drawn(replace(add, reads_only=True), ValuePool()) == ["note"]


def test_variable_that_is_never_served_may_take_the_callers_own_subject() -> None:
    name = Parameter("name", {"type": "string"}, True, Role.NAME)
    facts = Operation("mcp-resources", "mcp:resources/read facts://{name}", (name,), True)
    knowledge = ArgumentKnowledge()
    knowledge.count(facts, Answer(Outcome.ERROR, 404, "There is no such"))
    drawer = HonestDrawer(
        RandomChoice(Random(1)),
        ValuePool(),
        {"alice": "alice-1", "bob": "bob-1"},
        lambda _: "xtmark",
        knowledge,
    )
    given = {str(drawer.arguments(facts, ALICE, references=("own",))["name"]) for _ in range(20)}
    assert "alice-1" in given
    knowledge.note_subject(facts, name)
    assert drawer.arguments(facts, ALICE, references=("bob",)) == {"name": "bob-1"}


def test_renaming_begins_with_what_is_there() -> None:
    old, new = (Parameter(each, {"type": "string"}, True, Role.TEXT) for each in ("old", "new"))
    rename = Operation("mcp", "mcp:rename_tag", (old, new), reads_only=False)
    assert drawn(rename, ValuePool()) == "note"
    since = Operation("mcp", "mcp:complain", (old,), reads_only=False)
    assert drawn(since, ValuePool()) == "note xtmark"


def test_reading_looks_for_nothing_that_is_there_where_it_is_to_be_missing() -> None:
    pool = ValuePool()
    stored(pool, ALICE, word="note xtalicez00000001")
    assert drawn(LOOK_UP, pool, "missing") not in ("note", "note xtalicez00000001")


@pytest.mark.parametrize(
    ("values", "given"), [([4], "4"), (["north"], "north"), (["{user}-inbox"], "alice-1-inbox")]
)
def test_reference_takes_a_stated_value_where_nothing_was_shown_to_refer_to(
    values: list[object], given: str
) -> None:
    room = Parameter("room_id", {"enum": values}, True, Role.REFERENCE)
    book = Operation("rest", "rest:POST /bookings", (room,), reads_only=False)
    assert str(drawn(book, ValuePool())) == given


def test_two_objects_that_are_merged_are_not_one() -> None:
    pool = ValuePool()
    writer = Writer()
    for code in ("p-74ea9b6f12ef", "p-198e7dda3077"):
        writer.call(ALICE, "mcp:add_person", {}, ok({"person_id": code}))
    for call in writer.history:
        pool.harvest(call)
    ends = [
        Parameter(f"{each}_id", {"type": "string"}, True, Role.REFERENCE)
        for each in ("keep", "drop")
    ]
    operation = Operation("mcp", "mcp:merge_people", tuple(ends), reads_only=False)
    for number in range(5):
        drawer = HonestDrawer(
            RandomChoice(Random(number)),
            pool,
            {"alice": "alice-1"},
            lambda _: "xtmark",
            ArgumentKnowledge(),
        )
        named = drawer.arguments(operation, ALICE, references=("own",), hostile=False)
        assert {*named.values()} == {"p-74ea9b6f12ef", "p-198e7dda3077"}


def test_name_that_is_a_uuid_is_drawn_as_one() -> None:
    schema = {"type": "string", "format": "uuid"}
    uid = Parameter("uid", schema, True, Role.NAME)
    words = Parameter("words", {"type": "string"}, True, Role.TEXT)
    put = Operation("rest", "rest:PUT /interviews/{uid}", (uid, words), reads_only=False)
    assert str(UUID(str(drawn(put, ValuePool())))) == drawn(put, ValuePool())


def test_list_of_names_is_given_as_a_list_and_each_of_them_is_kept() -> None:
    words = {"type": "array", "items": {"type": "string"}}
    label = Parameter("label", {"type": "string"}, True, Role.TEXT)
    tags, tag = Parameter("tags", words, True, Role.NAME), {"type": "string"}
    add = Operation("rest", "rest:POST /monitors", (label, tags), reads_only=False)
    pool = ValuePool()
    drawer = HonestDrawer(
        RandomChoice(Random(1)), pool, {"alice": "a-1"}, lambda _: "xtmark", ArgumentKnowledge()
    )
    given = drawer.arguments(add, ALICE, references=("own",))
    assert given["tags"] == ["note", "note-xtmark"]
    story = Writer()
    story.call(ALICE, add.name, given, ok({}))
    pool.keep_names(story.history.calls[0], add)
    one = Parameter("tag", tag, False, Role.NAME)
    assert pool.references("alice", one, "rest:GET /monitors") == given["tags"]


def test_text_is_looked_for_with_the_values_that_it_was_stored_with() -> None:
    languages = {"type": "string", "enum": ["de", "en", "it", "fr"]}
    segment = Parameter("segment", {"type": "string"}, True, Role.TEXT)
    target = Parameter("target", languages, False, Role.VALUE)
    level = Parameter("level", {"type": "integer", "enum": [1]}, True, Role.VALUE)
    store = Operation("rest", "rest:POST /memory", (segment, target, level), reads_only=False)
    match = Operation("rest", "rest:GET /memory/match", (segment, target), reads_only=True)
    pool = ValuePool()
    for said in ({"segment": "first", "target": "it"}, {"segment": "second"}):
        call = Writer().call(ALICE, store.name, {**said, "level": 1}, ok({})).history.calls[0]
        pool.keep_names(call, store)
    drawer = HonestDrawer(
        RandomChoice(Random(1)),
        pool,
        {"alice": "alice-1", "bob": "bob-1"},
        lambda _: "xtmark",
        ArgumentKnowledge(),
    )
    asked = [drawer.arguments(match, ALICE, references=("own",), hostile=False) for _ in range(20)]
    assert {"segment": "first", "target": "it"} in asked
    assert all(each.get("target") == {"first": "it"}.get(each["segment"]) for each in asked)


def test_item_is_one_of_a_thread_that_is_there() -> None:
    thread, item = (
        Parameter(each, {"type": "string"}, True, Role.REFERENCE)
        for each in ("thread_id", "item_id")
    )
    start = Operation("rest", "rest:POST /threads", (), reads_only=False)
    delete = Operation("rest", "rest:DELETE /threads/{thread_id}", (thread,), reads_only=False)
    name = "rest:POST /threads/{thread_id}/items/{item_id}/retry"
    retry = Operation("rest", name, (thread, item), reads_only=False)
    threads = ["01a1fc95-41f3-7131-b962-00000000000a", "01a1fc95-41f3-7131-b962-00000000000b"]
    items = ["01a1fc95-41f3-7131-b962-0000000000aa", "01a1fc95-41f3-7131-b962-0000000000bb"]
    pool = ValuePool(reference_fields=("thread_id", "item_id"))
    writer = Writer()
    for made, inside in zip(threads, items, strict=True):
        writer.call(ALICE, start.name, {}, ok({"thread_id": made, "item_id": inside}))
    writer.call(ALICE, delete.name, {"thread_id": threads[1]}, ok({}))
    for call in writer.history:
        pool.harvest(call)
        pool.keep_names(call, delete if call.operation == delete.name else start)
    drawer = HonestDrawer(
        RandomChoice(Random(1)), pool, {"alice": "alice-1"}, lambda _: "xt", ArgumentKnowledge()
    )
    asked = [drawer.arguments(retry, ALICE, references=("own",), hostile=False) for _ in range(20)]
    assert asked == [{"thread_id": threads[0], "item_id": items[0]}] * 20


def test_list_of_names_in_a_change_holds_words_of_its_caller() -> None:
    tags = {"type": "array", "items": {"type": "string"}}
    tagged = Operation(
        "rest",
        "rest:PUT /notes/{note_id}/tags",
        (
            Parameter("note_id", {"type": "string"}, True, Role.REFERENCE),
            Parameter("tags", tags, True, Role.NAME),
        ),
        reads_only=False,
        extra={"kind": "change"},
    )
    drawer = HonestDrawer(
        RandomChoice(Random(1)),
        ValuePool(),
        {"alice": "alice-1"},
        lambda user: marker(user, 7),
        ArgumentKnowledge(),
    )
    asked = drawer.arguments(tagged, ALICE, references=("own",), hostile=False)["tags"]
    assert [markers_in(each) for each in asked] == [[], [marker("alice", 7)]]


@pytest.mark.parametrize(
    ("refusal", "roasted"),
    [
        (Answer(Outcome.ERROR, 404, {"error": "lot not found"}), "xtalicez00000001"),
        (Answer(Outcome.ERROR, 500, {"error": "try again"}), "xtmark"),
    ],
    ids=["not there", "refused"],
)
def test_name_by_which_nothing_was_found_is_one_of_what_there_is(
    refusal: Answer, roasted: str
) -> None:
    sku = Parameter("sku", {"type": "string"}, True, Role.NAME)
    stock = Operation("rest", "rest:POST /lots", (sku,), False, extra={"kind": "create"})
    roast = Operation("rest", "rest:POST /roasts", (sku,), False, extra={"kind": "create"})
    pool, knowledge = ValuePool(), ArgumentKnowledge()
    for call in Writer().call(ALICE, stock.name, {"sku": "xtalicez00000001"}, ok({})).history:
        pool.keep_names(call, stock)
    knowledge.learn(stock, {"sku": "xtalicez00000001"}, ok({}))
    for operation in (stock, roast):
        knowledge.learn(operation, {"sku": "xtalicez00000002"}, refusal)
    drawer = HonestDrawer(
        RandomChoice(Random(1)), pool, {"alice": "alice-1"}, lambda _: "xtmark", knowledge
    )
    said = [
        drawer.arguments(each, ALICE, references=("own",), hostile=False)["sku"]
        for each in (stock, roast)
    ]
    # What was stored under a new name before takes one from then on.
    assert said == ["xtmark", roasted]


def test_reading_looks_for_the_title_of_another_kind_where_that_of_one_found_nothing() -> None:
    pool, title = ValuePool(), Parameter("title", {"type": "string"}, True, Role.TEXT)
    find = Operation("rest", "rest:GET /find", (title,), reads_only=True)
    titles = {
        "rest:POST /jobs": "note xtalicez00000001",
        "rest:POST /pages": "note xtalicez00000002",
    }
    writer = Writer()
    for name, text in titles.items():
        writer.call(ALICE, name, {"title": text}, ok({}))
    for call in writer.history:
        pool.keep_names(call, Operation("rest", call.operation, (title,), reads_only=False))
    asked: list[object] = []
    for _ in range(3):
        asked.append(drawn(find, pool))
        found = [] if asked[-1] == titles["rest:POST /jobs"] else ["it"]
        for call in Writer().call(ALICE, find.name, {"title": asked[-1]}, ok(found)).history:
            pool.texts.learn_search(call, find, found=bool(found))
    assert asked == [*titles.values(), titles["rest:POST /pages"]]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"opponent": "note x", "games": 0, "won": 0}, False),
        ({"opponent": "note x", "games": 1, "won": 0}, True),
        ({"opponent": "another", "games": 0}, True),
        ([{"opponent": "note x"}], True),
    ],
)
def test_report_that_repeats_what_was_asked_beside_zeros_has_found_nothing(
    *, body: Any, found: bool
) -> None:
    assert finds_something(ok(body), {"opponent": "note x"}) is found


@pytest.mark.parametrize("refused_times", [1, 6])
def test_text_that_was_refused_often_is_one_of_the_object_that_is_named(
    refused_times: int,
) -> None:
    of, full = (Parameter(n, {"type": "string"}, True, Role.TEXT) for n in ("typed", "full_name"))
    signer = Parameter("signer_id", {"type": "string"}, True, Role.REFERENCE)
    add = Operation("rest", "rest:POST /signers", (full,), reads_only=False)
    sign = Operation("rest", "rest:POST /sign", (signer, of), reads_only=False)
    pool, knowledge = ValuePool(("signer_id",)), ArgumentKnowledge()
    names = {f"01a1fc95-41f3-7131-b962-00000000000{n}": f"note xtalicez0000000{n}" for n in (1, 2)}
    writer = Writer()
    for identifier, name in names.items():
        writer.call(ALICE, add.name, {"full_name": name}, ok({"id": identifier}))
    for call in writer.history:
        pool.harvest(call)
        pool.keep_names(call, add)
    for _ in range(refused_times):
        knowledge.count(sign, Answer(Outcome.ERROR, 422, {"error": "the name differs"}))
    drawer = HonestDrawer(
        RandomChoice(Random(1)), pool, {"alice": "alice-1"}, lambda _: "xtmark", knowledge
    )
    drawn = [drawer.arguments(sign, ALICE, references=("own",), hostile=False) for _ in range(12)]
    fitting = [each for each in drawn if each["typed"] == names[each["signer_id"]]]
    assert bool(fitting) is (refused_times > 1)
    # Others are tried as well: what is wanted is not known.
    assert len(fitting) < len(drawn)
