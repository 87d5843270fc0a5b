"""Calls with fields that the operation does not declare: a role, an owner, a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Probe
from crosstalk.core.object_kinds import noun_of
from crosstalk.core.policy import may_call
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.oracles.escalation import normal
from crosstalk.surface.operation import Operation

_RESERVED, _LISTS = 2, 3
# What fields are to change: what their sender may do, or whose a thing is.
_RIGHT, _OWNER = "may", "whose"

_TENANT = ("tenant", "tenantid", "orgid", "organizationid", "org", "organization")


class PrivilegedFields:
    """Sends such fields between calls that show whether they had an effect."""

    name = "privileged_fields"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether there is a policy, and anything that changes something."""
        return example.history.policy is not None and bool(_changing(example))

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Look, send each group of fields once, and look again."""
        for group in (_RIGHT, _OWNER):
            self._trial(example, draw, group)

    def likely(self, example: ExampleRun) -> list[Operation]:
        """Return what changes an object that shows a right, and was not sent one yet."""
        return [
            each
            for each in _changing(example)
            if noun_of(each.name) in example.state.shows_rights
            and not example.state.choices[f"{self.name} {_RIGHT}", each.name]
        ]

    def send_rights(self, example: ExampleRun, draw: Draw) -> None:
        """Look, send once what would give a right, and look again."""
        self._trial(example, draw, _RIGHT)

    def _trial(self, example: ExampleRun, draw: Draw, group: str) -> None:
        attacker: Actor = draw(st.sampled_from(_attackers(example, group)))
        victim = example.other_member(draw, attacker)
        # What shows a right may store it as well, so it comes first.
        likely = self.likely(example) if group == _RIGHT else []
        operation = example.least_chosen_operation(
            draw, f"{self.name} {group}", likely or _changing(example)
        )
        key = example.next_probe()
        if group == _OWNER:
            alone = example.plan_own(draw, operation, attacker)
            probe = Probe("escalation", key, "alone", victim.name)
            example.execute_all([PlannedCall(attacker, operation.name, alone.arguments, probe)])
        before = Probe("escalation", key, "before", victim.name)
        looking = _once(
            [
                *self._reserved(example, draw, attacker, before),
                *self._lists(example, attacker if group == _RIGHT else victim, before),
            ]
        )
        example.execute_all(looking)
        planned = example.plan_own(draw, operation, attacker)
        extra = _fields(example, attacker, victim, group)
        known = {normal(each.name) for each in operation.parameters}
        given = {
            **planned.arguments,
            **{name: value for name, value in extra.items() if normal(name) not in known},
        }
        attack = Probe("escalation", key, "attack", victim.name)
        call = PlannedCall(attacker, operation.name, given, attack)
        example.execute_spoilt(call)
        after = Probe("escalation", key, "after", victim.name)
        example.execute_all(
            [PlannedCall(e.actor, e.operation, e.arguments, after) for e in looking]
        )

    @staticmethod
    def _reserved(
        example: ExampleRun, draw: Draw, attacker: Actor, probe: Probe
    ) -> list[PlannedCall]:
        policy, history = example.history.policy, example.history
        if policy is None:
            return []
        refused = [
            each
            for each in example.capabilities.protected
            if not may_call(policy, history, attacker.user, each.name)[0] and each.reads_only
        ]
        planned = []
        for _ in range(min(_RESERVED, len(refused))):
            operation = example.least_chosen_operation(draw, "privileged fields open", refused)
            plan = example.plan_own(draw, operation, attacker)
            planned.append(PlannedCall(attacker, operation.name, plan.arguments, probe))
        return planned

    @staticmethod
    def _lists(example: ExampleRun, reader: Actor, probe: Probe) -> list[PlannedCall]:
        lists = [each for each in example.capabilities.protected if each.lists][:_LISTS]
        return [example.reading(each, reader, probe) for each in lists]


def _once(planned: Sequence[PlannedCall]) -> list[PlannedCall]:
    """Return these calls, each of them once."""
    return list({(e.actor, e.operation, str(e.arguments)): e for e in planned}.values())


def _attackers(example: ExampleRun, group: str) -> list[Actor]:
    """Return who can gain by it: a right shows in those who are refused something."""
    policy, members = example.history.policy, list(example.members)
    if policy is None or group != _RIGHT:
        return members
    protected = example.capabilities.protected
    lacking = [
        member
        for member in members
        if not all(may_call(policy, example.history, member.user, e.name)[0] for e in protected)
    ]
    return lacking or members


def _changing(example: ExampleRun) -> list[Operation]:
    """Return what changes something; an operation that is reserved may well set a role."""
    policy = example.history.policy
    return [
        each
        for each in example.capabilities.protected
        if not each.reads_only
        and not each.conversational
        and (policy is None or policy.reserved(each.name) is None)
    ]


def _fields(example: ExampleRun, attacker: Actor, victim: Actor, group: str) -> dict[str, Any]:
    """Return fields in several spellings that would give the attacker a right, or the victim
    something of the attacker's.
    """
    policy, subject = example.history.policy, example.history.subjects[victim.name]
    if group == _OWNER:
        return {
            **dict.fromkeys(("owner_id", "ownerId", "owner", "user_id", "userId"), subject),
            **dict.fromkeys(("user", "created_by", "author_id"), subject),
        }
    roles = [name for each in policy.reserves for name in each.to] if policy else []
    role = next((each for each in roles if each not in example.history.subjects), "admin")
    given: dict[str, Any] = {
        "role": role,
        "roles": [role],
        "is_admin": True,
        "isAdmin": True,
        "admin": True,
    }
    theirs, mine = _tenant(example, victim), _tenant(example, attacker)
    if theirs and theirs != mine:
        given |= dict.fromkeys(("tenant_id", "tenantId", "tenant", "org_id"), theirs)
    return given


def _tenant(example: ExampleRun, user: Actor) -> str:
    """Return what the answers to a user call their tenant; empty where they do not say."""
    found = (
        text
        for call in reversed(example.history.calls)
        if call.actor == user
        for path, text in call.paths
        if normal(path.rpartition(".")[2]) in _TENANT
    )
    return next(found, "")
