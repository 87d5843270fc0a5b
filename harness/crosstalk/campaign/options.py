"""Options of a campaign: the budget, and three profiles of it by name."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

# More than any run confirms: one an oracle and operation.
ALL_FINDINGS = 1_000

Profile: TypeAlias = Literal["quick", "standard", "deep"]


@dataclass(frozen=True, slots=True)
class CampaignOptions:
    """Budget and seed of a campaign.

    Attributes:
        calls: Number of calls after which the campaign stops; those that replay are not counted.
        seconds: Seconds after which the campaign stops, whatever the calls.
        seed: Reproduces the run's choices.
        steps: Rules played in one example.
        findings: Stop once this number of findings is confirmed.
        oracles: Names of the oracles that judge; none means all.
        exclude: Patterns of operations that are not called.
        seed_from: A recording whose arguments are known to be accepted.
        shortening: Seconds that shortening the script of one finding may take, at most.
    """

    calls: int = 2_400
    seconds: float = 100.0
    seed: int = field(default_factory=lambda: secrets.randbelow(2**32))
    steps: int = 18
    findings: int = 1
    oracles: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    seed_from: Path | None = None
    shortening: float = 60.0


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of a campaign: calls, or seconds, whichever is used first."""

    calls: int
    seconds: float


PROFILES: dict[Profile, Budget] = {
    "quick": Budget(1_200, 60.0),
    "standard": Budget(6_000, 180.0),
    "deep": Budget(40_000, 1_800.0),
}


def options_of(
    profile: Profile,
    *,
    calls: int | None = None,
    seconds: float | None = None,
    seed: int | None = None,
    stop_at_first: bool = True,
    oracles: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    seed_from: Path | None = None,
) -> CampaignOptions:
    """A profile's options; what is given takes the place of the profile's, and of a drawn seed."""
    budget = PROFILES[profile]
    chosen = CampaignOptions(
        calls=budget.calls if calls is None else calls,
        seconds=budget.seconds if seconds is None else seconds,
        findings=1 if stop_at_first else ALL_FINDINGS,
        oracles=oracles,
        exclude=exclude,
        seed_from=seed_from,
    )
    return chosen if seed is None else replace(chosen, seed=seed)
