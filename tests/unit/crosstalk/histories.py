"""Writes histories by hand, for oracles and scripts to judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crosstalk.core.history import Actor, Answer, Call, History, Outcome, Probe

ALICE = Actor("alice", "alice", "alice")
BOB = Actor("bob", "bob", "bob")
STRANGER = Actor("anonymous", None, "alice")


def ok(body: Any, status: int = 200, **headers: str) -> Answer:
    """A served answer."""
    return Answer(Outcome.OK, status, body, headers)


def refused(status: int, code: str, message: str = "no") -> Answer:
    """An error answer."""
    return Answer(Outcome.ERROR, status, None, {}, code, message)


class Writer:
    """Appends calls to a history."""

    def __init__(self) -> None:
        self.history = History({"alice": "alice-1", "bob": "bob-1"})

    def call(
        self,
        actor: Actor,
        operation: str,
        arguments: Mapping[str, Any],
        answer: Answer,
        probe: Probe | None = None,
    ) -> Writer:
        """One more call; returns itself, so that a history reads as a story."""
        index = len(self.history) + 1
        self.history.record(
            Call(index, actor, operation, arguments, answer, float(index), index + 0.5, probe)
        )
        return self
