"""The few calls by which a sweep tries other spellings and owners."""

from __future__ import annotations

from random import Random

from crosstalk.core.history import Answer, Call, History, Outcome, Probe
from crosstalk.core.principals import ALICE, BOB, USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.unusual_calls import unusual_calls
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_state_machine import Shelf

PATH = Parameter("path", {"type": "string"}, True, Role.NAME)
TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
WRITE = Operation("mcp", "mcp:write_file", (PATH, TEXT), reads_only=False, takes_more=True)
READ = Operation("mcp", "mcp:read_file", (PATH,), reads_only=True)
DELETE = Operation("mcp", "mcp:delete_file", (PATH,), reads_only=False)
ACTING = Probe("ownership", 1, "attack", "bob")


IDS = Parameter("note_ids", {"type": "array", "items": {"type": "string"}}, True, Role.REFERENCE)
BATCH = Operation("mcp", "mcp:read_notes", (IDS,), reads_only=True)


def example_of(*offered: Operation) -> ExampleRun:
    """Return an example on a system that offers these operations."""
    shelf = Shelf()
    operations = {each.name: each for each in offered}
    state = GeneratorState(
        executor=Executor({"mcp": shelf}, operations, shelf),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=(),
        forgeries=(),
        on_example_end=lambda history: None,
        stopped=lambda: False,
    )
    return ExampleRun(state, Capabilities.of(list(operations.values())))


def test_sweep_names_an_object_of_the_victim_behind_an_own_one() -> None:
    example = example_of(BATCH)
    for number, actor in enumerate((ALICE, BOB), 1):
        answer = Answer(
            Outcome.OK, 200, {"note_id": f"{number}0a1fc95-41f3-4131-b962-eac9f4851703"}
        )
        example.pool.harvest(Call(number, actor, "mcp:add_note", {}, answer, 0.0, 0.0))
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    (found,) = unusual_calls(example, drawer, ALICE, BOB, "mcp", ACTING)
    assert [each[0] for each in found.arguments["note_ids"]] == ["1", "2"]


def test_sweep_joins_names_and_sends_the_owner_that_answers_show() -> None:
    example = example_of(WRITE, READ, DELETE)
    for actor in (ALICE, BOB):
        arguments = {"path": f"of-{actor.name}", "text": "t"}
        answer = Answer(Outcome.OK, 200, {"text": "t", "ownerName": actor.name})
        call = Call(len(example.history.calls) + 1, actor, WRITE.name, arguments, answer, 0.0, 0.0)
        example.history.record(call)
        example.pool.keep_names(call, WRITE)
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    found = list(unusual_calls(example, drawer, ALICE, BOB, "mcp", ACTING))
    assert {each.actor for each in found} == {ALICE}
    read = [each.arguments["path"] for each in found if each.operation == READ.name]
    assert read == ["../bob-1/of-bob", "of-alice/../of-bob"]
    written = [each.arguments for each in found if each.operation == WRITE.name]
    assert [each.get("ownerName") for each in written] == [None, None, "bob"]
    # What is removed cannot be read any more by the calls that follow.
    assert not [each for each in found if each.operation == DELETE.name]


def test_sweep_searches_as_another_user_and_filters_by_what_names_the_victim() -> None:
    query = Parameter("q", {"type": "string"}, True, Role.QUERY)
    athlete = Parameter("athlete", {"type": "string"}, False, Role.TEXT)
    search = Operation("mcp", "mcp:suggest", (query,), reads_only=True)
    diary = Operation("mcp", "mcp:diary", (athlete,), reads_only=True, lists=True)
    example = example_of(search, diary)
    example.pool.know_subjects(set(example.history.subjects.values()))
    answer = Answer(Outcome.OK, 200, {"athlete": "alice-1"})
    example.pool.harvest(Call(1, ALICE, "mcp:set_profile", {}, answer, 0.0, 0.0))
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    found = list(unusual_calls(example, drawer, BOB, ALICE, "mcp", ACTING))
    assert [dict(each.arguments) for each in found] == [{"q": "note"}, {"athlete": "alice-1"}]


def test_number_in_a_second_element_is_neither_none_nor_the_largest() -> None:
    note = Parameter("answers[].note_id", {"type": "string"}, True, Role.REFERENCE)
    bounds = {"type": "integer", "minimum": 0, "maximum": 3}
    grade = Parameter("answers[].grade", bounds, True, Role.VALUE)
    example = example_of(review := Operation("mcp", "mcp:review_notes", (note, grade), False))
    answer = Answer(Outcome.OK, 200, {"note_id": "10a1fc95-41f3-7131-b962-eac9f4851703"})
    example.pool.harvest(Call(1, BOB, "mcp:add_note", {}, answer, 0.0, 0.0))
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    calls = [next(unusual_calls(example, drawer, ALICE, BOB, "mcp", ACTING)) for _ in range(9)]
    assert {each.operation for each in calls} == {review.name}
    assert {each.arguments["answers[1].grade"] for each in calls} <= {1, 2}


def test_sweep_names_an_object_of_the_victim_in_a_second_element() -> None:
    note, grade = (
        Parameter("answers[].note_id", {"type": "string"}, True, Role.REFERENCE),
        Parameter("answers[].grade", {"type": "integer", "enum": [3]}, True, Role.VALUE),
    )
    review = Operation("mcp", "mcp:review_notes", (note, grade), reads_only=False)
    example = example_of(review)
    ids = {}
    for number, actor in enumerate((ALICE, BOB), 1):
        ids[actor.name] = f"{number}0a1fc95-41f3-4131-b962-eac9f4851703"
        answer = Answer(Outcome.OK, 200, {"note_id": ids[actor.name]})
        example.pool.harvest(Call(number, actor, "mcp:add_note", {}, answer, 0.0, 0.0))
    drawer = example.drawer_by(RandomChoice(Random(1)), HonestDrawer)
    (found,) = unusual_calls(example, drawer, ALICE, BOB, "mcp", ACTING)
    assert found.arguments == {
        "answers[].note_id": ids["alice"],
        "answers[].grade": 3,
        "answers[1].note_id": ids["bob"],
        "answers[1].grade": 3,
    }
