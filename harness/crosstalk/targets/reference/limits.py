"""Limits of production in the reference system that was started here."""

from __future__ import annotations

from collections.abc import Callable

from crosstalk.environment import RunningSystem
from crosstalk.environment.backends.wiring import LIMITS

_SERVICES = ("mcp", "backend")


def production_limits(running: RunningSystem) -> Callable[[], None] | None:
    """Return what has the services run with their own limits from then on.

    They are started again without the settings by which a campaign lifts the limits; the data
    stays. None where the services were not started here as processes, one of each.
    """
    if running.kind != "processes" or not all(each in running.services for each in _SERVICES):
        return None

    def start_again() -> None:
        for name in _SERVICES:
            service = running.services[name]
            if not any(each in service.environment for each in LIMITS):
                continue
            service.environment = {
                setting: value
                for setting, value in service.environment.items()
                if setting not in LIMITS
            }
            running.restart(name)

    return start_again
