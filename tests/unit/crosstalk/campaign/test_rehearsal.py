"""Rehearsals: what a campaign would call, found out without a system."""

from __future__ import annotations

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.rehearsal import rehearse
from crosstalk.core.policy import Allow, Fields, Person, Policy, Reserve, Suspend
from crosstalk.surface.credentials import Credentials, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.base import Target

NOTE = Parameter("note_id", {"type": "integer"}, True, Role.REFERENCE)
TEXT = Parameter("text", {"type": "string"}, True, Role.TEXT)
OPERATIONS = {
    each.name: each
    for each in (
        Operation("mcp", "mcp:add_note", (TEXT,), reads_only=False),
        Operation("mcp", "mcp:get_note", (NOTE,), reads_only=True),
        Operation("mcp", "mcp:list_notes", (), reads_only=True, lists=True),
    )
}


class NoCredentials(Credentials):
    """Fails where a credential is asked for: nothing may be presented to anything."""

    def present(self, *_: object) -> Presented:
        """Never called."""
        raise AssertionError("a credential was asked for")


def test_every_operation_is_called_in_the_first_sweep_by_users_and_by_a_stranger() -> None:
    target = Target(surfaces={}, credentials=NoCredentials(), operations=OPERATIONS)
    found = rehearse(target, CampaignOptions(calls=120, seconds=60, seed=3))
    assert set(found.sweep) == set(OPERATIONS)
    for name in OPERATIONS:
        callers = {*found.sweep[name], *found.search.get(name, {})}
        assert {"alice", "bob", "anonymous"} <= callers


def test_figures_are_of_the_whole_budget() -> None:
    target = Target(surfaces={}, credentials=NoCredentials(), operations=OPERATIONS)
    found = rehearse(target, CampaignOptions(calls=5_000, seconds=3, seed=3))
    made = sum(sum(each.values()) for part in (found.sweep, found.search) for each in part.values())
    assert 4_000 < made < 6_000


def test_reserved_operations_and_disabled_accounts_do_not_end_a_rehearsal() -> None:
    who = Parameter("username", {"type": "string"}, True, Role.VALUE)
    secret = Parameter("password", {"type": "string"}, True, Role.TEXT)
    further = (
        Operation("mcp", "mcp:audit_notes", (), reads_only=True, lists=True),
        Operation("mcp", "mcp:disable_user", (who,), reads_only=False),
        Operation("mcp", "mcp:enable_user", (who,), reads_only=False),
        Operation("mcp", "mcp:add_key", (secret,), reads_only=False),
    )
    people = {name: Person(name) for name in ("alice", "bob")}
    policy = Policy(
        people={**people, "carol": Person("carol", roles=("auditor",))},
        allows=(Allow(("auditor",), "any", ("audit_notes",)),),
        reserves=(Reserve(("auditor",), ("audit_notes",)),),
        suspends=(Suspend(("auditor",), ("disable_user",), ("enable_user",), "username"),),
        fields=Fields(forbidden=("password",)),
    )
    operations = {**OPERATIONS, **{each.name: each for each in further}}
    target = Target(surfaces={}, credentials=NoCredentials(), operations=operations, policy=policy)
    found = rehearse(target, CampaignOptions(calls=400, seconds=60, seed=3, findings=1))
    made = sum(sum(each.values()) for part in (found.sweep, found.search) for each in part.values())
    assert made > 300
    assert set(found.sweep) == set(operations)
