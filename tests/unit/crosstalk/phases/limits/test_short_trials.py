"""Limits of few calls against notes in memory that count what is missing, or done to all."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import ALICE, USERS
from crosstalk.execution.executor import Executor
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.limits.phase import LimitsPhase
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target

NOTE = Parameter("note_id", {"type": "string"}, True, Role.REFERENCE)
LIST = Operation("mem", "mem:GET /notes", (), reads_only=True, lists=True)
GET = Operation("mem", "mem:GET /notes/{note_id}", (NOTE,), reads_only=True)
CLOSE = Operation("mem", "mem:POST /notes/{note_id}/close", (NOTE,), reads_only=False)
CLOSE_ALL = Operation("mem", "mem:POST /notes/close", (), reads_only=False)
OPERATIONS = (LIST, GET, CLOSE, CLOSE_ALL)
OWN = "01a1fc95-41f3-4131-b962-000000007919"
# Of each kind of call, those that are let through.
_BURST = 10


def _per_user(user: str) -> str:
    return user


def _for_all(user: str) -> str:
    return "all"


class Guarded:
    """One note, which is each user's own, and guards that count a few calls by a key.

    Attributes:
        keys: Operation to the key by which its calls are counted that are answered as missing, or
            all of them where it names nothing.
        made: Calls of each key.
    """

    def __init__(self, keys: Mapping[str, Callable[[str], str]]) -> None:
        self.keys = keys
        self.made: Counter[tuple[str, str]] = Counter()
        self.calls = 0

    def discover(self) -> list[Operation]:
        """What there is."""
        return list(OPERATIONS)

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the note, or refuse one call too many."""
        self.calls += 1
        missing = operation in (GET, CLOSE) and arguments["note_id"] != OWN
        key = self.keys.get(operation.name)
        if key is not None and (missing or operation is CLOSE_ALL):
            counted = operation.name, key(presented.connection)
            self.made[counted] += 1
            if self.made[counted] > _BURST:
                return Answer(Outcome.LIMITED, 429, None)
        if missing:
            return Answer(Outcome.ERROR, 404, None, {}, "not_found")
        return Answer(Outcome.OK, 200, {"id": OWN})

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)

    def close(self) -> None:
        """Nothing is open."""


def _outcome(system: Guarded, calls: int = 600) -> PhaseOutcome:
    """Run the phase after a user was served by each operation."""
    operations = {each.name: each for each in OPERATIONS}
    executor = Executor({"mem": system}, operations, system)
    number = iter(range(1, 1_000))

    def fresh() -> History:
        nonce = next(number)
        return History({name: f"{name}-{nonce}" for name in USERS})

    begun = fresh()
    for each in OPERATIONS:
        executor.execute(begun, ALICE, each.name, {"note_id": OWN} if each.parameters else {})
    budget = PhaseBudget(
        target=Target({"mem": system}, system, operations, production=lambda: None),
        executor=executor,
        examples=(),
        observations=(LIST,),
        fresh_history=fresh,
        random=Random(1),
        calls=calls,
        deadline=time.monotonic() + 60.0,
    )
    return LimitsPhase(sleep=lambda _: system.made.clear()).run(budget)


@pytest.mark.parametrize("operation", [GET, CLOSE, CLOSE_ALL], ids=lambda each: each.name)
def test_calls_in_vain_of_one_user_refuse_anothers_first_call(operation: Operation) -> None:
    outcome = _outcome(Guarded({operation.name: _for_all}))
    assert [each.operation for each in outcome.findings] == [operation.name]
    (finding,) = outcome.findings
    assert len(finding.script.steps) <= 2 * _BURST + 8


def test_guards_that_know_the_user_are_no_finding() -> None:
    outcome = _outcome(Guarded({each.name: _per_user for each in OPERATIONS}))
    assert outcome.findings == []
    assert outcome.inconclusive == []


def test_few_calls_are_for_the_limits_of_many() -> None:
    assert _outcome(Guarded({GET.name: _for_all}), calls=300).findings == []
