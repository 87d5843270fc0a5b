"""How the requests of a crowd travel: whose connection a client uses, and who goes away early."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from random import Random
from typing import Literal, TypeAlias

from harness.history import Sending
from harness.isolation.script import Step

_Cut: TypeAlias = Literal["", "head", "body", "served", "answer"]
# While it is served is when most can go wrong.
_CUTS: tuple[_Cut, ...] = ("head", "body", "served", "served", "served", "answer")
_LONGEST_SECONDS = 0.03
_HASTY, _OFTEN = 0.3, 0.5


def sent(
    steps: Sequence[Step], place: int, random: Random, *, spared: Collection[int], apart: bool
) -> list[Step]:
    """One client's steps, with how each travels.

    A client uses the pool that all share, a kept connection of its own, or one of two that many
    share. Some clients are hasty: they go away from half of their requests.

    Args:
        steps: What the client does.
        place: Which client it is.
        random: Chooses.
        spared: Keys of steps that are made in full.
        apart: Whether each client numbers its own messages and has sessions of its own.
    """
    name = steps[0].actor.name if steps else ""
    connection = random.choice(("", f"of {name}", f"shared {place % 2 + 1}"))
    usual = Sending(client=name if apart else "", connection=connection)
    hasty = random.random() < _HASTY
    found = []
    for step in steps:
        sending = usual
        key = step.probe.key if step.probe is not None else 0
        if hasty and key not in spared and random.random() < _OFTEN:
            after = round(random.random() * _LONGEST_SECONDS, 4)
            sending = replace(usual, cut=random.choice(_CUTS), after=after)
        found.append(replace(step, sending=sending))
    return found
