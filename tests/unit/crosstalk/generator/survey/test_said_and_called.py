"""Another user's words in a search, another user's name for an object, and words that two use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.identifiers import markers_in
from crosstalk.core.principals import USERS, Principals
from crosstalk.execution.executor import Executor, PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement, makers
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import all_readings, detail, filters
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.examples.valued_readings import in_fresh_words, valued_readings
from crosstalk.generator.plan.look_readings import details_read
from crosstalk.generator.plan.naming import Naming
from crosstalk.generator.rules.comparisons.existence_pair import (
    comparable_ids,
    pair,
)
from crosstalk.generator.survey.names import _with_optional_words
from crosstalk.generator.survey.neighbour import (
    words_of_now,
)
from crosstalk.generator.survey.reach import Form, Reach, all_reaches
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.generator.values.other_values import larger_values, other_values
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.oracles import Canary, Existence, Ownership
from crosstalk.surface.capabilities import Capabilities, acts_by_word
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    DELETE,
    EDIT,
    GET,
    IDENTITY,
    LIST,
    NOTE,
    TEXT,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_survey import surveyed
from tests.unit.crosstalk.histories import ALICE, Writer, ok

TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)
PLACE = Parameter("place", {"type": "string"}, False, Role.TEXT)
QUERY = Parameter("query", {"type": "string"}, True, Role.QUERY)
KEEP = Operation("rest", "rest:POST /notes", (IDENTITY, TITLE, TEXT), reads_only=False)
FIND = Operation("rest", "rest:GET /search", (IDENTITY, QUERY), reads_only=True)
MEET = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, PLACE), reads_only=False)


class Searched(Notes):
    """Notes with titles; where nothing of the caller's is found, others' are searched.

    Attributes:
        leaks: Whether they are.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.titles: dict[str, str] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [KEEP, LIST, GET, FIND]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone, but for the leak."""
        if operation is KEEP:
            answer = super().call(ADD, arguments, presented)
            if answer.outcome is Outcome.OK and answer.body:
                self.titles[answer.body["id"]] = str(arguments["title"])
            return answer
        if operation is not FIND or presented.headers.get("caller") != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        self.calls += 1
        mine = [self.kept.get(presented.headers["caller"], {})]
        for kept in [mine, [*self.kept.values()] if self.leaks else []]:
            rows = [(i, t) for each in kept for i, t in each.items() if arguments["query"] in t]
            if rows:
                found = [{"title": self.titles.get(i, ""), "text": t} for i, t in rows]
                return Answer(Outcome.OK, 200, found)
        return Answer(Outcome.OK, 200, [])


@pytest.mark.parametrize("leaks", [True, False])
def test_a_word_that_another_alone_has_stored_is_searched_for(*, leaks: bool) -> None:
    history, _ = surveyed(Searched(leaks=leaks))
    found = {each.operation for each in Canary().judge(history)}
    assert found == ({FIND.name} if leaks else set())


class Places(Notes):
    """Notes of places, of which one is taken where any user has been.

    Attributes:
        leaks: Whether another user's counts.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.places: dict[str, set[str]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [MEET, LIST, GET]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Tell beside a new note whether its place is taken."""
        if operation is not MEET:
            return super().call(operation, arguments, presented)
        answer, caller = super().call(ADD, arguments, presented), presented.headers.get("caller")
        place = arguments.get("place")
        if answer.outcome is not Outcome.OK or not place:
            return answer
        others = [each for who, each in self.places.items() if self.leaks or who == caller]
        taken = any(place in each for each in others)
        self.places.setdefault(str(caller), set()).add(place)
        return Answer(Outcome.OK, 200, {**answer.body, "note": "taken" if taken else ""})


@pytest.mark.parametrize("leaks", [True, False])
def test_words_that_need_not_be_given_are_compared_too(*, leaks: bool) -> None:
    history, _ = surveyed(Places(leaks=leaks))
    told = {each.operation for each in Existence().judge(history) if "stored" in each.summary}
    assert told == ({MEET.name} if leaks else set())


NAME = Parameter("name", {"type": "string"}, True, Role.REFERENCE)
FACTS = Operation("rest", "rest:GET /memory/{name}/facts", (IDENTITY, NAME), reads_only=True)
WEEK = Parameter("week", {"type": "string"}, False, Role.VALUE)
LOG = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, WEEK), reads_only=False)
REPORT = Operation("rest", "rest:GET /report", (IDENTITY, WEEK), reads_only=True, lists=True)


def begun(system: Notes, *operations: Operation) -> ExampleRun:
    """Return an example with these operations."""
    known = {each.name: each for each in operations}
    state = GeneratorState(
        executor=Executor({"rest": system}, known, system),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=[each for each in operations if each.lists],
        forgeries=(),
        on_example_end=lambda _: None,
        stopped=lambda: False,
        principals=Principals(impostors=()),
        calls=400,
    )
    return ExampleRun(state, Capabilities.of(list(operations)))


def test_a_reading_that_takes_its_readers_name_is_given_anothers() -> None:
    example = begun(Notes(), ADD, LIST, FACTS)

    def forms() -> set[Form]:
        return {each.form for each in all_reaches(example) if each.operation is FACTS}

    assert Form.SUBJECT not in forms()
    example.state.knowledge.note_subject(FACTS, NAME)
    assert Form.SUBJECT in forms()


class Told(Notes):
    """Notes whose creation tells in words alone how they are called."""

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Answer a creation with a sentence."""
        answer = super().call(operation, arguments, presented)
        if operation is ADD and answer.outcome is Outcome.OK:
            return Answer(Outcome.OK, 200, "Saved.")
        return answer


def test_id_that_a_creation_does_not_tell_is_looked_for_in_a_list() -> None:
    system = Told()
    example = begun(system, ADD, LIST, EDIT)
    users = Arrangement(example, Random(1), *example.members[:2])
    users.store(users.victim)
    made = [(call.operation, call.answer.outcome) for call in example.history]
    assert (EDIT.name, Outcome.OK) in made


class Ticked(Notes):
    """Notes that are ticked off, several at once; of a list the first may be checked alone.

    Attributes:
        leaks: Whether it is.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, TICK]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Rewrite the notes that are named, in the order of the list."""
        if operation is not TICK or presented.headers.get("caller") != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        self.calls += 1
        mine = self.kept.get(presented.headers["caller"], {})
        ids = [str(value) for name, value in sorted(arguments.items()) if "ids[" in name][::-1]
        if not set(ids[:1] if self.leaks else ids) <= mine.keys():
            return Answer(Outcome.ERROR, 404, None, {}, "unknown")
        for kept in self.kept.values():
            kept.update(dict.fromkeys(kept.keys() & set(ids), "ticked"))
        return Answer(Outcome.OK, 200, {})


IDS = Parameter("note_ids[]", {"type": "string"}, True, Role.REFERENCE)
TICK = Operation("rest", "rest:POST /ticks", (IDENTITY, IDS), reads_only=False)


@pytest.mark.parametrize("leaks", [True, False])
def test_another_users_object_stands_behind_ones_own_in_a_list(*, leaks: bool) -> None:
    history, _ = surveyed(Ticked(leaks=leaks))
    behind = [call.arguments for call in history if "note_ids[1]" in call.arguments]
    assert behind
    assert all(each["note_ids[]"] != each["note_ids[1]"] for each in behind)
    found = {each.operation for each in Ownership().judge(history)}
    assert found == ({TICK.name} if leaks else set())


def test_the_one_tag_of_a_list_may_be_one_that_all_users_have() -> None:
    tag = Parameter("tags[]", {"type": "string"}, True, Role.TEXT)
    operation = Operation("mcp", "mcp:write_note", (tag,), reads_only=False)
    example = begun(Notes(), ADD, LIST, GET)
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    drawn = {drawer.own_value(operation, tag, example.members[0]) for _ in range(12)}
    assert COMMON_WORD in drawn
    assert len(drawn) > 2


def test_a_list_is_read_by_the_week_that_its_reader_stored_last() -> None:
    class Weeks(Notes):
        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            if operation is REPORT:
                return Answer(Outcome.OK, 200, {"week": "W07", "minutes": 0})
            return super().call(ADD, arguments, presented)

    example = begun(Weeks(), LOG, REPORT)
    alice = example.members[0]
    who = {"user_id": example.history.subjects[alice.name]}
    example.execute(PlannedCall(alice, REPORT.name, who))
    assert list(filters(example, REPORT, alice)) == [{"week": "W07"}]
    example.execute(PlannedCall(alice, LOG.name, {**who, "text": "a", "week": "W12"}))
    assert list(filters(example, REPORT, alice)) == [{"week": "W12"}]


def test_an_object_called_in_anothers_words_is_not_the_first_of_its_owner() -> None:
    example = begun(Notes(), ADD, LIST, GET)
    alice, bob = example.members[:2]
    mine, theirs = example.state.plant(alice.name), example.state.plant(bob.name)
    assert example.pool.is_first_of(bob.name, theirs)
    assert not example.pool.is_first_of(bob.name, f"box {mine}")


def test_the_largest_of_what_need_not_be_given_is_stored_too() -> None:
    minutes = Parameter(
        "minutes", {"type": "integer", "default": 60, "maximum": 1440}, False, Role.VALUE
    )
    operation = Operation("mcp", "mcp:add_event", (TEXT, minutes), reads_only=False)
    assert larger_values(operation, {"text": "a"}) == {"text": "a", "minutes": 1440}
    assert larger_values(operation, {"text": "a", "minutes": 5})["minutes"] == 1440


class Counted(Searched):
    """Notes whose search counts hits before others' are taken out.

    Attributes:
        leaks: Whether it counts them all.
    """

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Show the caller's own hits, and a number."""
        answer = super().call(operation, arguments, presented)
        if operation is not FIND or not isinstance(answer.body, list):
            return answer
        mine = self.kept.get(presented.headers["caller"], {}).values()
        shown = [each for each in answer.body if each["text"] in mine]
        total = len(answer.body) if self.leaks else len(shown)
        return Answer(Outcome.OK, 200, {"total": total, "found": shown})


@pytest.mark.parametrize("leaks", [True, False])
def test_number_of_hits_of_a_word_that_another_alone_has_is_compared(*, leaks: bool) -> None:
    history, _ = surveyed(Counted(leaks=leaks))
    told = {each.operation for each in Existence().judge(history)}
    assert (FIND.name in told) is leaks


def test_a_search_for_anothers_words_comes_after_what_would_show_them() -> None:
    example = begun(Notes(), ADD, LIST, GET, EDIT, FIND)
    forms = [(each.operation.name, each.form) for each in all_reaches(example)]
    assert forms.index((EDIT.name, Form.PLAIN)) < forms.index((FIND.name, Form.SOUGHT))


EMAIL = Parameter("email", {"type": "string"}, True, Role.TEXT)
CONTACT = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, EMAIL), reads_only=False)


def test_an_address_that_all_users_give_is_not_compared_as_one_users() -> None:
    class Contacts(Notes):
        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            return super().call(ADD if operation is CONTACT else operation, arguments, presented)

    example = begun(Contacts(), CONTACT, LIST)
    users = Arrangement(example, Random(1), *example.members[:2])
    who = {"user_id": example.history.subjects[users.victim.name]}
    said = {**who, "text": "a", "email": f"{COMMON_WORD}@example.com"}
    stored = example.execute(PlannedCall(users.victim, CONTACT.name, said))
    assert markers_in(_with_optional_words(users, CONTACT, stored).arguments["email"])


def test_things_that_are_moved_are_of_the_user_they_are_moved_from() -> None:
    parts = Parameter("note_ids", {"type": "array", "items": {}}, True, Role.REFERENCE)
    source = Parameter("from_note_id", {"type": "string"}, True, Role.REFERENCE)
    name = "rest:PUT /notes/{note_id}/parts"
    move = Operation("rest", name, (IDENTITY, NOTE, parts, source), reads_only=False)
    example = begun(Notes(), ADD, LIST, move)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    made = {each: users.use(ADD, each) for each in (alice, bob)}
    ids = {who: call.answer.body["id"] for who, call in made.items() if call is not None}
    asked = (example, users.drawer, bob, alice, move, source, ids[alice])
    foreign, missing = pair(*asked, joint=False)
    assert foreign.arguments["note_id"] == missing.arguments["note_id"] != ids[alice]
    assert foreign.arguments["note_ids"] == missing.arguments["note_ids"] == [ids[alice]]
    assert foreign.arguments["from_note_id"] == ids[alice] != missing.arguments["from_note_id"]


def test_one_of_two_places_is_anothers_with_all_that_it_is_named_by() -> None:
    text = {"type": "string"}
    named = [Parameter(each, text, True, Role.REFERENCE) for each in ("project_id", "snag_id")]
    other = [replace(each, name=f"other_{each.name}") for each in named]
    add = Operation("rest", "rest:POST /projects", (IDENTITY, TEXT), reads_only=False)
    address = "rest:POST /projects/{project_id}/snags"
    inside = Operation("rest", address, (IDENTITY, named[0], TEXT), reads_only=False)
    double = f"{address}/{{snag_id}}/duplicate"
    mark = Operation("rest", double, (IDENTITY, *named, *other), reads_only=False)

    class Snags(Notes):
        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            return super().call(ADD if operation in (add, inside) else LIST, arguments, presented)

    example = begun(Snags(), add, inside, mark)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    made = {
        each: [call for one in (add, inside) if (call := users.use(one, each)) is not None]
        for each in (alice, bob)
    }
    ids = {who: [call.answer.body["id"] for call in calls] for who, calls in made.items()}
    asked = (example, users.drawer, bob, alice, mark, other[0], ids[alice][0])
    foreign, _ = pair(*asked, joint=False)
    assert [foreign.arguments[each.name] for each in other] == ids[alice]
    assert not set(ids[alice]) & {foreign.arguments[each.name] for each in named}


def test_one_of_two_that_are_compared_is_anothers() -> None:
    old = Parameter("old_note_id", {"type": "string"}, True, Role.REFERENCE)
    new = Parameter("new_note_id", {"type": "string"}, True, Role.REFERENCE)
    name = "rest:GET /notes/{note_id}/compare"
    compare = Operation("rest", name, (IDENTITY, NOTE, old, new), reads_only=True)
    example = begun(Notes(), ADD, LIST, compare)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    made = {each: users.use(ADD, each) for each in (alice, bob)}
    ids = {who: call.answer.body["id"] for who, call in made.items() if call is not None}
    asked = (example, users.drawer, bob, alice, compare, new, ids[alice])
    foreign, missing = pair(*asked, joint=False, alone=True)
    assert foreign.arguments["new_note_id"] == ids[alice] != missing.arguments["new_note_id"]
    for each in (foreign, missing):
        assert ids[alice] not in (each.arguments["note_id"], each.arguments["old_note_id"])
    assert Reach(compare, new, Form.ALONE) in all_reaches(example)


def test_a_code_is_of_the_field_with_which_it_was_taken_before() -> None:
    code = Parameter("code", {"type": "string"}, True, Role.REFERENCE)
    show = Operation("mcp", "mcp:show_inspection", (code,), reads_only=True)
    pool = ValuePool(reference_fields=("code", "slug"))
    writer = Writer().call(ALICE, "mcp:inspect_hive", {}, ok({"code": "4694bb11", "hive": "x"}))
    prose = {"text": "Inspection 4694bb11 of blue-1a2b3c", "ids": [{"id": "blue-1a2b3c"}]}
    writer.call(ALICE, show.name, {"code": "4694bb11"}, ok(prose))
    for call in writer.history:
        pool.harvest(call)
    assert pool.references("alice", code, show.name, guess=False) == ["4694bb11"]


PLAN = Operation("rest", "rest:POST /plans", (IDENTITY, NOTE, TEXT), reads_only=False)
PLANS = Operation("rest", "rest:GET /plans", (IDENTITY,), reads_only=True, lists=True)


class Planned(Notes):
    """Notes with plans, which go with the note.

    Attributes:
        leaks: Whether they go before it is looked whose the note is.
    """

    def __init__(self, *, leaks: bool) -> None:
        super().__init__()
        self.leaks = leaks
        self.plans: dict[str, list[tuple[str, str]]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, DELETE, PLAN, PLANS]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes and plans alone."""
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        name = str(arguments.get("note_id", ""))
        if operation is DELETE and (self.leaks or name in self.kept.get(caller, {})):
            for who, plans in self.plans.items():
                self.plans[who] = [each for each in plans if each[0] != name]
        if operation is PLANS:
            mine = self.plans.get(caller, [])
            return Answer(Outcome.OK, 200, [{"note_id": of, "text": text} for of, text in mine])
        if operation is PLAN and name in self.kept.get(caller, {}):
            self.plans.setdefault(caller, []).append((name, str(arguments["text"])))
            return Answer(Outcome.OK, 201, {"text": arguments["text"]})
        return super().call(GET if operation is PLAN else operation, arguments, presented)


@pytest.mark.parametrize("leaks", [True, False])
def test_inner_object_may_go_before_its_owner_is_known(*, leaks: bool) -> None:
    history, _ = surveyed(Planned(leaks=leaks))
    assert (DELETE.name in {each.operation for each in Ownership().judge(history)}) is leaks


ATHLETE = Parameter("athlete", {"type": "string"}, False, Role.REFERENCE)
FILTERED = Operation("rest", "rest:GET /notes", (IDENTITY, ATHLETE), reads_only=True, lists=True)


def test_a_filter_that_names_users_is_given_no_other_id() -> None:
    example = begun(Notes(), ADD, FILTERED, GET)
    alice, bob = example.members[:2]
    Arrangement(example, Random(1), alice, bob).use(ADD, alice)
    assert comparable_ids(example, bob, alice, FILTERED, ATHLETE)
    shown = {"athlete": example.history.subjects[alice.name], "name": "x"}
    example.pool.harvest(Writer().call(ALICE, "rest:GET /profile", {}, ok(shown)).history.calls[0])
    assert example.pool.names_users(ATHLETE)
    assert comparable_ids(example, bob, alice, FILTERED, ATHLETE) == []


def test_an_id_of_another_kind_does_not_count_as_asked_for() -> None:
    reply = Parameter("message_id", {"type": "string"}, False, Role.REFERENCE)
    write = Operation("rest", "rest:POST /notes/{note_id}/replies", (IDENTITY, NOTE, reply), False)
    example = begun(Notes(), ADD, LIST, write)
    alice, bob = example.members[:2]
    users = Arrangement(example, Random(1), alice, bob)
    users.use(ADD, alice)
    naming = Naming(Random(1))
    for each, made in ((NOTE, 1), (reply, 0)):
        before = len(example.history)
        naming.one(users, write, each)
        assert len(example.history) > before
        assert example.state.choices[Reach(write, each, Form.PLAIN).key] == made


def test_a_reading_that_needs_a_month_is_not_made_without_one() -> None:
    month = Parameter("month", {"type": "string"}, True, Role.VALUE)
    total = Operation("rest", "rest:GET /notes/{note_id}/total", (IDENTITY, NOTE, month), True)
    example = begun(Notes(), ADD, LIST, GET, total)
    alice = example.members[0]
    who = {"user_id": example.history.subjects[alice.name]}
    example.execute(PlannedCall(alice, ADD.name, {**who, "text": "a"}))
    users = Arrangement(example, Random(1), alice, example.members[1])
    for found in (all_readings(example, alice), users.readings(alice), details_read(users)):
        assert any(each is GET for each, _ in found)
        assert all("month" in asked for each, asked in found if each is total)
    served = example.execute(PlannedCall(alice, ADD.name, {**who, "text": "a"})).answer.body["id"]
    asked = {**who, "note_id": served, "month": "2026-05"}
    example.execute(PlannedCall(alice, total.name, asked))
    assert detail(example, total, alice, served).arguments == asked


@pytest.mark.parametrize(("calls", "days"), [(400, 1), (6_000, 2)])
def test_a_day_is_asked_about_twice_where_calls_are_many(calls: int, days: int) -> None:
    day = Parameter("on", {"type": "string", "format": "date"}, True, Role.VALUE)
    starts = Parameter("starts", {"type": "string", "format": "date"}, True, Role.VALUE)
    meet = Operation("rest", "rest:POST /notes", (IDENTITY, TEXT, starts), reads_only=False)
    free = Operation("rest", "rest:GET /free", (IDENTITY, day), reads_only=True)

    class Days(Notes):
        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
        ) -> Answer:
            return super().call(ADD if operation is meet else LIST, arguments, presented)

    example = begun(Days(), meet, free)
    example.state.calls = calls
    alice = example.members[0]
    who = {"user_id": example.history.subjects[alice.name], "text": "a"}
    for each in ("2030-01-01", "2031-07-09"):
        example.execute(PlannedCall(alice, meet.name, {**who, "starts": each}))
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    asked = [given["on"] for each, given in valued_readings(example, drawer, alice) if each == free]
    assert asked == ["2031-07-09", "2030-01-01"][:days]


@pytest.mark.parametrize(
    ("schema", "value", "fresh"),
    [
        ({"type": "string"}, COMMON_WORD, True),
        ({"type": "string", "maxLength": 40}, "x" * 40, True),
        ({"type": "string", "maxLength": 4}, "xxxx", False),
        ({"type": "string", "enum": [COMMON_WORD]}, COMMON_WORD, False),
        ({"type": "string"}, "2030-01", False),
    ],
)
def test_any_word_of_a_question_is_one_that_was_not_asked(
    *, schema: dict[str, Any], value: str, fresh: bool
) -> None:
    visitor = Parameter("visitor", schema, True, Role.VALUE)
    example = begun(Notes(), Operation("rest", "rest:POST /evaluate", (visitor,), reads_only=True))
    (operation,) = example.state.executor.operations.values()
    alice = example.members[0]
    asked = [in_fresh_words(example, operation, alice, {"visitor": value}) for _ in "12"]
    assert (asked[0] != asked[1]) is fresh
    assert (asked[0] == {"visitor": value}) is not fresh


def test_switch_that_one_user_has_turned_on_is_turned_off() -> None:
    tag = Parameter("tag", {"type": "string"}, True, Role.NAME)
    paused = Parameter("paused", {"type": "boolean", "default": True}, False, Role.VALUE)
    pause = Operation("rest", "rest:POST /monitors/pause", (tag, paused), reads_only=False)
    assert other_values(pause, {"tag": "prod"}) == {"tag": "prod", "paused": False}
    assert other_values(pause, {"tag": "prod", "paused": False})["paused"] is True


def test_change_of_all_with_a_tag_is_told_from_one_of_an_object_by_its_name() -> None:
    tag = Parameter("tag", {"type": "string"}, True, Role.NAME)
    name = Parameter("name", {"type": "string"}, True, Role.NAME)
    note = Parameter("note", {"type": "string"}, False, Role.TEXT)
    pause = Operation("rest", "rest:POST /monitors/pause", (tag,), reads_only=False)
    change = Operation("rest", "rest:PATCH /flags/{name}", (name, note), reads_only=False)
    assert acts_by_word(pause)
    assert not acts_by_word(change)
    assert not acts_by_word(replace(pause, extra={"renames": {"new_tag"}}))
    pool = SimpleNamespace(references=lambda *_, **__: ["prod", "shop"])
    users = cast("Any", SimpleNamespace(example=SimpleNamespace(pool=pool), victim=ALICE))
    assert words_of_now(users, pause) == {"tag": "shop"}
    assert words_of_now(users, change) == {}


def test_tags_by_which_a_call_names_what_has_them_are_given_though_they_need_not_be() -> None:
    short = {"type": "array", "items": {"type": "string", "maxLength": 30}}
    tags = Parameter("tags", short, False, Role.VALUE)
    tag = Parameter("tag", {"type": "string"}, True, Role.REFERENCE)
    add = Operation("rest", "rest:POST /notes", (*ADD.parameters, tags), reads_only=False)
    drop = Operation("rest", "rest:DELETE /tags/{tag}", (tag,), reads_only=False)
    drawer = SimpleNamespace(
        arguments=lambda *_, **__: {"text": "a"}, own_value=lambda *_: ["note", "note-1"]
    )
    named = Parameter("tag", {"type": "string"}, True, Role.NAME)
    pause = Operation("rest", "rest:POST /notes/pause", (named,), reads_only=False)
    given = {"tags": ["note", "note-1"]}
    for others, expected in (([drop], given), ([pause], given), ([], {})):
        capabilities = Capabilities.of([add, *others])
        example = SimpleNamespace(capabilities=capabilities, drawer_by=lambda *_: drawer)
        users = Arrangement(cast("Any", example), Random(1), ALICE, ALICE)
        assert users.own(add, ALICE).arguments == {"text": "a", **expected}


def test_change_of_all_with_a_word_comes_after_calls_that_store_inside_one() -> None:
    tag = Parameter("tag", {"type": "string"}, True, Role.NAME)
    shut = Parameter("shut", {"type": "boolean"}, False, Role.VALUE)
    shuts = Operation("rest", "rest:POST /notes/shut", (tag, shut), reads_only=False)
    check = Operation("rest", "rest:POST /notes/{note_id}/checks", (NOTE, TEXT), reads_only=False)
    assert makers(begun(Notes(), ADD, shuts, check)) == [check, shuts]


def test_another_of_a_users_objects_is_named_where_the_newest_was_refused() -> None:
    notes, newest = Notes(), list[str]()
    notes.accepted = lambda operation, given: (
        operation is not EDIT or given["note_id"] != newest[-1]
    )
    example = begun(notes, ADD, LIST, EDIT)
    alice = example.members[0]
    users = Arrangement(example, Random(1), alice, example.members[1])
    made = [users.use(ADD, alice) for _ in range(2)]
    newest += [str(each.answer.body["id"]) for each in made if each is not None]
    served = users.use(EDIT, alice)
    assert served is not None
    assert served.arguments["note_id"] == newest[0]
