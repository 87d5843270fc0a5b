"""An owner changes or removes an object, and somebody else asks for that very object.

What was removed may be kept and found again by its id; what was changed may be remembered for
whoever asks next. Neither shows while an object is only read.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.execution.executor import Planned
from crosstalk.generator.example_run import Play
from crosstalk.generator.selection import Draw
from crosstalk.surface.capabilities import required_references

_FOLLOWERS = 2


def follow(play: Play, draw: Draw, members: Sequence[Actor]) -> None:
    """One write by an owner, and readings of its object by others."""
    owner = draw(st.sampled_from(list(members)))
    possible = []
    for operation in play.kinds.intrusive:
        needed = required_references(operation)
        known = [
            each
            for parameter in needed
            for each in play.pool.references(owner.name, parameter, operation.name, guess=False)
        ]
        if len(needed) == 1 and known:
            possible.append((operation, known))
    if not possible:
        return
    operation, known = play.rarest(draw, "follow", possible, lambda each: (each[0].name,))
    target = draw(st.sampled_from(known))
    asked = play.plan(draw, operation, owner, sources=("own",), hostile=False)
    (reference,) = required_references(operation)
    play.perform(Planned(owner, operation.name, {**asked.arguments, reference.name: target}))
    readings = [
        (each, parameter)
        for each in play.kinds.details
        for parameter in required_references(each)
        if target in play.pool.references(owner.name, parameter, each.name, guess=False)
    ]
    planned = []
    for _ in range(_FOLLOWERS if readings else 0):
        reading, parameter = play.rarest(draw, "followed", readings, lambda each: (each[0].name,))
        attacker = draw(st.sampled_from([each for each in members if each is not owner]))
        arguments = {**play.reading(reading, attacker).arguments, parameter.name: target}
        planned.append(Planned(attacker, reading.name, arguments))
    play.perform_all(planned)
