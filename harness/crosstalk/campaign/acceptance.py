"""Files by which the findings of a campaign are accepted, read before the campaign starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crosstalk.core.acceptance.baseline import Baseline, read_baseline
from crosstalk.core.acceptance.judgement import Acceptance, judged
from crosstalk.core.acceptance.waivers import Waiver, read_waivers, waiver_file
from crosstalk.core.errors import HarnessError
from crosstalk.core.verdict import Control, Finding


@dataclass(frozen=True, slots=True)
class Accepted:
    """Findings that a project accepts: a baseline, where one is given, and waivers."""

    baseline: Baseline | None
    waivers: tuple[Waiver, ...]

    def judge(
        self, findings: Sequence[Finding], controls: Mapping[str, Control]
    ) -> Acceptance | None:
        """Return what of these findings is accepted today; None where nothing could be."""
        if self.baseline is None and not self.waivers:
            return None
        return judged(
            findings,
            controls,
            baseline=self.baseline,
            waivers=self.waivers,
            today=datetime.now(UTC).date(),
        )


def read_accepted(
    baseline: Path | None, waivers: Path | None, target: Path | None, *, first: bool = False
) -> Accepted:
    """Read what is accepted.

    Args:
        baseline: The baseline's file, if one is given.
        waivers: The file of waivers, if one is named; otherwise the one beside the target's file.
        target: The file that describes the target; None for the reference system.
        first: Whether the run ends at its first finding.

    Raises:
        HarnessError: A file is missing or wrong. It is said before any call is made.
    """
    if first and baseline is not None:
        raise HarnessError(
            "a run that ends at its first finding may end at a known one: give --whole-budget with "
            "--baseline, or leave out --baseline"
        )
    if waivers is not None and not waivers.is_file():
        raise HarnessError(f"there is no {waivers}: crosstalk accept writes it")
    return Accepted(
        read_baseline(baseline) if baseline is not None else None,
        read_waivers(waivers if waivers is not None else waiver_file(target)),
    )
