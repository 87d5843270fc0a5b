"""Existence leaks of what is called as its user said: a list's address, a slug of words."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History, Outcome, Probe
from crosstalk.core.identifiers import marker
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed
from crosstalk.execution.executor import Executor
from crosstalk.execution.replay import Replayer
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.histories import ALICE, BOB, ok, refused

TEXT = {"type": "string"}
EMAIL = Parameter("email", TEXT, True, Role.NAME)
OPERATIONS = {
    "subscribe": Operation("mem", "subscribe", (EMAIL,), reads_only=False),
    "tag": Operation("mem", "tag", (EMAIL,), reads_only=False),
}


class Lists:
    """Lists of subscribers, one for each user."""

    def __init__(self) -> None:
        self.kept: dict[str, set[str]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(OPERATIONS.values())

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Subscribe, or tag: another's subscriber is refused otherwise than an unknown one."""
        email, mine = arguments.get("email", ""), self.kept.setdefault(presented.connection, set())
        if operation.name == "subscribe":
            mine.add(email)
            return ok({"email": email})
        if email in mine:
            return ok({})
        known = any(email in each for each in self.kept.values())
        return refused(403, "not_yours") if known else Answer(Outcome.ERROR, 404, None)

    def close(self) -> None:
        """There is nothing to close."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return NOTHING if actor.user is None else Presented(connection=subject)


@pytest.mark.parametrize("form", ["{}@example.com", "{}"])
def test_existence_leak_of_an_address_that_its_user_chose_is_believed(form: str) -> None:
    system = Lists()
    executor = Executor({"mem": system}, OPERATIONS, system)

    def fresh() -> History:
        system.kept.clear()
        nonce = secrets.token_hex(4)
        return History({"alice": f"alice-{nonce}", "bob": f"bob-{nonce}"})

    history = fresh()
    hers, nobodys = form.format(marker("alice", 1)), form.format(marker("missing", 2))
    executor.execute(history, ALICE, "subscribe", {"email": hers})
    for part, named in (("foreign", hers), ("missing", nobodys)):
        probe = Probe("existence", 1, part, "alice")  # type: ignore[arg-type]
        executor.execute(history, BOB, "tag", {"email": named}, probe)
    replayer = Replayer(executor, fresh)
    (suspicion,) = replayer.judged(history, "existence")
    assert isinstance(Confirmation(replayer).confirm(history, suspicion), Confirmed)
