"""The rule by which a client says to be a user, where no credential proves who calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, Channel, History
from crosstalk.core.principals import ANYBODY
from crosstalk.execution.executor import Executor
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.rules.attacks.unproven_identity import UnprovenIdentity
from crosstalk.oracles import Identity
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ok

IDENTITY = Parameter("user_id", {"type": "string"}, True, Role.IDENTITY)
TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
NOTE = Parameter("note_id", {"type": "integer"}, True, Role.REFERENCE)
ADD = Operation("mcp", "mcp:add_note", (IDENTITY, TEXT), reads_only=False, unproven=True)
LIST = Operation("mcp", "mcp:list_notes", (IDENTITY,), reads_only=True, lists=True, unproven=True)
GET = Operation("mcp", "mcp:get_note", (IDENTITY, NOTE), reads_only=True, unproven=True)
TASK = Operation(
    "mcp",
    "mcp:get_task",
    (IDENTITY, Parameter("task_id", {"type": "integer"}, True, Role.REFERENCE)),
    reads_only=True,
    unproven=True,
)
# On a surface of the same system whose callers bring a token.
PROVEN = Operation("rest", "rest:GET /notes", (), reads_only=True, lists=True)


class Notes:
    """Believes whoever calls."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def discover(self) -> list[Operation]:
        """Its operations."""
        return [ADD, LIST, GET, TASK, PROVEN]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Add, list or get."""
        if operation is ADD:
            self.rows.append({"note_id": len(self.rows) + 1, **arguments})
            return ok(self.rows[-1])
        mine = [each for each in self.rows if each["user_id"] == arguments["user_id"]]
        return ok(mine if operation is LIST else mine[0])

    def close(self) -> None:
        """Nothing is open."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """No credential."""
        return NOTHING


def example(how: str, accepted: frozenset[Channel] = frozenset()) -> ExampleRun:
    """One example on that system."""
    system = Notes()
    subjects = {name: f"{name}-1" for name in ("alice", "bob", "carol")}
    state = GeneratorState(
        executor=Executor({"mcp": system}, {o.name: o for o in system.discover()}, system),
        fresh_history=lambda: History(subjects, unproven_identity=how, accepted=accepted),
        observations=(),
        forgeries=(),
        on_example_end=lambda history: None,
        stopped=lambda: False,
    )
    return ExampleRun(state, Capabilities.of(system.discover()))


def first(strategy: Any) -> Any:
    """The simplest value of a strategy."""
    return strategy.example()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_unproven_identity_reads_by_every_operation_that_alice_has_objects_for() -> None:
    run = example("the argument user_id")
    rule = UnprovenIdentity()
    assert rule.applies(run)
    rule.run(run, first)
    claimed = [call for call in run.history if call.actor == ANYBODY]
    assert [call.operation for call in claimed] == ["mcp:list_notes", "mcp:get_note"]
    (suspicion,) = Identity().judge(run.history)
    assert suspicion.operations == ("mcp:list_notes", "mcp:get_note")


def test_unproven_identity_does_not_apply_where_it_is_proven_or_accepted_or_was_shown() -> None:
    rule = UnprovenIdentity()
    assert not rule.applies(example(""))
    accepted = frozenset({Channel.UNAUTHENTICATED_IDENTITY})
    assert not rule.applies(example("nothing", accepted))
    shown = example("nothing")
    shown.state.rule_runs[rule.name] = 3
    assert not rule.applies(shown)
