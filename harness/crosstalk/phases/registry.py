"""The phases that a campaign has."""

from __future__ import annotations

from collections.abc import Callable

from crosstalk.phases.base import Phase
from crosstalk.phases.concurrency import ConcurrencyPhase
from crosstalk.phases.layers import LayersPhase
from crosstalk.phases.limits.phase import LimitsPhase
from crosstalk.phases.two_worlds.phase import TwoWorldsPhase

# Made anew for each campaign, because a phase may keep state over its turns. The limits come last:
# what they have used up, the others would need.
GENERAL: tuple[Callable[[], Phase], ...] = (
    TwoWorldsPhase,
    ConcurrencyPhase,
    LayersPhase,
    LimitsPhase,
)


def make_phases() -> tuple[Phase, ...]:
    """Return every phase, to be played or to say why it does not apply."""
    return tuple(make() for make in GENERAL)
