"""One pass of the sweep: what is stored, who reaches for it, and how its owner is served."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from crosstalk.generator.plan.sweeping.attacking import attack, call_without_credential
from crosstalk.generator.plan.sweeping.context import PassContext
from crosstalk.generator.plan.sweeping.inheriting import inherit
from crosstalk.generator.plan.sweeping.listening import (
    listen_again,
    listen_as_all,
    read_own_descriptions,
    resume,
)
from crosstalk.generator.plan.sweeping.serving import list_what_was_removed, serve_the_owner
from crosstalk.generator.plan.sweeping.storing import share, store

_Step: TypeAlias = Callable[[PassContext], None]
# What an attack shows is judged when the owner has been served: a suspicion that does not replay,
# at one operation, would leave the owner's own calls of all others unmade.
_STEPS: tuple[tuple[_Step, ...], ...] = (
    (listen_as_all,),
    (store,),
    (share,),
    (listen_again,),
    (resume,),
    (read_own_descriptions,),
    (attack, serve_the_owner, list_what_was_removed),
    (inherit,),
    (call_without_credential,),
)


def run_pass(context: PassContext) -> None:
    """Make one pass over surfaces that belong together; a replay in between ends it."""
    for steps in _STEPS:
        for step in steps:
            if context.ended:
                return
            step(context)
        context.example.judge()
