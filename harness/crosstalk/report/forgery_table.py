"""Table of forgeries by surfaces, for people and as data."""

from __future__ import annotations

from rich.table import Table

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


def forgery_table(report: ForgeryReport) -> Table:
    """Return the table of a report, a row a forgery."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("forgery", no_wrap=True, min_width=max(map(len, BY_NAME)))
    for each in report.surfaces:
        # A status fits below the longest word of any surface's name.
        table.add_column(each, min_width=max(map(len, each.split())))
    table.add_column("source", no_wrap=True, overflow="ellipsis", max_width=32)
    for name, row in report.table().items():
        cells = (_cell(row.get(each)) for each in report.surfaces)
        table.add_row(name, *cells, BY_NAME[name].source)
    return table


def _cell(attempt: Attempt | None) -> str:
    """The status of a refusal, and a word for whatever is none."""
    if attempt is None:
        return ""
    word = _WORDS.get(attempt.verdict, "")
    return f"{word} {attempt.status or ''}".strip()
