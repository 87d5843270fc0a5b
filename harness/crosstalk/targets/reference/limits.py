"""Limits of production in the reference system that was started here."""

from __future__ import annotations

from collections.abc import Callable

from crosstalk.environment import RunningSystem
from crosstalk.environment.backends.wiring import LIMITS

# The backend calls the MCP server.
_SERVICES = ("backend", "mcp")


def production_limits(running: RunningSystem) -> Callable[[], None] | None:
    """Return what has the services run with their own limits from then on.

    They are started again without the settings by which a campaign lifts the limits; the data
    stays. None where the services were not started here as processes, one of each.
    """
    if running.kind != "processes" or not all(each in running.services for each in _SERVICES):
        return None

    def start_again() -> None:
        lifted = [
            name
            for name in _SERVICES
            if any(each in running.services[name].environment for each in LIMITS)
        ]
        for name in lifted:
            service = running.services[name]
            service.environment = {
                setting: value
                for setting, value in service.environment.items()
                if setting not in LIMITS
            }
        running.restart(*lifted)

    return start_again
