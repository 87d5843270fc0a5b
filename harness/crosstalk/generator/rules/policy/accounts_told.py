"""Persons with an account and persons without one are offered the same, by the same user.

Where a policy says who may list accounts, what an offer is answered must not tell the others who
has one: a person who has no account can be invited as well as one who has.
"""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import Literal

from crosstalk.core.history import Actor, Probe
from crosstalk.core.policy import Share
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.shares.offered_rights import parameter_of
from crosstalk.generator.shares.offers import (
    as_taken_by,
    name_of,
    offer_call,
    operations_of,
)
from crosstalk.generator.values.choice import Draw, drawn_random
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.operation import Operation

# The part of a person's name that is drawn, e.g. of `alice-1a2b3c`.
_DRAWN = re.compile(r"[0-9a-z]*\d[0-9a-z]*", re.IGNORECASE)
_DIGITS = "0123456789abcdef"
# Of a name without such a part, what is added to it.
_ADDED = 6


class AccountsTold:
    """Has an owner offer an own object to both persons, by each operation that offers one."""

    name = "accounts_told"
    guaranteed = False

    def applies(self, example: ExampleRun) -> bool:
        """Return whether a policy keeps accounts from users who may share."""
        policy = example.history.policy
        return policy is not None and policy.hides_accounts and bool(_sharing(example))

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Make the pair of offers by each operation, once a campaign."""
        for rule, operation in _sharing(example):
            if example.over or example.state.choices[self.name, operation.name]:
                continue
            example.state.choices[self.name, operation.name] += 1
            owner, person = example.members[:2]
            # Somebody who has stored something has an account.
            creators = example.capabilities.creators_on(operation)
            storing = [each for each in creators if not required_references(each)][:1]
            example.execute_all([example.plan_own(draw, each, person) for each in storing])
            self._offer(example, draw, rule, operation, owner, person)

    @staticmethod
    def _offer(
        example: ExampleRun,
        draw: Draw,
        rule: Share,
        operation: Operation,
        owner: Actor,
        person: Actor,
    ) -> None:
        target = _new_object(example, draw, rule, operation, owner)
        planned = target and offer_call(
            example, draw, rule, operation, owner, person, target=target
        )
        named = parameter_of(operation, rule.person)
        if not planned or named is None:
            return
        known = name_of(example, named, person)
        unknown = _unknown(known, drawn_random(draw))
        number = example.next_probe()
        parts: tuple[tuple[Literal["missing", "foreign"], str], ...] = (
            ("missing", unknown),
            ("foreign", known),
        )
        for part, name in parts:
            given = {**planned.arguments, named.name: as_taken_by(named, name)}
            probe = Probe("names", number, part, person.name)
            example.execute(replace(planned, arguments=given, probe=probe))
        example.state.situations["persons without an account offered something"] += 1


def _sharing(example: ExampleRun) -> list[tuple[Share, Operation]]:
    """Return the operations that offer an object to any person, each with its rule."""
    policy = example.history.policy
    return [
        (rule, operation)
        for rule in (policy.shares if policy is not None else ())
        if rule.object and rule.person and not (rule.members or rule.transfers)
        for operation in operations_of(example, rule.opens)
    ]


def _new_object(
    example: ExampleRun, draw: Draw, rule: Share, operation: Operation, owner: Actor
) -> str:
    """Have the owner make an object that was offered to no person; empty where none is made."""
    shared = parameter_of(operation, rule.object)
    if shared is None:
        return ""
    before = example.pool.references(owner.name, shared, operation.name, guess=False)
    makers = example.capabilities.creators_on(operation)
    example.execute_all([example.plan_own(draw, each, owner) for each in makers])
    known = example.pool.references(owner.name, shared, operation.name, guess=False)
    new = [each for each in known if each not in before]
    return new[-1] if new else ""


def _unknown(known: str, random: Random) -> str:
    """Return a name of the form of a person's that no person has."""
    name, at, host = known.partition("@")

    def drawn(length: int) -> str:
        return "".join(random.choice(_DIGITS) for _ in range(length))

    changed, times = _DRAWN.subn(lambda match: drawn(len(match.group())), name)
    return f"{changed if times else name + drawn(_ADDED)}{at}{host}"
