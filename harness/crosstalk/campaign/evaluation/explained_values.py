"""Values that crossed by the doing of an earlier call, which is known to be to blame.

Whoever referred to another user's object is shown what that object holds by each later reading of
their own. Each of these readings would be replayed for it, and find the same call to blame. By
another operation it may have crossed as well: a few calls tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crosstalk.core.history import History
from crosstalk.core.identifiers import is_marker
from crosstalk.oracles import Suspicion
from crosstalk.oracles.attribution import observations

# The history but for a marker, who is shown it, by which operation or by any, and the value.
_Value = tuple[int, str | None, str, str]
_ANY = ""


@dataclass(slots=True)
class ExplainedValues:
    """Knows which values a user is shown because of an earlier call, and by which operation."""

    _known: set[_Value] = field(default_factory=set)

    def note(self, history: History, suspicion: Suspicion, *, before: bool) -> None:
        """Note that what the last call of a suspicion shows of others is known to cross.

        Args:
            history: In which it was suspected.
            suspicion: Of that history.
            before: Whether an earlier call is to blame.
        """
        shown = _shown(history, suspicion)
        self._known |= _by_any(shown) | (shown if before else set())

    def explain(self, history: History, suspicion: Suspicion) -> bool:
        """Return whether the last call's operation is known to show all that it shows of others.

        Args:
            history: In which it is suspected.
            suspicion: Of that history.
        """
        shown = _shown(history, suspicion)
        return bool(shown) and shown <= self._known

    def may_explain(self, history: History, suspicion: Suspicion) -> bool:
        """Return whether it is known to be shown to that user by another operation.

        Args:
            history: In which it is suspected.
            suspicion: Of that history.
        """
        shown = _by_any(_shown(history, suspicion))
        return bool(shown) and shown <= self._known


def _by_any(shown: set[_Value]) -> set[_Value]:
    return {(where, user, _ANY, value) for where, user, _, value in shown}


def _shown(history: History, suspicion: Suspicion) -> set[_Value]:
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
