"""Comparison of a topology's prediction with what was observed of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# The SDK sends from a task of its own, so that calls cannot be told apart by request.
NOT_TRACED = frozenset({"shared-singleton-connection"})


@dataclass(slots=True)
class TopologyOutcome:
    """Prediction and observation of one topology.

    Attributes:
        name: The topology.
        summary: One sentence about it.
        predicted: Smallest number of concurrent requests that can stall; None for never.
        observed: Smallest number that did; None if none did.
        cycle: The predicted cycle.
        observed_cycle: The cycle found among the requests that stood still.
        same_cycle: The two go through the same resources; True where none was observed.
        pools: Figures of the connection pools at that time.
        open: Figures of arrivals at a constant rate, above the boundary or, for a topology without
            one, at the rate from which others stall.
        departures: Requests that took a resource that is not declared.
        traced: Number of requests that were compared with the declaration.
        phases: Figures of each run.
    """

    name: str
    summary: str
    predicted: int | None
    observed: int | None = None
    cycle: str = ""
    observed_cycle: str = ""
    same_cycle: bool = True
    pools: str = ""
    open: dict[str, Any] | None = None
    departures: list[str] = field(default_factory=list)
    traced: int = 0
    phases: list[dict[str, Any]] = field(default_factory=list)

    @property
    def agree(self) -> bool:
        """Equal boundaries, the same cycle, and no undeclared resource."""
        return (
            self.predicted == self.observed
            and bool(self.cycle) == bool(self.observed_cycle)
            and self.same_cycle
            and not self.departures
            and (self.traced > 0 or self.name in NOT_TRACED)
            # Far from the boundary every request must be answered.
            and not any(
                each["errors"] or each["unfinished"] for each in self.phases if not each["stalls"]
            )
            and (self.open is None or self._agrees_with_open_arrivals)
        )

    @property
    def _agrees_with_open_arrivals(self) -> bool:
        """Requests that do not wait for each other stall it as well, or as little."""
        found = self.open or {}
        if self.predicted is None:
            return not (found["stalls"] or found["errors"] or found["unfinished"])
        return bool(found["stalls"]) and found["unfinished"] >= self.predicted

    def summarized(self) -> dict[str, Any]:
        """Return the entry of `topologies` in `summary.json`."""
        fields = asdict(self)
        same_cycle = fields.pop("same_cycle")
        return {
            **fields,
            # A key of earlier versions.
            "same_circle": same_cycle,
            "agree": self.agree,
            "cycle": self.cycle or None,
        }
