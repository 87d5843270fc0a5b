"""Values that crossed by the doing of an earlier call, which is known to be to blame.

Whoever referred to another user's object is shown what that object holds by each later reading of
their own. Each of these readings would be replayed for it, and find the same call to blame.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crosstalk.core.history import History
from crosstalk.core.identifiers import is_marker
from crosstalk.oracles import Suspicion
from crosstalk.oracles.attribution import observations


@dataclass(slots=True)
class ExplainedValues:
    """Knows which values a reading shows because of an earlier call."""

    _known: set[tuple[int, str | None, str, str]] = field(default_factory=set)

    def note(self, history: History, suspicion: Suspicion) -> None:
        """Note that an earlier call is to blame for what the last call of a suspicion shows.

        Args:
            history: In which it was suspected.
            suspicion: Of that history.
        """
        self._known |= _shown(history, suspicion)

    def explain(self, history: History, suspicion: Suspicion) -> bool:
        """Return whether all that the last call of a suspicion shows of others is known.

        Args:
            history: In which it is suspected.
            suspicion: Of that history.
        """
        shown = _shown(history, suspicion)
        return bool(shown) and shown <= self._known


def _shown(history: History, suspicion: Suspicion) -> set[tuple[int, str | None, str, str]]:
    """Return the values of others in the last call, each with its reader and operation."""
    if suspicion.oracle != "canary":
        return set()
    seen = observations(history)[suspicion.calls[-1] - 1]
    call = seen.call
    return {
        # A marker is of one example; numbers of objects are given again after a reset.
        (0 if is_marker(value) else id(history), call.actor.user, call.operation, value)
        for value, _ in seen.foreign
    }
