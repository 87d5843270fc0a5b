"""Limits of production in the reference system that was started here."""

from __future__ import annotations

from dataclasses import dataclass

from crosstalk.environment import NO_PACE, RunningSystem
from crosstalk.environment.backends.wiring import LIMITS

# The backend calls the MCP server.
_SERVICES = ("backend", "mcp")
# Settings by which a campaign lifts the limits.
_LIFTING = frozenset({*LIMITS, *NO_PACE})


@dataclass(frozen=True, slots=True)
class ProductionLimits:
    """Has the services run with their own limits, without the settings that lift them.

    Attributes:
        running: The system; its data stays.
    """

    running: RunningSystem

    def __call__(self) -> None:
        """Start the services again that run without their limits, all at once."""
        lifted = self._lifted()
        for name, environment in lifted.items():
            self.running.services[name].environment = environment
        self.running.restart(*lifted)

    def prepare(self) -> None:
        """Let the services start with their limits from what they have loaded."""
        self.running.prepare_restart(self._lifted())

    def _lifted(self) -> dict[str, dict[str, str]]:
        """Return the services that run without their limits, with the settings to have them."""
        found = {}
        for name in _SERVICES:
            given = self.running.services[name].environment
            own = {setting: value for setting, value in given.items() if setting not in _LIFTING}
            if own != given:
                found[name] = own
        return found


def production_limits(running: RunningSystem) -> ProductionLimits | None:
    """Return what has the services run with their own limits from then on.

    None where the services were not started here as processes, one of each.
    """
    if running.kind != "processes" or not all(each in running.services for each in _SERVICES):
        return None
    return ProductionLimits(running)
