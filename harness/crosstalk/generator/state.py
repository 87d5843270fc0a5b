"""What the examples of a campaign share: who plays, what with, and what was tried how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from crosstalk.core.history import History
from crosstalk.core.identifiers import marker
from crosstalk.core.principals import ALL_PRINCIPALS, Principals
from crosstalk.execution.executor import Performer
from crosstalk.surface.operation import Operation


@dataclass(slots=True)
class Stage:
    """What the examples of a campaign share.

    Attributes:
        performer: Makes the calls.
        fresh_history: Resets the system where that is possible; a history with new subjects.
        observations: Operations by which users read their own data, known to be steady.
        forgeries: Names of the spoiled credentials that may be tried.
        examined: Called with each example's history when it ends.
        stopped: Tells whether the campaign should make no more calls.
        suspects: Judges an example that is not over yet; whether it replayed any of it.
        principals: Who can take part.
        planted: How many markers there are.
        steady: Names of operations whose reading stays the same when nobody acts.
        tried: Operation name to honest calls of it.
        served: Operation name to honest calls of it that were answered with a result.
        played: Rule to how often it was played.
        aimed: (rule, operation, further) to how often a rule has chosen it.
    """

    performer: Performer
    fresh_history: Callable[[], History]
    observations: Sequence[Operation]
    forgeries: Sequence[str]
    examined: Callable[[History], None]
    stopped: Callable[[], bool]
    suspects: Callable[[History], bool] | None = None
    principals: Principals = ALL_PRINCIPALS
    planted: int = 0
    steady: set[str] = field(default_factory=set)
    tried: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    played: Counter[str] = field(default_factory=Counter)
    aimed: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def plant(self, user: str) -> str:
        """A new marker of this user."""
        self.planted += 1
        return marker(user, self.planted)
