"""Two worlds: an observer is answered otherwise when the others are active.

A function of a history like every oracle, of one in which the same calls of one user stand several
times, each time in another world (see this package). An ordinary history has one world, and shows
nothing here, so that it is a campaign's phase that asks it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from crosstalk.core.history import History
from crosstalk.oracles.base import Suspicion
from crosstalk.phases.two_worlds.comparison import ABSENT, Place, differences, opportunities


class TwoWorlds:
    """Fires when what a user observes depends on what others did or stored."""

    name = "two-worlds"

    def judge(self, history: History, noise: Collection[Place] = ()) -> list[Suspicion]:
        """One suspicion for each pair of worlds that differ, at the first answer that does.

        Args:
            history: Of several worlds.
            noise: Places that are known to depend on chance.
        """
        found = []
        for each in differences(history, noise):
            observer = each.call.actor.name
            why = "the others are active" if each.against == ABSENT else "others' secrets differ"
            found.append(
                Suspicion(
                    self.name,
                    each.call.operation,
                    (each.call.index,),
                    f"what {observer} observes with {each.call.operation} depends on the others: "
                    f"where {why}, {each.said()}",
                )
            )
        return found

    def opportunities(self, history: History) -> Counter[str]:
        """Useful answers that came after others had done something."""
        return opportunities(history)
