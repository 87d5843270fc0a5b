"""Several users say the same to a model: one after the other, or all at once.

What a model's tools answered may be kept by what was asked, and what is done for whoever asks may
be done for whoever asked last. Both need the same words of different users, and nothing between.
Whatever a model remembers of somebody else, somebody must have told it first.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.execution.executor import Planned
from crosstalk.generator.arguments import CHAT_REQUESTS, own_request
from crosstalk.generator.example_run import Play
from crosstalk.generator.selection import Draw
from crosstalk.surface.operation import Role


def echo(play: Play, draw: Draw, members: Sequence[Actor]) -> None:
    """One user asks, then the others in the same words; or nobody waits for anybody."""
    operation = play.rarest_operation(draw, "echo", play.kinds.chats)
    said = operation.parameter(Role.TEXT)
    if said is None:
        return

    def saying(actor: Actor, text: str) -> Planned:
        given = play.plan(draw, operation, actor, sources=("own",), hostile=False).arguments
        return Planned(actor, operation.name, {**given, said.name: text})

    teller, *_ = order = draw(st.permutations(list(members)))
    play.perform(saying(teller, own_request(play.stage.plant(str(teller.user)))))
    words = play.rarest(draw, "echoed", CHAT_REQUESTS, lambda each: (each,))
    asked = [saying(actor, words) for actor in reversed(order)]
    if draw(st.booleans()):
        play.perform_all(asked[:1])
        asked = asked[1:]
    play.perform_all(asked)
