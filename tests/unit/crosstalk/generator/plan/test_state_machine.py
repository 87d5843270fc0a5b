"""The generator on a system made of memory: which calls it decides on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crosstalk.core.history import Actor, Answer, Call, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.plan.state_machine import make_machine
from crosstalk.generator.values.arguments import WILDCARD_IDS
from crosstalk.oracles.controls import controls_of
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role

IDENTITY = Parameter("user_id", {"type": "string"}, True, Role.IDENTITY)
KEY = Parameter("Idempotency-Key", {"type": "string"}, False, Role.KEY)
ADD = Operation(
    "rest",
    "rest:POST /things",
    (IDENTITY, Parameter("title", {"type": "string"}, True, Role.TEXT), KEY),
    reads_only=False,
)
DELETE = Operation(
    "rest",
    "rest:DELETE /things/{thing_id}",
    (IDENTITY, Parameter("thing_id", {"type": "string"}, True, Role.REFERENCE), KEY),
    reads_only=False,
)

GET = Operation(
    "rest",
    "rest:GET /things/{thing_id}",
    (IDENTITY, Parameter("thing_id", {"type": "string"}, True, Role.REFERENCE)),
    reads_only=True,
)
LIST = Operation("rest", "rest:GET /things", (IDENTITY,), reads_only=True, lists=True)


class Memory:
    """Makes things with ids, and finds no other."""

    def __init__(self) -> None:
        self._made = 0

    def discover(self) -> list[Operation]:
        """Two operations."""
        return [ADD, DELETE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """A new id, or nothing."""
        if operation is DELETE:
            return Answer(Outcome.ERROR, 404, None, {}, "not_found")
        self._made += 1
        return Answer(Outcome.OK, 201, {"id": f"01a1fc95-41f3-7131-b962-{self._made:012d}"})

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """No credentials are looked at."""
        return NOTHING


class Shelf(Memory):
    """Gives and takes away whatever it is asked for."""

    def discover(self) -> list[Operation]:
        """Two more, by which things are read."""
        return [ADD, DELETE, GET, LIST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Always well."""
        if operation is ADD:
            return super().call(operation, arguments, presented)
        return Answer(Outcome.OK, 200, {})


def histories(
    examples: int, memory: Memory | None = None, observations: Sequence[Operation] = ()
) -> list[History]:
    """What the machine did in so many examples."""
    memory = memory or Memory()
    found: list[History] = []
    state = GeneratorState(
        executor=Executor({"rest": memory}, {e.name: e for e in memory.discover()}, memory),
        fresh_history=lambda: History({name: f"{name}-1" for name in USERS}),
        observations=list(observations),
        forgeries=(),
        on_example_end=found.append,
        stopped=lambda: False,
    )
    machine = make_machine(state)
    # One at a time, as the campaign does: what is drawn depends on what was tried before.
    for number in range(examples):
        run_state_machine_as_test(
            seed(number)(machine),
            settings=settings(
                max_examples=1,
                stateful_step_count=10,
                deadline=None,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    return found


def test_users_meet_at_keys_and_repeat_their_own_calls() -> None:
    shared = repeated = 0
    for history in histories(20):
        uses: defaultdict[str, list[Call]] = defaultdict(list)
        for call in history:
            if KEY.name in call.arguments and call.actor.user is not None:
                uses[str(call.arguments[KEY.name])].append(call)
        for calls in uses.values():
            shared += len({call.actor.user for call in calls}) > 1
            said = [(call.actor, call.operation, str(call.arguments)) for call in calls]
            repeated += len(said) > len(set(said))
    assert shared > 5
    assert repeated > 5


def test_wildcard_identity_reads_ids_of_other_users() -> None:
    asked = 0
    for history in histories(12, Shelf(), [LIST]):
        made = {
            str(call.answer.body["id"]): call.actor.user
            for call in history
            if call.operation == ADD.name
        }
        asked += sum(
            call.operation == GET.name
            and call.arguments[IDENTITY.name] in WILDCARD_IDS
            and made.get(str(call.arguments["thing_id"]), call.actor.user) != call.actor.user
            for call in history
        )
    assert asked > 5


class Odd(Shelf):
    """Takes an argument with an odd schema."""

    def __init__(self, schema: Any) -> None:
        super().__init__()
        self._parameters = (*ADD.parameters, Parameter("odd", schema, True, Role.VALUE))

    def discover(self) -> list[Operation]:
        """The shelf's operations, the creation with one argument more."""
        return [replace(ADD, parameters=self._parameters), *super().discover()[1:]]


@pytest.mark.parametrize(
    "schema",
    [
        {"not": {}},
        {},
        {"type": "integer", "minimum": 1900},
        {"type": "string", "pattern": "^\\p{L}+$"},
        {"type": "string", "pattern": "("},
        {"type": "object", "properties": {"a": {}}},
    ],
    ids=str,
)
def test_an_odd_schema_costs_one_argument_and_never_the_example(schema: Any) -> None:
    (history,) = histories(1, Odd(schema), [LIST])
    # Each of three users creates, reads, and uses what was served least.
    assert len(history) > 10
    assert sum(call.operation == ADD.name for call in history) > 2


def test_call_with_another_users_key_counts_as_an_attempt_on_that_user() -> None:
    alice, bob = Actor("alice", "alice", "alice"), Actor("bob", "bob", "bob")
    history = History({"alice": "alice-1", "bob": "bob-1"})
    for number, (actor, key) in enumerate(
        ((alice, "xtalicez00000001"), (bob, "xtalicez00000001"), (bob, "xtbobz00000002")), start=1
    ):
        arguments = {KEY.name: key, "title": "x"}
        answer = Answer(Outcome.OK, 201, {})
        history.record(Call(number, actor, ADD.name, arguments, answer, 0.0, 0.0))
    assert controls_of(history)[ADD.name].foreign_attempts == 1
