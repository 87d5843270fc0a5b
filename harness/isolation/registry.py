"""The phases that a campaign has, beside those that its target brings."""

from __future__ import annotations

from collections.abc import Callable

from harness.interleaving import Interleaving
from harness.isolation.phases import Phase
from harness.isolation.target import Target
from harness.layers import Layers
from harness.worlds.phase import TwoWorldsPhase

# Made anew for each campaign, because a phase may keep state over its turns.
GENERAL: tuple[Callable[[], Phase], ...] = (TwoWorldsPhase, Interleaving, Layers)


def phases_for(target: Target) -> tuple[Phase, ...]:
    """Every phase that can be played against this target or say why not."""
    return (*(make() for make in GENERAL), *target.phases)
