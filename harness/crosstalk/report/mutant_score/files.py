"""The files of a run's score, written each time another mutant has an outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crosstalk.campaign.mutant_outcome import MutantOutcome
from crosstalk.report.mutant_score.page import score_page
from crosstalk.report.mutant_score.picture import score_picture
from crosstalk.report.mutant_score.score import summary
from crosstalk.report.run_folder import RunFolder


def write_score(
    folder: RunFolder, outcomes: Sequence[MutantOutcome], options: Mapping[str, object]
) -> dict[str, Any]:
    """Write `summary.json`, `score.svg` and `score.md`, and return the figures.

    Args:
        folder: Of the run.
        outcomes: So far, in the order of the catalog.
        options: Of the run; they are written beside the figures.
    """
    figures = summary(outcomes)
    folder.write_summary({**figures, **options})
    folder.write("score.svg", score_picture(outcomes))
    folder.write("score.md", score_page(outcomes, {**figures, **options}))
    return figures
