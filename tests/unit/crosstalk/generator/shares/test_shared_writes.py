"""Changes of what was shared: by every surface, under keys, and by who lost it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.principals import ALICE, BOB, CAROL
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offers import Offer, accept_offer, make_offer
from crosstalk.generator.shares.shared_readings import told_to_agent
from crosstalk.generator.shares.shared_writes import (
    Place,
    keyed_first,
    stores_inside,
    told_writes,
    with_a_key,
    writes_by_person,
)
from crosstalk.generator.values.choice import Draw
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    ACCEPT,
    ADD,
    FOLDER,
    IDENTITY,
    INVITATION,
    INVITE,
    NAME,
    OPERATIONS,
    SHARED,
    Folders,
    make_state,
)

Found = TypeVar("Found")

KEY = Parameter("idempotency_key", {"type": "string"}, False, Role.KEY)
PROMPT = Parameter("message", {"type": "string"}, True, Role.TEXT)
RENAME = Operation("rest", "rest:PATCH /folders/{folder_id}", (IDENTITY, FOLDER, NAME, KEY), False)
RENAME_TOOL = Operation("mcp", "mcp:update_folder", (IDENTITY, FOLDER, NAME, KEY), False)
DELETE = Operation(
    "rest", "rest:DELETE /folders/{folder_id}", (IDENTITY, FOLDER), False, extra={"kind": "delete"}
)
DELETE_TOOL = Operation(
    "mcp", "mcp:delete_folder", (IDENTITY, FOLDER), False, extra={"kind": "delete"}
)
CHAT = Operation("chat", "chat:POST /chat", (IDENTITY, PROMPT), False, conversational=True)
KEYED_ACCEPT = Operation("rest", ACCEPT.name, (IDENTITY, INVITATION, KEY), False)
WRITES = (RENAME, RENAME_TOOL, DELETE, DELETE_TOOL)


class FoldersByTools(Folders):
    """Folders that are renamed and deleted by two surfaces, and an agent."""

    def __init__(self, more: Sequence[Operation] = ()) -> None:
        super().__init__()
        self.more = tuple(more)

    def discover(self) -> list[Operation]:
        """All operations."""
        others = [each for each in OPERATIONS if each is not ACCEPT]
        return [*others, KEYED_ACCEPT, *WRITES, CHAT, *self.more]

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Change nothing."""
        if operation in (*WRITES, CHAT, *self.more):
            return Answer(Outcome.OK, 200, {})
        if operation is KEYED_ACCEPT:
            operation = ACCEPT
        return super().call(operation, arguments, presented)


def _example(more: Sequence[Operation] = ()) -> ExampleRun:
    folders = FoldersByTools(more)
    service = ServiceRecord({each.name: each for each in folders.discover()})
    state = make_state(folders, service)
    state.calls = 6_000
    return ExampleRun(state, Capabilities.of(folders.discover()))


def _drawn(make: Callable[[Draw], Found], number: int) -> Found:
    found: list[Found] = []
    drawn_once(lambda draw: found.append(make(draw)), Random(number))
    return found[0]


def _offer(example: ExampleRun, number: int = 1) -> Offer:
    given = {"user_id": "alice-1", "name": "letters"}
    made = example.execute(PlannedCall(ALICE, ADD.name, given)).answer.body["id"]
    offer = _drawn(
        lambda draw: make_offer(example, draw, SHARED, INVITE, ALICE, BOB, target=made), number
    )
    assert offer is not None
    return offer


def test_former_member_changes_and_deletes_by_each_surface() -> None:
    for number in range(6):
        example = _example()
        offer = _offer(example, number)
        asked = _drawn(
            lambda draw, example=example, offer=offer: writes_by_person(  # type: ignore[misc]
                example, draw, offer, [offer.target], Place.FORMER
            ),
            number,
        )
        made = {each.operation for each in asked}
        assert {DELETE_TOOL.name, RENAME_TOOL.name} <= made
        assert {"rest:P", "rest:D"} <= {each[:6] for each in made}
        assert all(each.actor is BOB for each in asked)
        texts = [each.arguments["name"] for each in asked if "name" in each.arguments]
        assert len(set(texts)) == len(texts) > 1


def test_each_write_that_a_place_forbids_is_tried_before_any_is_tried_again() -> None:
    changes = [
        Operation(
            surface, f"{surface}:POST /folders/{{folder_id}}/change{number}", (FOLDER,), False
        )
        for number in range(9)
        for surface in ("rest", "mcp")
    ]
    for number in range(4):
        example = _example(changes)
        offer = _offer(example, number)
        for place in (Place.OFFERED, Place.READER, Place.DEMOTED, Place.FORMER):
            asked = _drawn(
                lambda draw, example=example, offer=offer, place=place: writes_by_person(  # type: ignore[misc]
                    example, draw, offer, [], place
                ),
                number,
            )
            made = Counter(each.operation for each in asked)
            assert {each.name for each in (*changes, RENAME, RENAME_TOOL)} <= set(made)
            assert set(made.values()) == {1}
        again = _drawn(
            lambda draw, example=example, offer=offer: writes_by_person(  # type: ignore[misc]
                example, draw, offer, [], Place.READER
            ),
            number,
        )
        assert len(again) < len(changes) / 2


def test_editor_leaves_most_of_what_is_shared_as_it_is() -> None:
    example = _example()
    offer = _offer(example)
    asked = _drawn(lambda draw: writes_by_person(example, draw, offer, [], Place.EDITOR), 1)
    assert len({each.operation for each in asked}) == len(asked) == 2


def test_agent_is_told_each_change_in_turn() -> None:
    example = _example()
    offer = _offer(example)
    told = [
        each.operation
        for number in range(3)
        for each in _drawn(
            lambda draw: told_writes(example, draw, offer, [], Place.READER),
            number,
        )
    ]
    assert set(told) == {RENAME_TOOL.name, DELETE_TOOL.name}


def test_one_write_has_a_new_key_and_is_repeated_first() -> None:
    example = _example()
    plain = [PlannedCall(BOB, each.name, {"folder_id": "f"}) for each in (DELETE, RENAME, RENAME)]
    keyed = _drawn(lambda draw: with_a_key(example, draw, plain), 1)
    assert [KEY.name in each.arguments for each in keyed] == [False, True, False]
    assert KEY.name in keyed_first(example, keyed)[0].arguments
    assert len(keyed) == len(plain)


def test_invitation_is_accepted_without_the_key_of_an_earlier_call() -> None:
    for number in range(12):
        example = _example()
        offer = _offer(example, number)
        before = len(example.history.calls)

        def accept(draw: Draw, example: ExampleRun = example, offer: Offer = offer) -> None:
            accept_offer(example, draw, offer)

        drawn_once(accept, Random(number))
        (accepted,) = example.history.calls[before:]
        assert accepted.answer.outcome is Outcome.OK
        assert KEY.name not in accepted.arguments


def test_agent_is_told_what_names_the_shared_object_before_anything_else() -> None:
    for number in range(8):
        example = _example()
        calls = [
            PlannedCall(CAROL, RENAME_TOOL.name, {"folder_id": each, "name": "n"})
            for each in ("other", "another", "shared")
        ]
        (told,) = _drawn(
            lambda draw, example=example, calls=calls: told_to_agent(  # type: ignore[misc]
                example, draw, calls, ["shared"]
            ),
            number,
        )
        assert "shared" in told.arguments["message"]


def test_something_is_stored_in_what_was_shared_by_what_must_name_it() -> None:
    title = Parameter("title", {"type": "string"}, True, Role.TEXT)
    add_file = Operation(
        "rest", "rest:POST /folders/{folder_id}/files", (IDENTITY, FOLDER, title), False
    )
    folders = FoldersByTools([add_file])
    service = ServiceRecord({each.name: each for each in folders.discover()})
    example = ExampleRun(make_state(folders, service), Capabilities.of(folders.discover()))
    planned: list[PlannedCall] = []

    def store(draw: Draw) -> None:
        offer = make_offer(example, draw, SHARED, INVITE, ALICE, BOB)
        assert offer is not None
        planned.extend(stores_inside(example, draw, offer, ALICE))
        assert planned[0].arguments["folder_id"] == offer.target

    example.execute(PlannedCall(ALICE, ADD.name, {"user_id": "alice-1", "name": "letters"}))
    drawn_once(store, Random(1))
    assert [each.operation for each in planned] == [add_file.name]
