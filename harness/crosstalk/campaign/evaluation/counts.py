"""Counts of what a campaign's calls could have shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from crosstalk.core.history import History
from crosstalk.core.policy import Policy
from crosstalk.core.policy.coverage import PolicyMatrix
from crosstalk.core.sign_test import TimeDifference, time_difference
from crosstalk.core.verdict import Control
from crosstalk.oracles.controls import controls_of
from crosstalk.oracles.existence import times
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.operation import Operation


@dataclass(slots=True)
class CampaignCounts:
    """Positive controls of a campaign, what its operations served, and how long they took.

    Attributes:
        operations: What there is to call; an operation without a call has counts, too.
        controls: Operation to what its calls could have shown.
        service: How the operations served their callers.
        policy: Who may see what; None where nothing is declared.
        situations: Situation made on purpose to how often, or how large, it was made.
        matrix: What of the policy was tried; None without one.
    """

    operations: Mapping[str, Operation]
    policy: Policy | None = None
    controls: dict[str, Control] = field(init=False)
    service: ServiceRecord = field(init=False)
    matrix: PolicyMatrix | None = field(init=False, default=None)
    situations: Counter[str] = field(default_factory=Counter)
    _times: defaultdict[str, list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def __post_init__(self) -> None:
        self.controls = {name: Control() for name in self.operations}
        self.service = ServiceRecord(self.operations)
        if self.policy is not None:
            self.matrix = PolicyMatrix.of(self.policy, self.operations)

    def take(self, history: History) -> None:
        """Count the calls of a history in."""
        for name, pairs in times(history).items():
            self._times[name] += pairs
        self.service.take(history)
        if self.matrix is not None:
            self.matrix.take(history)
        self.add(controls_of(history))

    def add(self, controls: Mapping[str, Control]) -> None:
        """Count controls in that something else has counted."""
        for name, control in controls.items():
            self.controls.setdefault(name, Control()).add(control)

    def opportunities(self) -> dict[str, set[str]]:
        """Return oracle name to the operations at which it has had an opportunity so far."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for operation, control in self.controls.items():
            for oracle, count in control.oracles.items():
                if count:
                    found[oracle].add(operation)
        return found

    def time_differences(self) -> dict[str, TimeDifference]:
        """Return, per operation, how long a foreign id took against a missing one."""
        return {name: time_difference(pairs) for name, pairs in self._times.items()}
