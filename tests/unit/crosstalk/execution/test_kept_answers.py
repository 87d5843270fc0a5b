"""Suspicions that replays show with the values of an earlier run, kept for a while by a cache."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History
from crosstalk.core.identifiers import marker
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed, Rejected
from crosstalk.execution.executor import Executor
from crosstalk.execution.kept_answers import PAUSES
from crosstalk.execution.replay import Replayer
from crosstalk.oracles import Canary, Suspicion
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok

TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
ADD = Operation("mem", "add_note", (TEXT,), reads_only=False)
IDS = Operation("mem", "note_ids", (), reads_only=True, lists=True)
# Seconds for which what was listed is kept.
_LIFETIME = 10.0


class Cached:
    """Lists each user's notes by their ids, and what was listed last to all users for a while.

    Args:
        lifetime: Seconds for which it is kept.
    """

    def __init__(self, lifetime: float) -> None:
        self.lifetime = lifetime
        self.now, self.paused = 1_000.0, 0.0
        self.notes: list[tuple[str, str]] = []
        self.listed, self.since = list[str](), 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.paused += seconds

    def discover(self) -> list[Operation]:
        """Both operations."""
        return [ADD, IDS]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        user = presented.connection
        self.now += 0.01
        if operation is ADD:
            self.notes.append((user, str(uuid.uuid4())))
            return ok({"id": self.notes[-1][1]})
        if not self.listed or self.now - self.since >= self.lifetime:
            self.listed = [each for owner, each in self.notes if owner == user]
            self.since = self.now
        return ok({"ids": self.listed})

    def close(self) -> None:
        """Nothing is open."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)


class Trial:
    """A campaign in which a user's ids reached another by what a system keeps for a while."""

    def __init__(self, lifetime: float, notes: int = 4) -> None:
        self.system = Cached(lifetime)
        operations = {each.name: each for each in (ADD, IDS)}
        self.executor = Executor({"mem": self.system}, operations, self.system)
        self.replayer = Replayer(self.executor, self._fresh, sleep=self.system.sleep)
        self.history = self._fresh()
        for number in range(notes):
            self.executor.execute(self.history, ALICE, ADD.name, {"text": marker("alice", number)})
        for actor in (ALICE, BOB):
            self.executor.execute(self.history, actor, IDS.name, {})

    def _fresh(self) -> History:
        nonce = secrets.token_hex(4)
        return History({"alice": f"alice-{nonce}", "bob": f"bob-{nonce}"}, new_users=True)

    @property
    def suspicion(self) -> Suspicion:
        """Of the campaign."""
        (found,) = Canary().judge(self.history)
        return found

    def confirm(self, *, pausing: bool) -> Confirmed | Rejected:
        """Replay it."""
        confirmation = Confirmation(self.replayer, calls=100, pausing=pausing)
        return confirmation.confirm(self.history, self.suspicion)


def test_suspicion_answered_with_an_earlier_runs_values_is_left_open_after_few_replays() -> None:
    trial = Trial(_LIFETIME)
    found = trial.confirm(pausing=False)
    assert isinstance(found, Rejected)
    assert found.kept
    assert found.in_haste
    assert not found.explained
    assert trial.system.paused == 0.0
    # The likely part twice, that with its owner's reading, and the whole.
    assert trial.executor.calls_in_all - len(trial.history) == 2 * 2 + 3 + 6


@pytest.mark.parametrize("lifetime", [_LIFETIME, 45.0])
def test_it_is_confirmed_with_pauses_that_are_as_long_as_it_is_kept(lifetime: float) -> None:
    trial = Trial(lifetime)
    assert isinstance(trial.confirm(pausing=False), Rejected)
    found = trial.confirm(pausing=True)
    assert isinstance(found, Confirmed)
    calls = [(step.actor.name, step.operation) for step in found.script.steps]
    assert calls == [("alice", ADD.name), ("alice", IDS.name), ("bob", IDS.name)]
    assert found.replayed == (3, 3)


def test_one_that_expires_during_the_replays_is_replayed_with_pauses_as_well() -> None:
    trial = Trial(lifetime=1.0, notes=12)
    # It is kept still while the parts are replayed, and expires in the whole.
    trial.system.sleep(0.85)
    found = trial.confirm(pausing=False)
    assert isinstance(found, Rejected)
    assert found.kept
    assert isinstance(trial.confirm(pausing=True), Confirmed)


def test_an_answer_kept_for_long_is_waited_for_once() -> None:
    trial = Trial(3_600.0)
    assert isinstance(trial.confirm(pausing=False), Rejected)
    found = trial.confirm(pausing=True)
    assert isinstance(found, Rejected)
    assert found.kept
    assert not found.in_haste
    assert trial.system.paused <= 2 * sum(PAUSES)


def test_pause_that_leaves_no_time_for_a_replay_is_not_made() -> None:
    trial = Trial(_LIFETIME)
    replayer = Replayer(trial.executor, trial.replayer.fresh_history, sleep=trial.system.sleep)
    confirmation = Confirmation(replayer, pausing=True, pausing_ends=_in_one_second())
    found = confirmation.confirm(trial.history, trial.suspicion)
    assert isinstance(found, Rejected)
    assert found.in_haste
    assert trial.system.paused == 0.0


def _in_one_second() -> float:
    return time.monotonic() + 1.0
