"""Replay of a finding's file: on the system that it comes from, or on another form of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from crosstalk.campaign.events import Event
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.core.errors import HarnessError
from crosstalk.core.history import Outcome
from crosstalk.core.verdict import Finding
from crosstalk.environment import DataAccess, Kind, Pooler
from crosstalk.execution.replay import load
from crosstalk.oracles.base import Suspicion
from crosstalk.phases.layers import made_in_sql
from crosstalk.targets.mutants import get_mutant
from crosstalk.targets.verification import Verified


@dataclass(frozen=True, slots=True)
class Recorded:
    """A finding of a replay file, and what it is replayed on.

    Attributes:
        finding: Its calls are run again.
        verified: What is started for it.
        where: The same in words.
    """

    finding: Finding
    verified: Verified
    where: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """Outcome of a replay.

    Attributes:
        seen: What showed, if it showed again.
        answered: Calls by outcome.
        in_sql: Whether it was tried in SQL, where no call is served.
    """

    seen: Suspicion | None
    answered: Counter[Outcome]
    in_sql: bool = False

    @property
    def conclusive(self) -> bool:
        """Return whether enough calls were served for a finding that does not show to be gone."""
        lost = self.answered[Outcome.UNREACHABLE] + self.answered[Outcome.LIMITED]
        served = self.in_sql or bool(self.answered[Outcome.OK])
        return self.seen is not None or (not lost and served)


def recorded_in(file: Path, *, mutant: str | None, environment: Kind = "processes") -> Recorded:
    """Read a replay file.

    Args:
        file: It was written by a campaign.
        mutant: A planted leak's id, `recorded` for the one in the file, `none` for the real system;
            None replays on what the file names, whatever it is.
        environment: What the system is started as.

    Raises:
        ReplayFileError: The file is not a replay file.
        HarnessError: It names what does not exist, or what cannot be combined.
    """
    finding, about = load(file)
    as_recorded = mutant in (None, "recorded")
    planted = (about.get("mutant") or "none") if as_recorded else str(mutant)
    demonstration = about.get("demonstration") if as_recorded else None
    described = about.get("target") if as_recorded else None
    if described and not Path(described).is_file():
        raise HarnessError(
            f"{file} was found on the target of {described}, which is not there: keep the replay "
            "file where it was in relation to it, or correct `target` in the replay file"
        )
    access = about.get("data_access") or "direct"
    if access not in get_args(DataAccess):
        raise HarnessError(f"{file} names an unknown data access {access!r}")
    pooler = about.get("pooler") or "none"
    if pooler not in get_args(Pooler):
        raise HarnessError(f"{file} names an unknown pooler {pooler!r}")
    verified = Verified(
        mutant=None if planted == "none" else get_mutant(planted),
        data_access=cast(DataAccess, access),
        demonstration=demonstration,
        described=Path(described) if described else None,
        pooler=cast(Pooler, pooler),
        sessions=bool(about.get("sessions")),
        environment=environment,
    )
    verified.require_sense()
    return Recorded(finding, verified, _where(planted, demonstration, described))


def replay_on(recorded: Recorded, folder: Path) -> Replayed:
    """Start the target, run the finding's calls again, end it.

    Raises:
        HarnessError: The target cannot be started, or lacks what the calls name.
    """
    with recorded.verified.running(folder) as target:
        campaign = Campaign(target, CampaignOptions(), _quiet)
        seen = campaign.reproduces(recorded.finding)
        return Replayed(seen, campaign.answered(), made_in_sql(recorded.finding.script))


def _where(planted: str, demonstration: Any, described: Any) -> str:
    if described:
        return f"what {described} describes"
    if demonstration:
        return f"the demonstration {demonstration!r}"
    return "the real system" if planted == "none" else f"the planted leak {planted!r}"


def _quiet(event: Event) -> None:
    """A replay tells its outcome alone."""
