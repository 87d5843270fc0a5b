"""Found, missed and false, of a tool on a server, by the proving ground's own rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

from benchmarks.corpus_side_by_side.tools.base import Written
from benchmarks.proving_ground.manifest import Manifest, PlantedOracle
from benchmarks.proving_ground.matching import Finding, is_meant, is_same, match_findings

_OURS = frozenset(get_args(PlantedOracle))


@dataclass(frozen=True, slots=True)
class Score:
    """Result of a tool on a server.

    Attributes:
        server: Its name.
        tool: Its name.
        written: What a person wrote.
        found: Planted leaks whose operation it names in the leaking run, and not by the same
            finding in the clean one.
        missed: The others.
        false: Findings on the clean twin, `oracle at operation`, each once.
        seconds: Of the two runs.
        trouble: Why a run has no report; None where both have.
        measured: Date and commit.
    """

    server: str
    tool: str
    written: Written
    found: tuple[str, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]
    seconds: float
    trouble: str | None = None
    measured: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what programs read."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Score:
        """Return the score that `as_json` wrote."""
        sequences = {key: tuple(data[key]) for key in ("found", "missed", "false")}
        return cls(**{**data, **sequences, "written": Written(**data["written"])})


def score(
    manifest: Manifest,
    tool: str,
    written: Written,
    leaking: Sequence[Finding],
    clean: Sequence[Finding],
    seconds: float,
    trouble: str | None = None,
    measured: str = "",
) -> Score:
    """Score a tool on a server.

    Args:
        manifest: Of the server.
        tool: Its name.
        written: What a person wrote for it.
        leaking: What it reports with all leaks on.
        clean: What it reports with none.
        seconds: Of both runs.
        trouble: Why a run has no report.
        measured: Date and commit.
    """
    anyway = {(each.operation, each.oracle) for each in clean}
    due = [each for each in leaking if (each.operation, each.oracle) not in anyway]
    matches = match_findings(manifest.planted, due)
    false = {f"{each.oracle} at {each.operation}" for each in clean if not _meant(each, manifest)}
    return Score(
        server=manifest.name,
        tool=tool,
        written=written,
        found=tuple(each.planted.id for each in matches if each.how is not None),
        missed=tuple(each.planted.id for each in matches if each.how is None),
        false=tuple(sorted(false)),
        seconds=round(seconds, 1),
        trouble=trouble,
        measured=measured,
    )


def _meant(finding: Finding, manifest: Manifest) -> bool:
    """Return whether the server shows this on purpose; of other tools the operation decides."""
    if finding.oracle in _OURS:
        return is_meant(finding, manifest.meant)
    return any(is_same(finding.operation, each.operation) for each in manifest.meant)
