"""Bodies that are missing or cut, on a system in memory that keeps the latest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.rules.situations.broken_body import BrokenBody
from crosstalk.oracles.canary import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.http import delivery
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.rules.situations.test_situations import ADD, Things, played


class Buffered(Things):
    """Things whose titles are read from a buffer.

    Args:
        cleared: Whether it is cleared before each request.
    """

    def __init__(self, *, cleared: bool) -> None:
        super().__init__()
        self.cleared = cleared
        self.buffer: Mapping[str, Any] = {}

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve one call."""
        body = delivery._current.get().body
        said = {} if body else {"title": arguments.get("title")}
        self.buffer = {} if self.cleared else self.buffer
        if operation is ADD:
            self.buffer = said or self.buffer
            said = dict(self.buffer)
        answer = super().call(operation, {**arguments, "title": None, **said}, presented)
        if operation is ADD and answer.outcome is Outcome.OK:
            return Answer(Outcome.OK, 201, {**answer.body, "title": said["title"]})
        return answer


@pytest.mark.parametrize("cleared", [True, False])
def test_a_body_that_another_user_left_is_seen(cleared: bool) -> None:
    state, found = played(BrokenBody(), examples=2, system=Buffered(cleared=cleared))
    assert state.situations["bodies broken"] >= 2
    broken = [call for history in found for call in history if call.sending is not None]
    assert {call.sending.body for call in broken if call.sending} == {"empty", "cut"}
    suspected = [each for history in found for each in Canary().judge(history)]
    assert bool(suspected) is not cleared
