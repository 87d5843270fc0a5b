"""Another user's cursor: it is sent without a filter, which would leave out what it shows."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.oracles import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, GET, IDENTITY, Notes
from tests.unit.crosstalk.generator.survey.test_survey import surveyed

LIMIT = Parameter("limit", {"type": "integer", "maximum": 50}, False, Role.VALUE)
CURSOR = Parameter("cursor", {"type": "string"}, False, Role.CURSOR)
STATE = Parameter("state", {"type": "string", "enum": ["open", "shut"]}, False, Role.VALUE)
LIST = Operation("rest", "rest:GET /notes", (IDENTITY, LIMIT, CURSOR, STATE), True, lists=True)


class Paged(Notes):
    """Notes in pages, all of them open; a cursor holds whose they are."""

    leaks = False

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own pages, or whose the cursor names."""
        if operation is not LIST:
            return super().call(operation, arguments, presented)
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        self.calls += 1
        owner, begin = caller, 0
        if arguments.get("cursor"):
            owner, _, at = base64.b64decode(str(arguments["cursor"])).decode().partition(":")
            begin = int(at)
        if owner != caller and not self.leaks:
            return Answer(Outcome.ERROR, 422, None, {}, "unknown cursor")
        rows = [{"id": i, "text": t} for i, t in self.kept.get(owner, {}).items()]
        rows = [] if arguments.get("state") == "shut" else rows
        end = begin + int(arguments.get("limit", 50))
        following = base64.b64encode(f"{owner}:{end}".encode()).decode()
        more = following if len(rows) > end else None
        return Answer(Outcome.OK, 200, {"items": rows[begin:end], "next_cursor": more})


@pytest.mark.parametrize("leaks", [True, False])
def test_survey_continues_another_users_list(leaks: bool) -> None:
    system = Paged()
    system.leaks = leaks
    history, _ = surveyed(system)
    assert bool(Canary().judge(history)) is leaks
    foreign = [
        call
        for call in history
        if call.operation == LIST.name
        and call.arguments.get("cursor")
        and call.actor.name not in base64.b64decode(str(call.arguments["cursor"])).decode()
    ]
    assert foreign
    assert not any("state" in call.arguments for call in foreign)
