"""Table of forgeries by surfaces, for people and as data."""

from __future__ import annotations

import re
from urllib.parse import unquote

from rich.console import Console

from crosstalk.execution.by_hand.requests import TooLongError, curl
from crosstalk.execution.by_hand.shell import quoted
from crosstalk.execution.by_hand.variables import Variables
from crosstalk.report.tables import columns, print_table
from crosstalk.tokens import BY_NAME
from crosstalk.tokens.trial import Attempt, AttemptVerdict, ForgeryReport

_WORDS = {
    AttemptVerdict.ACCEPTED: "LET IN",
    AttemptVerdict.INCONCLUSIVE: "?",
    AttemptVerdict.NOT_SENDABLE: "n/s",
    AttemptVerdict.NOT_APPLICABLE: "n/a",
}
# Shorter words of a header are schemes and types.
_SHORTEST_TOKEN = 40
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


def forgery_lines(attempt: Attempt, mutant: str | None = None) -> list[str]:
    """Return what to run in a shell to see an accepted attempt again.

    The forged credential is a variable. Its issuer ends with the run: on another system, put a
    token of that system's issuer there, changed in the way that the first line tells.

    Args:
        attempt: Accepted.
        mutant: Id of the leak that was planted.
    """
    described = BY_NAME[attempt.forgery].description
    lines = [
        f"# {attempt.forgery} on {attempt.surface}, answered {attempt.status}: {described}",
        f"crosstalk forgeries --only {quoted(attempt.forgery)}"
        + (f" --mutant {quoted(mutant)}" if mutant else ""),
    ]
    if attempt.request is None:
        return lines
    variables = Variables({}, {})
    carried = [value for _, value in attempt.request.headers]
    carried.append(unquote(attempt.request.url))
    words = {word for value in carried for word in re.split(r"[\s?&=]+", value)}
    tokens = sorted(each for each in words if len(each) >= _SHORTEST_TOKEN and "/" not in each)
    for number, token in enumerate(tokens):
        variables.names[token] = name = f"FORGED_{number}" if number else "FORGED"
        variables.known[name] = token
    try:
        command = curl(attempt.request, variables, "-i")
    except (TooLongError, ValueError) as error:
        return [*lines, f"# not as a line of shell: {error}"]
    return [
        *lines,
        *(f"{name}={quoted(value)}" for name, value in variables.known.items()),
        command,
    ]


def _cell(attempt: Attempt | None) -> str:
    """The status of a refusal, and a word for whatever is none."""
    if attempt is None:
        return ""
    word = _WORDS.get(attempt.verdict, "")
    return f"{word} {attempt.status or ''}".strip()
