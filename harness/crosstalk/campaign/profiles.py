"""How much a campaign tries, by name: a minute before a commit, a few minutes, or a night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from crosstalk.campaign.runner import CampaignOptions

Profile: TypeAlias = Literal["quick", "standard", "deep"]


@dataclass(frozen=True, slots=True)
class Budget:
    """Where a campaign stops: calls, or seconds, whichever is used first."""

    calls: int
    seconds: float


PROFILES: dict[Profile, Budget] = {
    "quick": Budget(1_200, 60.0),
    "standard": Budget(4_000, 180.0),
    "deep": Budget(40_000, 1_800.0),
}


def options_of(
    profile: Profile,
    *,
    calls: int | None = None,
    seconds: float | None = None,
    seed: int | None = None,
) -> CampaignOptions:
    """A profile's options; what is given takes the place of the profile's, and of a drawn seed."""
    budget = PROFILES[profile]
    chosen = CampaignOptions(
        calls=budget.calls if calls is None else calls,
        seconds=budget.seconds if seconds is None else seconds,
    )
    if seed is None:
        return chosen
    return CampaignOptions(calls=chosen.calls, seconds=chosen.seconds, seed=seed)
