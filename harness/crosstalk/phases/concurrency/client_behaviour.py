"""How the requests of a crowd travel: whose connection a client uses, and who goes away early."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Literal, TypeAlias

from crosstalk.core.history import Sending
from crosstalk.core.identifiers import map_strings, remarked
from crosstalk.core.script import Step
from crosstalk.phases.concurrency.plans import REPEAT_SHIFT

_Cut: TypeAlias = Literal["", "head", "body", "served", "answer"]
# While it is served is when most can go wrong.
_CUTS: tuple[_Cut, ...] = ("head", "body", "served", "served", "served", "answer")
_LATE: tuple[_Cut, ...] = ("served", "answer")
# Among others everything takes longer than alone; nobody waits for ever.
_SLOWER, _LONGEST_SECONDS = 4.0, 2.0
_HASTY, _OFTEN, _MOSTLY = 0.35, 0.4, 0.9
_TIMES = 3


def sent(
    steps: Sequence[Step],
    place: int,
    random: Random,
    *,
    spared: Collection[int],
    long: Collection[str],
    alone: Mapping[int, float],
    apart: bool,
) -> list[Step]:
    """One client's steps, with how each travels.

    A client uses the pool that all share, a kept connection of its own, or one of two that many
    share. Some clients are hasty: they go away from many of their requests, and from nearly all
    that last.

    Args:
        steps: What the client does.
        place: Which client it is.
        random: Chooses.
        spared: Keys of steps that are made in full.
        long: Operations whose answers take long.
        alone: Key of a step to the seconds that it takes alone.
        apart: Whether each client numbers its own messages and has sessions of its own.
    """
    name = steps[0].actor.name if steps else ""
    connection = random.choice(("", f"of {name}", f"shared {place % 2 + 1}"))
    usual = Sending(client=name if apart else "", connection=connection)
    hasty = random.random() < _HASTY
    found = []
    for step in steps:
        key = step.probe.key if step.probe is not None else 0
        lasts = step.operation in long
        leaves = hasty and key not in spared and random.random() < (_MOSTLY if lasts else _OFTEN)
        if not leaves:
            found.append(replace(step, sending=usual))
        # Who left comes back and asks for more: of all that lasts, one moment may be the wrong one.
        for time in range((_TIMES if lasts else 1) if leaves else 0):
            longest = min(_LONGEST_SECONDS, _SLOWER * alone.get(key, 0.0))
            after = round(random.random() * longest, 4)
            cut = random.choice(_LATE if lasts else _CUTS)
            sending = replace(usual, aborted_at=cut, after=after)
            found.append(replace(step, arguments=_anew(step.arguments, time), sending=sending))
    return found


def _anew(arguments: Mapping[str, Any], time: int) -> Mapping[str, Any]:
    """The same with markers and keys of its own: what is said twice is stored twice."""
    if time == 0:
        return arguments
    again: dict[str, Any] = map_strings(
        arguments, lambda text: remarked(text, time << REPEAT_SHIFT)
    )
    return again
