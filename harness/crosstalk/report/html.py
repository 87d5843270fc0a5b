"""One self-contained page: findings to work through, the leak matrix as a picture, the controls.

No script, no font and no picture from elsewhere: the page can be kept as a build artefact and read
anywhere, and without its script it shows the same. The page's policy (CSP 3, section 2.3.1) runs
the script with that hash and nothing else. Everything that came from the system under test is
escaped by the template engine, and what cannot be printed by the environment's `finalize`, so that
no template can forget either.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.defects.weaknesses import weakness_of
from crosstalk.report.finding_text import known_as
from crosstalk.report.matrix import Cell, State, matrix, oracles_of
from crosstalk.report.oracle_meanings import meaning
from crosstalk.report.sequence import MOST_LANES, sequence_of
from crosstalk.report.text import printable

_CLASSES = {State.CLEAN: "clean", State.LEAK: "leak", State.UNTRIED: "untried"}
# Below this number of opportunities a clean cell is shown pale.
_FEW = 5
_VERDICTS = {
    "clean": "Nothing crossed between users, and every oracle had opportunities to see it.",
    "leak": "Data crossed between users.",
    "inconclusive": "This run shows nothing: why, is said at its end.",
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """Contents of a table's cell: a text, a word before it, a class and a hint."""

    text: str
    style: str = ""
    hint: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table, and the operation that it is about."""

    name: str
    operation: str
    cells: tuple[_Shown, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of the operations that are called by one protocol; `surface` may be empty."""

    surface: str
    rows: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    columns: tuple[str, ...]
    groups: tuple[_Group, ...]


def html(result: CampaignResult, title: str = "Isolation") -> str:
    """Return the result as a page."""
    script = _environment().get_template("report.js").render()
    return (
        _environment()
        .get_template("isolation.html")
        .render(
            title=title,
            result=result,
            script=Markup(script),  # noqa: S704 - the project's own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            most_lanes=MOST_LANES,
            choices=_choices(result),
            explanation=_VERDICTS[result.verdict],
            facts=_facts(result),
            few=_FEW,
            defects=result.defects(),
            numbers={each.fingerprint: at for at, each in enumerate(result.findings, start=1)},
            oracles=_oracles(result),
            matrix=_matrix(result),
            controls=_controls(result),
            coverage=_coverage(result),
        )
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("crosstalk.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        keep_trailing_newline=True,
    )
    made.filters["meaning"] = meaning
    made.filters["breakable"] = _breakable
    made.filters["known_as"] = known_as
    made.filters["sequence"] = sequence_of
    made.filters["severity"] = lambda finding: weakness_of(finding.oracle).severity
    return made


def _finalized(value: object) -> object:
    """Return what a template prints: markup of its own macros as it is, the rest printable."""
    return value if isinstance(value, Markup) else printable(str(value))


def _breakable(name: str) -> Markup:
    """Return a name that a narrow column breaks after its signs instead of in mid-word."""
    parts = re.split(r"(?<=[/_:.])(?=.)", printable(name))
    return Markup("<wbr>").join(parts)


def _facts(result: CampaignResult) -> list[tuple[str, str]]:
    """Return what was run, and with what it can be run again."""
    return [
        ("calls", f"{result.calls} in {result.seconds:.1f} s"),
        ("findings", str(len(result.findings))),
        ("seed", str(result.seed)),
        *((name, value) for name, value in result.provenance.items() if value != "unknown"),
    ]


def _choices(result: CampaignResult) -> dict[str, list[str]]:
    """Return what the findings can be filtered by: attribute to the values that occur."""
    findings = result.findings
    return {
        "oracle": sorted({each.oracle for each in findings}),
        "severity": sorted({weakness_of(each.oracle).severity for each in findings}),
    }


def _oracles(result: CampaignResult) -> list[tuple[str, str]]:
    """Return the oracles, each with the reason why it has nothing to look at, if it has none."""
    return [
        (name, result.not_applicable.get(name, "").rstrip("."))
        for name in dict.fromkeys([*oracles_of(result), *result.not_applicable])
    ]


def _matrix(result: CampaignResult) -> _Table:
    rows = (
        (operation, tuple(_cell(each) for each in cells))
        for operation, cells in matrix(result).items()
    )
    return _Table(("operation", *oracles_of(result)), _grouped(rows))


def _cell(cell: Cell) -> _Shown:
    count = cell.opportunities
    few = " few" if cell.state is State.CLEAN and count < _FEW else ""
    return _Shown(
        text={
            State.CLEAN: str(count),
            State.LEAK: str(count or "!"),
            State.UNTRIED: "–",
        }[cell.state],
        style=f"cell {_CLASSES[cell.state]}{few}",
        hint=f"{cell.oracle}: {cell.state.value}, {count} opportunities",
        word="LEAK" if cell.state is State.LEAK else "",
    )


def _controls(result: CampaignResult) -> _Table:
    rows = (
        (
            name,
            tuple(
                _Shown(str(count))
                for count in (each.calls, each.answered, each.own_reads, each.foreign_attempts)
            ),
        )
        for name, each in sorted(result.controls.items())
    )
    columns = ("operation", "calls", "answered", "own reads", "foreign attempts")
    return _Table(columns, _grouped(rows))


def _coverage(result: CampaignResult) -> _Table:
    """Return which parameters ever carried what belongs to another."""
    rows = (
        (f"{operation} {parameter}", (_Shown(str(count)) if count else _Shown("never", "never"),))
        for operation, counts in sorted(result.coverage.items())
        for parameter, count in counts.items()
    )
    return _Table(("parameter", "calls"), _grouped(rows))


def _grouped(rows: Iterable[tuple[str, tuple[_Shown, ...]]]) -> tuple[_Group, ...]:
    """Return the rows under the protocol that their operation is called by."""
    groups = []
    for surface, members in groupby(rows, key=lambda row: row[0].partition(":")[0]):
        named = [(operation, operation.partition(":")[2], cells) for operation, cells in members]
        shown = tuple(_Row(bare or operation, operation, cells) for operation, bare, cells in named)
        groups.append(_Group(surface if named[0][1] else "", shown))
    return tuple(groups)
