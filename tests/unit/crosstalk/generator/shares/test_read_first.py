"""Lists that a member is the first to read by some values, and a stranger after them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from crosstalk.core.history import Answer, History
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.rules.policy.taken_back import TakenBack
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities, unusual_sizes
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    ACCEPT,
    IDENTITY,
    LIST,
    OPERATIONS,
    POLICY,
    SHARED,
    Folders,
    make_state,
)

LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}, False, Role.VALUE)
FILTER = Parameter("folder_id", {"type": "string"}, False, Role.REFERENCE)
PAGED = replace(LIST, parameters=(IDENTITY, LIMIT))
EVERY = tuple(PAGED if each is LIST else each for each in OPERATIONS)


@dataclass
class FoldersInPages(Folders):
    """Folders whose list takes the size of a page."""

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(EVERY)

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Serve them as all folders are."""
        return super().call(LIST if operation is PAGED else operation, arguments, presented)


def _state() -> GeneratorState:
    return make_state(FoldersInPages(), ServiceRecord({each.name: each for each in EVERY}))


def _life(state: GeneratorState, *, brief: bool = False) -> History:
    example = ExampleRun(state, Capabilities.of(list(EVERY)))
    drawn_once(
        lambda draw: TakenBack().by_rule(example, draw, policy=POLICY, rule=SHARED, brief=brief),
        Random(2),
    )
    return example.history


def _sizes(history: History) -> list[tuple[str, int]]:
    unusual = unusual_sizes(LIMIT)
    return [
        (str(each.actor.user), each.arguments["limit"])
        for each in history
        if each.operation == PAGED.name and each.arguments.get("limit") in unusual
    ]


def test_stranger_reads_a_page_of_a_size_that_a_member_was_the_first_to_ask_for() -> None:
    history = _life(_state())
    accepted = next(e for e in history if e.operation == ACCEPT.name and e.answer.outcome == "ok")
    (member, size), (stranger, same) = _sizes(history)
    assert member == accepted.actor.user
    assert stranger not in (member, next(iter(history)).actor.user)
    assert size == same


def test_each_size_is_asked_for_in_one_life_alone() -> None:
    state = _state()
    sizes = [{size for _, size in _sizes(_life(state))} for _ in range(4)]
    assert len(set.union(*sizes)) == 4


def test_no_list_is_read_so_in_a_brief_life() -> None:
    assert not _sizes(_life(_state(), brief=True))


def test_lists_that_can_be_narrowed_to_the_object_are_read_first() -> None:
    narrowed = [
        Operation(
            "rest", f"rest:GET /{each}", (IDENTITY, LIMIT, FILTER), reads_only=True, lists=True
        )
        for each in ("notes", "files")
    ]
    others = [replace(PAGED, name=f"rest:GET /{each}") for each in ("tags", "news", "users")]
    operations = [*EVERY, *others, *narrowed]

    class WithLists(FoldersInPages):
        def discover(self) -> list[Operation]:
            return operations

        def call(
            self, operation: Operation, arguments: Mapping[str, Any], presented: Any
        ) -> Answer:
            known = operation in EVERY
            return super().call(operation if known else PAGED, arguments, presented)

    state = make_state(WithLists(), ServiceRecord({each.name: each for each in operations}))
    example = ExampleRun(state, Capabilities.of(operations))
    drawn_once(
        lambda draw: TakenBack().by_rule(example, draw, policy=POLICY, rule=SHARED), Random(2)
    )
    unusual = unusual_sizes(LIMIT)
    read = [e.operation for e in example.history if e.arguments.get("limit") in unusual]
    assert set(read[:4]) == {each.name for each in narrowed}
    assert len(set(read)) == 3
