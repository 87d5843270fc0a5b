"""Services get back the limits of production, all in one restart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from crosstalk.environment import NO_PACE, RunningSystem
from crosstalk.environment.backends.wiring import LIMITS
from crosstalk.targets.reference.limits import production_limits


@dataclass
class Part:
    """A service's settings."""

    environment: dict[str, str]


@dataclass
class Running:
    """A system that notes what is started again."""

    kind: str = "processes"
    services: dict[str, Part] = field(default_factory=dict)
    restarted: list[tuple[str, ...]] = field(default_factory=list)
    prepared: list[dict[str, dict[str, str]]] = field(default_factory=list)

    def restart(self, *names: str) -> None:
        """Note it, with what the services were given."""
        self.restarted.append(names)

    def prepare_restart(self, environments: dict[str, dict[str, str]]) -> None:
        """Note it."""
        self.prepared.append(environments)


def lifted(**others: str) -> Part:
    return Part({**dict.fromkeys(LIMITS, "1000000"), **others})


def test_services_are_restarted_once_and_together_without_the_lifted_limits() -> None:
    running = Running(services={"mcp": lifted(A="1"), "backend": lifted(**NO_PACE)})
    start_again = production_limits(cast(RunningSystem, running))
    assert start_again is not None
    start_again()
    assert running.restarted == [("backend", "mcp")]
    assert running.services["mcp"].environment == {"A": "1"}
    assert running.services["backend"].environment == {}
    # A second time there is nothing to take away.
    start_again()
    assert running.restarted[1:] in ([], [()])


def test_service_with_limits_is_loaded_before_and_the_running_one_stays_as_it_is() -> None:
    running = Running(services={"mcp": lifted(A="1"), "backend": lifted(), "issuer": Part({})})
    limits = production_limits(cast(RunningSystem, running))
    assert limits is not None
    limits.prepare()
    assert running.prepared == [{"backend": {}, "mcp": {"A": "1"}}]
    assert set(LIMITS) <= set(running.services["mcp"].environment)
    assert not running.restarted
    limits()
    assert {name: part.environment for name, part in running.services.items()} == {
        **running.prepared[0],
        "issuer": {},
    }
    limits.prepare()
    assert running.prepared[1:] == [{}]


def test_limits_of_a_system_that_was_not_started_as_processes_cannot_be_had() -> None:
    services: dict[str, Any] = {"mcp": lifted(), "backend": lifted()}
    for running in (Running("containers", services), Running(services={"mcp": lifted()})):
        assert production_limits(cast(RunningSystem, running)) is None
