"""Table of forgeries by surfaces, for people and as data."""

from __future__ import annotations

from rich.console import Console

from crosstalk.report.tables import columns, print_table
from crosstalk.tokens import BY_NAME
from crosstalk.tokens.trial import Attempt, AttemptVerdict, ForgeryReport

_WORDS = {
    AttemptVerdict.ACCEPTED: "LET IN",
    AttemptVerdict.INCONCLUSIVE: "?",
    AttemptVerdict.NOT_SENDABLE: "n/s",
    AttemptVerdict.NOT_APPLICABLE: "n/a",
}
LEGEND = (
    "401: refused; 400, 413, 414, 431: not readable as a request, so no further; "
    "n/s: the surface has no place for it; n/a: genuine on this surface, or there is no such key"
)


def forgery_rows(report: ForgeryReport) -> dict[str, dict[str, object]]:
    """Return each forgery with its source and what became of it on each surface."""
    return {
        name: {
            "source": BY_NAME[name].source,
            "description": BY_NAME[name].description,
            "surfaces": {surface: _cell(attempt) for surface, attempt in row.items()},
        }
        for name, row in report.table().items()
    }


def print_forgeries(console: Console, report: ForgeryReport) -> None:
    """Print the table of a report, a row a forgery."""
    heads = columns("forgery", *report.surfaces, "source")
    rows = [
        (name, *(_cell(row.get(each)) for each in report.surfaces), BY_NAME[name].source)
        for name, row in report.table().items()
    ]
    print_table(console, "", heads, rows)


def _cell(attempt: Attempt | None) -> str:
    """The status of a refusal, and a word for whatever is none."""
    if attempt is None:
        return ""
    word = _WORDS.get(attempt.verdict, "")
    return f"{word} {attempt.status or ''}".strip()
