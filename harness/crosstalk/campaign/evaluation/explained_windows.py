"""Readings before and after others acted, of which an act is known to be to blame.

What one act has changed shows in several readings, and each of them would be replayed for it. What
changes all the same without that act has another cause: a replay of the whole without it, made once
for all readings of the comparison, tells the two apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from crosstalk.core.history import History
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.stopping import OutOfTimeError
from crosstalk.oracles import Suspicion

_Window = tuple[int, int]
# Replays of one comparison in which the acts that are known to be to blame are left out.
_MOST_REPLAYS = 2


@dataclass(slots=True)
class ExplainedWindows:
    """Knows which acts are to blame for what changed between readings, and what is left of it."""

    _acts: defaultdict[_Window, set[str]] = field(default_factory=lambda: defaultdict(set))
    _blamed: set[str] = field(default_factory=set)
    # Acts that were left out of a replay to the operations that showed a change all the same.
    _besides: defaultdict[_Window, dict[frozenset[str], frozenset[str]]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def acts(self, history: History, suspicion: Suspicion) -> Collection[str]:
        """Return the operations that are to blame for a change in the comparison of a suspicion.

        Args:
            history: In which it is suspected.
            suspicion: Of that history.
        """
        if suspicion.oracle != "ownership":
            return frozenset()
        between = {history.calls[each - 1].operation for each in suspicion.calls[1:-1]}
        # Where the same act lies between other readings, it is likely to be to blame again.
        elsewhere = self._blamed & between
        return elsewhere.union(self._acts.get(_window(history, suspicion), ()))

    def note(self, history: History, suspicion: Suspicion, act: str) -> None:
        """Note that an operation was found to blame.

        Args:
            history: In which it was suspected.
            suspicion: Of that history.
            act: The operation.
        """
        if suspicion.oracle == "ownership":
            self._acts[_window(history, suspicion)].add(act)
            self._blamed.add(act)

    def shows_besides(
        self, confirmation: Confirmation, history: History, suspicion: Suspicion
    ) -> bool:
        """Return whether a suspicion shows without the acts that are known to be to blame.

        Args:
            confirmation: Replays the comparison.
            history: In which it is suspected.
            suspicion: Of that history.
        """
        acts = frozenset(self.acts(history, suspicion))
        known = self._besides[_window(history, suspicion)]
        if acts not in known:
            if len(known) >= _MOST_REPLAYS:
                return False
            try:
                known[acts] = confirmation.changed_without(acts, history, suspicion)
            except OutOfTimeError:
                return False
        return history.calls[suspicion.calls[-1] - 1].operation in known[acts]


def _window(history: History, suspicion: Suspicion) -> _Window:
    probe = history.calls[suspicion.calls[-1] - 1].probe
    return id(history), probe.key if probe is not None else 0
