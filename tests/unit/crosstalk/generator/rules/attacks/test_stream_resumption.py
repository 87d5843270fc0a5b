"""Streams that answer a request, continued after an event of another user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from crosstalk.core.history import Answer, Call, Outcome
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.rules.attacks.stream_resumption import (
    StreamResumption,
    ask_again,
    latest_events,
)
from crosstalk.oracles.canary import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.event_stream import LAST_EVENT, LAST_EVENT_FIELD
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import Notes
from tests.unit.crosstalk.generator.rules.situations.test_situations import (
    IDENTITY,
    Things,
    played,
)
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun
from tests.unit.crosstalk.histories import ALICE, Writer

WORDS = Parameter("words", {"type": "string"}, True, Role.TEXT)
AFTER = Parameter(LAST_EVENT, {"type": "string"}, False, Role.CURSOR)
TALK = Operation("rest", "rest:POST /talk", (IDENTITY, WORDS, AFTER), reads_only=False)


class Talk(Things):
    """Repeats what is said, by events that are numbered for all users.

    Args:
        by_user: Whether only the caller's own events are sent again.
    """

    def __init__(self, *, by_user: bool) -> None:
        super().__init__()
        self.by_user = by_user
        self.sent: list[tuple[str, str]] = []

    def discover(self) -> list[Operation]:
        """All operations."""
        return [*super().discover(), TALK]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        if operation is not TALK:
            return super().call(operation, arguments, presented)
        after, user = str(arguments.get(LAST_EVENT, "")), presented.connection
        start = int(after) if after.isdigit() else len(self.sent)
        again = [text for owner, text in self.sent[start:] if user == owner or not self.by_user]
        first = len(self.sent)
        self.sent += [(user, "you said:"), (user, str(arguments.get("words")))]
        ids = [str(first + 1), str(first + 2)]
        said = {"events": [*again, str(arguments.get("words"))]}
        return Answer(Outcome.OK, 200, said, linked={LAST_EVENT_FIELD: ids})


@pytest.mark.parametrize("by_user", [True, False])
def test_answer_is_continued_after_an_event_of_another_users(by_user: bool) -> None:
    state, found = played(StreamResumption(), examples=2, system=Talk(by_user=by_user))
    assert state.situations["streams resumed"]
    suspected = [each for history in found for each in Canary().judge(history)]
    assert bool(suspected) is not by_user
    assert {each.operation for each in suspected} <= {TALK.name}


def test_header_of_another_spelling_is_sent_as_it_is_declared_and_nothing_that_may_wait() -> None:
    after = replace(AFTER, name="last-event-id")
    wait = Parameter("wait", {"type": "integer"}, False, Role.VALUE)
    watch = Operation("rest", "rest:GET /events", (IDENTITY, after, wait), reads_only=True)
    example = begun(Notes(), watch)
    alice, bob = example.members[:2]
    answer = Answer(Outcome.OK, 200, {}, linked={LAST_EVENT_FIELD: "7"})
    call = Call(1, alice, watch.name, {}, answer, 0.0, 0.0)
    example.history.calls.append(call)
    ask_again(
        example,
        alice,
        bob,
        lambda each: PlannedCall(bob, each.name, {"user_id": "bob-1", "wait": 9}),
    )
    assert example.history.calls[-1].arguments == {"user_id": "bob-1", "last-event-id": "7"}


def test_events_of_answers_with_words_of_ones_own_are_resumed_after() -> None:
    writer = Writer()
    for number in range(1, 9):
        said = "note xtalicez00000001" if number == 3 else "stored"
        answer = Answer(Outcome.OK, 200, said, linked={"event_id": [f"e{number}"]})
        writer.call(ALICE, "mcp:list", {}, answer)
    event = Parameter("event_id", {"type": "string"}, True, Role.REFERENCE)
    resume = Operation("mcp-streams", "mcp:streams/resume", (event,), reads_only=True)
    known = [f"e{number}" for number in range(1, 9)]
    example: Any = SimpleNamespace(
        history=writer.history,
        pool=SimpleNamespace(references=lambda *_, **__: known),
        state=SimpleNamespace(executor=SimpleNamespace(operations={resume.name: resume})),
    )
    assert latest_events(example, ALICE) == ["e4", "e5", "e6", "e7", "e8", "e3"]
    without: Any = SimpleNamespace(
        state=SimpleNamespace(executor=SimpleNamespace(operations={TALK.name: TALK}))
    )
    assert latest_events(without, ALICE) == []
