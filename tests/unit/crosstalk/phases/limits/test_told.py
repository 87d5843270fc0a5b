"""Counts told, and limits of what is done to an object of one's own, against a store in memory."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.core.principals import USERS
from crosstalk.execution.executor import Executor
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.limits.phase import LimitsPhase
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target

ADD = Operation(
    "mem",
    "mem:add_draft",
    (Parameter("text", {"type": "string"}, True, Role.TEXT),),
    reads_only=False,
)
EXPORT = Operation(
    "mem",
    "mem:export_draft",
    (Parameter("draft_id", {"type": "string"}, True, Role.REFERENCE),),
    reads_only=True,
)
ALL = {ADD.name: ADD, EXPORT.name: EXPORT}


class Drafts:
    """Exports a user's own drafts, each user or all of them so many times."""

    def __init__(self, *, shared: bool, most: int, tells: bool = True) -> None:
        self.shared, self.most, self.tells = shared, most, tells
        self.drafts: dict[str, str] = {}
        self.exports: Counter[str] = Counter()

    def discover(self) -> list[Operation]:
        """What it offers."""
        return list(ALL.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Store a draft, or export one of one's own."""
        user = presented.connection
        if operation is ADD:
            name = f"draft-{len(self.drafts) + 1:010}"
            self.drafts[name] = user
            return Answer(Outcome.OK, 200, {"id": name})
        if self.drafts.get(str(arguments["draft_id"])) != user:
            return Answer(Outcome.ERROR, 404, None, message="no draft")
        key = "all" if self.shared else user
        if self.exports[key] >= self.most:
            return Answer(Outcome.ERROR, 403, None, message="no more exports today")
        self.exports[key] += 1
        left = {"exports_left": self.most - self.exports[key]} if self.tells else {}
        return Answer(Outcome.OK, 200, {"text": "draft", **left})

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)

    def close(self) -> None:
        """Nothing is open."""


def reviewed(system: Drafts) -> tuple[PhaseOutcome, PhaseBudget]:
    """The outcome after two users have exported a draft of their own each, in turn."""
    executor, number = Executor({"mem": system}, ALL, system), iter(range(1, 1_000))

    def fresh() -> History:
        nonce = next(number)
        return History({name: f"{name}-subject-{nonce}" for name in USERS})

    target = Target({"mem": system}, system, ALL, production=lambda: None)
    given = PhaseBudget(target, executor, (), (), fresh, Random(1), 0, time.monotonic() + 60.0)
    history = fresh()
    for user in ("alice", "bob"):
        actor = Actor(user, user, user)
        made = executor.execute(history, actor, ADD.name, {"text": f"of {user}"})
        for _ in range(3 if user == "alice" else 1):
            named = {"draft_id": made.answer.body["id"]}
            executor.execute(history, actor, EXPORT.name, named)
    phase = LimitsPhase(sleep=lambda seconds: system.exports.clear())
    return phase.review(history, given), given


def test_a_count_that_falls_with_anothers_calls_is_found_and_shows_again() -> None:
    system = Drafts(shared=True, most=1_000)
    outcome, given = reviewed(system)
    (finding,) = outcome.findings
    assert finding.operation == EXPORT.name
    assert "exports_left" in finding.summary
    assert LimitsPhase().reproduces(given, finding.script) is not None
    system.shared = False
    assert LimitsPhase().reproduces(given, finding.script) is None


def test_a_count_of_ones_own_is_none() -> None:
    assert reviewed(Drafts(shared=False, most=1_000))[0].findings == []


@pytest.mark.parametrize("shared", [True, False])
def test_a_limit_of_what_is_done_to_ones_own_is_tried_on_objects_of_new_users(
    shared: bool,
) -> None:
    outcome, given = reviewed(Drafts(shared=shared, most=3, tells=False))
    assert bool(outcome.findings) == shared
    for finding in outcome.findings:
        assert [step.operation for step in finding.script.steps].count(ADD.name) == 2
        assert all(each in ALL for each in given.executor.called)
