"""Public pages of one user's object are opened, so that what counts the visits has something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import REFERRER, Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_first_look import looked, suspected
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, LIST, NOTE, Notes

_FROM = Parameter(REFERRER, {"type": "string"}, False, Role.TEXT)
_OPEN = Operation("rest", "rest:GET /{note_id}", (NOTE, _FROM), reads_only=True, public=True)
_SITES = Operation("rest", "rest:GET /sites", (IDENTITY,), reads_only=True, lists=True)


class Visited(Notes):
    """Shows each note to everyone, and its owner where its visitors came from.

    Args:
        leak: Whether each user is shown the visits of all notes.
    """

    def __init__(self, *, leak: bool) -> None:
        super().__init__()
        self.leak = leak
        self.visits: list[tuple[str, str]] = []

    def discover(self) -> list[Operation]:
        """Four operations."""
        return [ADD, LIST, _SITES, _OPEN]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes, and any note to open."""
        caller = presented.headers.get("caller", "")
        if operation is _OPEN:
            note = str(arguments.get("note_id"))
            owner = next((who for who, notes in self.kept.items() if note in notes), None)
            if owner is None:
                return Answer(Outcome.ERROR, 404, None)
            self.visits.append((owner, str(arguments.get(REFERRER, "direct"))))
            return Answer(Outcome.OK, 200, {"opened": True})
        if operation is _SITES and caller == arguments.get("user_id"):
            sites = Counter(site for who, site in self.visits if self.leak or who == caller)
            return Answer(Outcome.OK, 200, [{"site": s, "visits": n} for s, n in sites.items()])
        return super().call(operation, arguments, presented)


@pytest.mark.parametrize("leak", [True, False])
def test_visits_of_all_users_pages_are_suspected_within_two_calls(*, leak: bool) -> None:
    system = Visited(leak=leak)
    histories = looked(system)
    assert (_SITES.name in suspected(histories)) is leak
    opened = [each for history in histories for each in history if each.operation == _OPEN.name]
    assert len(opened) == 2
    assert all(each.answer.outcome is Outcome.OK for each in opened)
