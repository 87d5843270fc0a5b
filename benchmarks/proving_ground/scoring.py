"""Score of one server: all leaks at once, the clean twin, and alone what was missed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.proving_ground.campaign import Mode, Run
from benchmarks.proving_ground.manifest import Entry
from benchmarks.proving_ground.matching import Finding, Match, is_meant, match_findings
from benchmarks.proving_ground.packages import MissingProgramError
from benchmarks.served import ServerError

# Runs a tool on a server: the server, how it is described, `LEAKS`, an empty folder.
Campaign = Callable[[Entry, Mode, str, Path], Run]


_NO_RUN = Run()


@dataclass(frozen=True, slots=True)
class Score:
    """Outcome of one server in one mode and one seed.

    Attributes:
        entry: The server.
        mode: How it was described.
        seed: Of the runs.
        matches: One for each planted leak; none where the server could not be run.
        leaking: The run with all leaks on.
        clean: The run with none.
        unavailable: Why the server could not be run; None where it could.
    """

    entry: Entry
    mode: Mode
    seed: int
    matches: tuple[Match, ...] = ()
    leaking: Run = _NO_RUN
    clean: Run = _NO_RUN
    unavailable: str | None = None

    @property
    def false(self) -> tuple[Finding, ...]:
        """Findings on the clean twin, but those of what it shows on purpose."""
        meant = self.entry.manifest.meant
        return tuple(each for each in self.clean.findings if not is_meant(each, meant))

    @property
    def found(self) -> int:
        """Number of planted leaks that were found."""
        return sum(each.how is not None for each in self.matches)

    def as_json(self) -> dict[str, Any]:
        """Return what programs read."""
        manifest = self.entry.manifest
        return {
            "server": manifest.name,
            "author": manifest.author,
            "surface": manifest.surface,
            "framework": manifest.framework,
            "mode": self.mode,
            "seed": self.seed,
            "planted": len(self.matches),
            "found": self.found,
            "false": len(self.false),
            "seconds": round(self.leaking.seconds + self.clean.seconds, 1),
            "calls_to_first": self.leaking.calls_to_first,
            "leaks": [
                {
                    "id": each.planted.id,
                    "oracle": each.planted.oracle,
                    "how": each.how,
                    "by": each.by,
                }
                for each in self.matches
            ],
            "leaking": asdict(self.leaking),
            "clean": asdict(self.clean),
            "unavailable": self.unavailable,
        }


def score_server(
    entry: Entry,
    mode: Mode,
    seed: int,
    campaign: Campaign,
    *,
    alone: bool = True,
    keep: Path | None = None,
) -> Score:
    """Score one server.

    A leak that no finding at its operation shows is tried alone: whatever a tool finds then, which
    it does not find on the clean twin, is due to that leak.

    Args:
        entry: The server.
        mode: How it is described.
        seed: Of its runs, for the record.
        campaign: Runs the tool.
        alone: Try leaks alone that were not found among all.
        keep: A folder for everything that the runs write; by default it is thrown away.
    """
    with tempfile.TemporaryDirectory(prefix="proving-") as temporary:
        base = Path(temporary) if keep is None else keep / f"{entry.manifest.name}-{mode}-{seed}"
        try:
            leaking = campaign(entry, mode, "all", base / "all")
            clean = campaign(entry, mode, "", base / "clean")
            matches = []
            for each in match_findings(entry.manifest.planted, leaking.findings):
                single = each
                if alone and each.how is None and leaking.verdict != "failed":
                    run = campaign(entry, mode, each.planted.id, base / each.planted.id)
                    single = _matched_alone(each, run, clean)
                matches.append(single)
        except (MissingProgramError, ServerError) as error:
            return Score(entry, mode, seed, unavailable=re.sub(r"\s+", " ", str(error)))
    return Score(entry, mode, seed, tuple(matches), leaking, clean)


def _matched_alone(match: Match, run: Run, clean: Run) -> Match:
    (here,) = match_findings([match.planted], run.findings)
    if here.how is not None:
        return here
    known = {(each.operation, each.oracle) for each in clean.findings}
    new = [each for each in run.findings if (each.operation, each.oracle) not in known]
    if not new:
        return match
    return Match(
        match.planted,
        "alone",
        tuple(sorted({f"{each.oracle} at {each.operation}" for each in new})),
    )
