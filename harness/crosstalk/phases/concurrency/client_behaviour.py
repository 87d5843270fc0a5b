"""Behaviour of a client: its connection, and the requests that it aborts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Literal, TypeAlias

from crosstalk.core.history import Sending
from crosstalk.core.identifiers import map_strings, remarked
from crosstalk.core.script import Step
from crosstalk.phases.concurrency.plans import REPEAT_SHIFT

_Point: TypeAlias = Literal["", "head", "body", "served", "answer"]
# While it is served is when most can go wrong.
_POINTS: tuple[_Point, ...] = ("head", "body", "served", "served", "served", "answer")
_LATE: tuple[_Point, ...] = ("served", "answer")
# Beside other clients everything takes longer than alone, within bounds.
_SLOWER, _LONGEST_SECONDS = 4.0, 2.0
_ABORTING, _OFTEN, _MOSTLY = 0.35, 0.4, 0.9
_TIMES = 3


def behaving(
    steps: Sequence[Step],
    place: int,
    random: Random,
    *,
    spared: Collection[int],
    long: Collection[str],
    alone: Mapping[int, float],
    apart: bool,
) -> list[Step]:
    """Return one client's steps, with how each travels.

    A client uses the pool that all share, a kept connection of its own, or one of two that many
    share. Some clients abort many of their requests, and nearly all of the long ones.

    Args:
        steps: What the client does.
        place: Number of the client.
        random: Chooses.
        spared: Keys of steps that are made in full.
        long: Operations whose answers take long.
        alone: Key of a step to the seconds that it takes alone.
        apart: Whether each client numbers its own messages and has sessions of its own.
    """
    name = steps[0].actor.name if steps else ""
    connection = random.choice(("", f"of {name}", f"shared {place % 2 + 1}"))
    usual = Sending(client=name if apart else "", connection=connection)
    aborting = random.random() < _ABORTING
    found = []
    for step in steps:
        key = step.probe.key if step.probe is not None else 0
        lasts = step.operation in long
        aborts = aborting and key not in spared and random.random() < (_MOSTLY if lasts else _OFTEN)
        if not aborts:
            found.append(replace(step, sending=usual))
        # An aborted long request is sent again: any moment of it may be the wrong one.
        for time in range((_TIMES if lasts else 1) if aborts else 0):
            longest = min(_LONGEST_SECONDS, _SLOWER * alone.get(key, 0.0))
            after = round(random.random() * longest, 4)
            point = random.choice(_LATE if lasts else _POINTS)
            sending = replace(usual, aborted_at=point, after=after)
            found.append(replace(step, arguments=_anew(step.arguments, time), sending=sending))
    return found


def _anew(arguments: Mapping[str, Any], time: int) -> Mapping[str, Any]:
    """Return arguments with other markers and keys: what is sent twice is stored twice."""
    if time == 0:
        return arguments
    again: dict[str, Any] = map_strings(
        arguments, lambda text: remarked(text, time << REPEAT_SHIFT)
    )
    return again
