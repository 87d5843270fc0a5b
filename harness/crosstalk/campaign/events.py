"""Events of a campaign, for the reports that listen; it does not know which do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import Finding


@dataclass(frozen=True, slots=True)
class Started:
    """The surfaces were discovered and calls begin."""

    operations: int
    seed: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Calls, examples and seconds so far; calls that replay are counted apart."""

    calls: int
    examples: int
    seconds: float
    replay_calls: int = 0


@dataclass(frozen=True, slots=True)
class PartBegun:
    """A part of the run began: the first sweep, the search, a phase."""

    name: str


@dataclass(frozen=True, slots=True)
class Suspected:
    """An oracle fired; the finding is not believed until it replays."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Shortened:
    """A shorter script of a finding is tried: its steps, and the replayed calls so far."""

    finding: Finding
    steps: int
    replay_calls: int


@dataclass(frozen=True, slots=True)
class FindingFound:
    """A finding replayed and was shrunk."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Finished:
    """The campaign is over."""

    result: CampaignResult


Event: TypeAlias = Started | PartBegun | Progress | Suspected | Shortened | FindingFound | Finished
Emit: TypeAlias = Callable[[Event], None]
