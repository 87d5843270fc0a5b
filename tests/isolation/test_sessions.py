"""Where the MCP server keeps sessions: a user with a token of their own tries another's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.core.history import Actor, Answer, Outcome
from crosstalk.core.principals import ALICE, HIJACKER
from crosstalk.environment import RunningSystem
from crosstalk.targets.base import Target
from crosstalk.targets.mutants import get_mutant
from crosstalk.targets.reference.target import reference_target
from crosstalk.targets.verification import Verified

_SUBJECTS = {"alice": "alice-of-sessions", "bob": "bob-of-sessions"}


def listed(target: Target, actor: Actor) -> Answer:
    """What this actor is answered who asks for alice's tasks."""
    return call(target, actor, "mcp:list_tasks")


def call(target: Target, actor: Actor, name: str, **arguments: str) -> Answer:
    operation = target.operations[name]
    presented = target.credentials.present(actor, _SUBJECTS[actor.user or ""], operation.surface)
    alice = {"user_id": _SUBJECTS["alice"]}
    return target.surfaces["mcp"].call(operation, {**alice, **arguments}, presented)


@contextmanager
def with_a_task_of_alices(folder: Path, verified: Verified) -> Iterator[Target]:
    with verified.running(folder) as target:
        added = call(target, ALICE, "mcp:add_task", title="water the ficus")
        assert added.outcome is Outcome.OK
        yield target


@pytest.mark.long
def test_another_users_session_is_of_no_use_and_a_campaign_finds_nothing(tmp_path: Path) -> None:
    with with_a_task_of_alices(tmp_path, Verified(sessions=True)) as target:
        assert HIJACKER in target.principals.impostors
        assert listed(target, HIJACKER).code == "forbidden"
        assert "ficus" in str(listed(target, ALICE).body)
        options = CampaignOptions(calls=1_600, seconds=300, seed=5)
        result = Campaign(target, options, lambda event: None, tmp_path).run()
    assert result.findings == []
    # Sessions that were still open are ended before what is left is counted.
    assert result.verdict == "clean"


def test_session_that_continues_as_its_opener_is_found(tmp_path: Path) -> None:
    planted = Verified(mutant=get_mutant("session-continued-under-another-subject"))
    with with_a_task_of_alices(tmp_path, planted) as target:
        assert "ficus" in str(listed(target, ALICE).body)
        assert "ficus" in str(listed(target, HIJACKER).body)


def test_target_without_sessions_has_no_session_theft(running: RunningSystem) -> None:
    target = reference_target(running, {})
    try:
        assert HIJACKER not in target.principals.impostors
    finally:
        target.close()
