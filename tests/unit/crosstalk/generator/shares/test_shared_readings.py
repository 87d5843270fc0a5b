"""Readings of what was shared: a list is asked as a whole, and narrowed to the object."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.core.principals import ALICE, BOB
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.shared_readings import plain_readings, shared_readings
from crosstalk.generator.values.choice import Draw
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    ADD,
    IDENTITY,
    OPERATIONS,
    Folders,
    make_state,
)

OF_FOLDER = Parameter("folder_id", {"type": "string"}, False, Role.REFERENCE)
WORDS = Parameter("query", {"type": "string"}, True, Role.TEXT)
SEARCH = Operation("rest", "rest:GET /search", (IDENTITY, WORDS), reads_only=True)
FILES = Operation("rest", "rest:GET /files", (IDENTITY, OF_FOLDER), reads_only=True, lists=True)


class FoldersWithFiles(Folders):
    """Folders, and a list of all files that can be narrowed to a folder."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return [*OPERATIONS, FILES, SEARCH]

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Answer with no file."""
        if operation in (FILES, SEARCH):
            return Answer(Outcome.OK, 200, [])
        return super().call(operation, arguments, presented)


def test_list_is_read_as_a_whole_and_narrowed_to_what_was_shared() -> None:
    folders = FoldersWithFiles()
    service = ServiceRecord({each.name: each for each in folders.discover()})
    example = ExampleRun(make_state(folders, service), Capabilities.of(folders.discover()))
    given = {"user_id": "alice-1", "name": "letters"}
    made = example.execute(PlannedCall(ALICE, ADD.name, given)).answer.body["id"]
    asked: list[PlannedCall] = []

    def read(draw: Draw) -> None:
        asked.extend(shared_readings(example, draw, [made], ALICE, BOB))

    drawn_once(read, Random(1))
    files = [each.arguments.get("folder_id") for each in asked if each.operation == FILES.name]
    assert sorted(files, key=str) == sorted([made, None], key=str)
    assert all(each.actor is BOB for each in asked)


def test_search_is_a_reading_that_names_no_object() -> None:
    folders = FoldersWithFiles()
    service = ServiceRecord({each.name: each for each in folders.discover()})
    example = ExampleRun(make_state(folders, service), Capabilities.of(folders.discover()))
    asked: list[PlannedCall] = []

    def read(draw: Draw) -> None:
        asked.extend(plain_readings(example, draw, BOB))

    drawn_once(read, Random(1))
    by_name = {each.operation: each.arguments for each in asked}
    assert by_name[SEARCH.name]["query"]
    assert set(by_name) == {"rest:GET /folders", FILES.name, SEARCH.name}
    assert not any("folder_id" in each for each in by_name.values())


def test_searches_come_before_the_lists_that_would_bring_up_to_date_what_is_searched() -> None:
    query = Parameter("q", {"type": "string"}, True, Role.QUERY)
    search = Operation("rest", "rest:GET /find", (IDENTITY, query), reads_only=True)

    class Found(FoldersWithFiles):
        def discover(self) -> list[Operation]:
            return [*super().discover(), search]

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Any
        ) -> Answer:
            if operation is search:
                return Answer(Outcome.OK, 200, [])
            return super().call(operation, arguments, presented)

    folders = Found()
    service = ServiceRecord({each.name: each for each in folders.discover()})
    example = ExampleRun(make_state(folders, service), Capabilities.of(folders.discover()))
    asked: list[PlannedCall] = []

    def read(draw: Draw) -> None:
        asked.extend(plain_readings(example, draw, BOB))

    drawn_once(read, Random(1))
    assert asked[0].operation == search.name
