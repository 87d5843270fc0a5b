"""The published score: a data file, and the page and picture that are generated from it.

A run of the catalog writes `summary.json`. What is published of it are three files of the docs, all
of them written here, so that none is ever edited by hand: a test compares the committed page and
picture with what the committed data gives.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crosstalk.campaign.mutant_outcome import MutantOutcome
from crosstalk.core.errors import HarnessError
from crosstalk.report.mutant_score.page import score_page
from crosstalk.report.mutant_score.picture import score_picture
from crosstalk.report.mutant_score.score import summary

DATA, PAGE, PICTURE = "mutants-score.json", "mutants-score.md", "pictures/mutants.svg"
# Of each mutant; scripts and notes stay in the run's folder.
_KEPT = ("id", "class", "alive", "killed_by", "expected_oracle", "calls", "seconds")
# Of a run with several seeds.
_SEED = "seed"
_OPTIONS = ("profile", "calls", "seed")
_FOOTER = (
    "\nGenerated from [mutants-score.json](mutants-score.json), as the picture is, by "
    "`./noxw -s score` after a run.\n"
)


def published(run: Mapping[str, Any]) -> dict[str, str]:
    """Generate the docs' files of a run: path below the docs' folder to text.

    Args:
        run: A run's `summary.json`, or a data file that was published before.

    Raises:
        HarnessError: It lacks what the page shows.
    """
    try:
        rows = [
            {key: each[key] for key in (*_KEPT, *([_SEED] if _SEED in each else []))}
            for each in run["mutants"]
        ]
        data = {key: run[key] for key in _OPTIONS if key in run}
        outcomes = [
            MutantOutcome(kind=row["class"], **{k: v for k, v in row.items() if k != "class"})
            for row in rows
        ]
        page = score_page(outcomes, {**summary(outcomes), **data})
    except (KeyError, TypeError) as error:
        raise HarnessError(f"not the summary of a run over the catalog: {error!r}") from error
    if not outcomes:
        raise HarnessError("the summary has no mutant: run `crosstalk mutants` first")
    return {
        DATA: _data_text(data, rows),
        PAGE: page + _FOOTER,
        PICTURE: score_picture(outcomes),
    }


def publish(run: Path, docs: Path) -> list[Path]:
    """Write the docs' files of a run.

    Args:
        run: A `summary.json`.
        docs: The docs' folder.

    Returns:
        What was written.

    Raises:
        HarnessError: The run cannot be read or used, or the docs' folder is not there.
    """
    try:
        summed = json.loads(run.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HarnessError(
            f"cannot read {run} ({type(error).__name__}): run `crosstalk mutants` first"
        ) from error
    if not docs.is_dir():
        raise HarnessError(f"{docs} is not a folder: name the docs' with --docs")
    written = []
    for name, text in published(summed).items():
        path = docs / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _data_text(options: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """JSON with one line a mutant, so that a change of the score is a readable diff."""
    head = "".join(f" {json.dumps(key)}: {json.dumps(each)},\n" for key, each in options.items())
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    return f'{{\n{head} "mutants": [\n{lines}\n ]\n}}\n'
