"""What the model said of a topology beside what was seen of it, and whether the two agree."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# The SDK sends from a task of its own, so that calls cannot be told apart by request.
NOT_TRACED = frozenset({"shared-singleton-connection"})


@dataclass(slots=True)
class Outcome:
    """What the model said of a topology, and what happened.

    Attributes:
        name: The topology.
        summary: One sentence about it.
        predicted: Smallest number of requests that can stall; None for never.
        observed: Smallest number that did; None if none did.
        cycle: The predicted circle.
        observed_cycle: The circle that was seen among the requests that stood still.
        same_circle: It goes through what the predicted one goes through; True where none was seen.
        pools: What the pools said then.
        open: What became of arrivals that wait for nobody, more than the topology bears at once or,
            where it has no boundary, as many as others stall from.
        departures: Requests that took something that is not declared.
        traced: Requests that were compared with the declaration.
        phases: The figures of each run.
    """

    name: str
    summary: str
    predicted: int | None
    observed: int | None = None
    cycle: str = ""
    observed_cycle: str = ""
    same_circle: bool = True
    pools: str = ""
    open: dict[str, Any] | None = None
    departures: list[str] = field(default_factory=list)
    traced: int = 0
    phases: list[dict[str, Any]] = field(default_factory=list)

    @property
    def agree(self) -> bool:
        """The boundaries are equal, with the same circle, and nothing undeclared was taken."""
        return (
            self.predicted == self.observed
            and bool(self.cycle) == bool(self.observed_cycle)
            and self.same_circle
            and not self.departures
            and (self.traced > 0 or self.name in NOT_TRACED)
            # Who is far from the boundary must simply be answered.
            and not any(
                each["errors"] or each["unfinished"] for each in self.phases if not each["stalls"]
            )
            and (self.open is None or self._as_open_arrivals_show)
        )

    @property
    def _as_open_arrivals_show(self) -> bool:
        """Requests that do not wait for each other stall it as well, or as little."""
        seen = self.open or {}
        if self.predicted is None:
            return not (seen["stalls"] or seen["errors"] or seen["unfinished"])
        return bool(seen["stalls"]) and seen["unfinished"] >= self.predicted

    def summarized(self) -> dict[str, Any]:
        """As in `summary.json`."""
        return {**asdict(self), "agree": self.agree, "cycle": self.cycle or None}
