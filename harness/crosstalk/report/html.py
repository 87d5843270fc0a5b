"""One self-contained page: the leak matrix as a picture, each finding's script, the controls.

No script, no font and no picture from elsewhere: the page can be kept as a build artefact and read
anywhere. Everything that came from the system under test is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import Finding
from crosstalk.report.html_style import STYLE
from crosstalk.report.matrix import Cell, State, matrix, oracles_of
from crosstalk.report.oracle_meanings import meaning
from crosstalk.report.text import printable

_CLASSES = {State.CLEAN: "clean", State.LEAK: "leak", State.UNTRIED: "untried"}
# Below so many opportunities a clean cell is shown pale.
_FEW = 5
_VERDICTS = {
    "clean": "Nothing crossed between users, and every oracle had opportunities to see it.",
    "leak": "Data crossed between users.",
    "inconclusive": "This run shows nothing: why, is said at its end.",
}


def html(result: CampaignResult, title: str = "Isolation") -> str:
    """The result as a page."""
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            # Nothing in the page may be fetched or run, whatever the findings contain.
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{_text(title)}: {_text(result.verdict)}</title>",
            f"<style>{STYLE}</style></head><body>",
            f'<h1>{_text(title)} <span class="verdict {_text(result.verdict)}">'
            f"{_text(result.verdict)}</span></h1>",
            f"<p>{_VERDICTS[result.verdict]}</p>",
            _facts(result),
            _findings(result),
            "<h2>Leak matrix</h2>",
            _legend(),
            _matrix(result),
            _oracles(result),
            _inconclusive(result),
            "<h2>Controls</h2>",
            '<p class="quiet">A clean cell counts because users were shown their own data by the '
            "same operation, and because it was tried with what belongs to others.</p>",
            _controls(result),
            _coverage(result),
            "</body></html>\n",
        ]
    )


def _facts(result: CampaignResult) -> str:
    """What was run, and with what it can be run again."""
    facts = {
        "calls": f"{result.calls} in {result.seconds:.1f} s",
        "findings": str(len(result.findings)),
        "seed": str(result.seed),
        **result.provenance,
    }
    items = "".join(
        f"<dt>{_text(name)}</dt><dd><code>{_text(value)}</code></dd>"
        for name, value in facts.items()
    )
    return f"<dl>{items}</dl>"


def _findings(result: CampaignResult) -> str:
    if not result.findings:
        return ""
    articles = [_finding(number, each) for number, each in enumerate(result.findings, start=1)]
    return "\n".join(["<h2>Findings</h2>", *articles])


def _finding(number: int, finding: Finding) -> str:
    script = "\n".join(_text(line) for line in finding.script.lines())
    replay = (
        f"<p>Replay: <code>crosstalk replay {_text(finding.replay)}</code></p>"
        if finding.replay
        else ""
    )
    return (
        f'<article id="finding-{number}"><strong>{number}. {_text(finding.oracle)}</strong> '
        f"<code>{_text(finding.operation)}</code><p>{_text(finding.summary)}</p>"
        f'<p class="quiet">{_text(meaning(finding.oracle))}. '
        f"Actors: {_text(', '.join(finding.actors))}</p>"
        f"<pre>{script}</pre>{replay}</article>"
    )


def _legend() -> str:
    return (
        '<p class="quiet">How often each oracle could have fired, by operation.</p>'
        '<p class="legend"><span class="leak">9</span>leak'
        '<span class="clean">9</span>clean'
        f'<span class="few">2</span>clean, with fewer than {_FEW} opportunities'
        '<span class="untried">–</span>no opportunity: it says nothing</p>'
    )


def _matrix(result: CampaignResult) -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in oracles_of(result))
    rows = (
        (operation, "".join(_cell(each) for each in cells))
        for operation, cells in matrix(result).items()
    )
    return _table("matrix", f'<th scope="col">operation</th>{head}', rows)


def _cell(cell: Cell) -> str:
    count = cell.opportunities
    shown = {
        State.CLEAN: str(count),
        State.LEAK: f'<span class="word">LEAK </span>{count or "!"}',
        State.UNTRIED: "–",
    }[cell.state]
    hint = f"{cell.oracle}: {cell.state.value}, {count} opportunities"
    few = " few" if cell.state is State.CLEAN and count < _FEW else ""
    style = f"cell {_CLASSES[cell.state]}{few}"
    return f'<td class="{style}" title="{_text(hint)}">{shown}</td>'


def _oracles(result: CampaignResult) -> str:
    """What each column means, and why one is empty."""
    items = [
        f"<dt>{_text(name)}</dt><dd>{_text(meaning(name))}."
        + (f" Not applicable here: {_text(reason)}." if reason else "")
        + "</dd>"
        for name in dict.fromkeys([*oracles_of(result), *result.not_applicable])
        for reason in [result.not_applicable.get(name, "").rstrip(".")]
    ]
    return (
        f"<details open><summary>What the oracles mean</summary><dl>{''.join(items)}</dl></details>"
    )


def _controls(result: CampaignResult) -> str:
    columns = ("operation", "calls", "answered", "own reads", "foreign attempts")
    rows = (
        (
            name,
            f"<td>{each.calls}</td><td>{each.answered}</td><td>{each.own_reads}</td>"
            f"<td>{each.foreign_attempts}</td>",
        )
        for name, each in sorted(result.controls.items())
    )
    return _table("controls", "".join(f'<th scope="col">{name}</th>' for name in columns), rows)


def _coverage(result: CampaignResult) -> str:
    """Which parameters ever carried what belongs to another."""
    if not result.coverage:
        return ""
    rows = (
        (
            f"{operation} {parameter}",
            f"<td>{count}</td>" if count else '<td class="never">never</td>',
        )
        for operation, counts in sorted(result.coverage.items())
        for parameter, count in counts.items()
    )
    head = '<th scope="col">parameter</th><th scope="col">calls</th>'
    return (
        "<h2>Argument coverage</h2>"
        '<p class="quiet">In how many calls each parameter that can name somebody or something '
        "carried what belongs to another user.</p>" + _table("coverage", head, rows)
    )


def _table(name: str, head: str, rows: Iterable[tuple[str, str]]) -> str:
    """A table whose rows stand under the protocol that their operation is called by."""
    width = head.count("<th")
    body = "".join(_grouped(rows, width))
    return f'<table class="{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _grouped(rows: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    for surface, members in groupby(rows, key=lambda row: row[0].partition(":")[0]):
        for place, (operation, cells) in enumerate(members):
            bare = operation.partition(":")[2]
            if bare and not place:
                yield f'<tr class="group"><th colspan="{width}">{_text(surface)}</th></tr>'
            yield f'<tr><th scope="row">{_text(bare or operation)}</th>{cells}</tr>'


def _inconclusive(result: CampaignResult) -> str:
    if not result.inconclusive:
        return ""
    items = "".join(f"<li>{_text(str(each))}</li>" for each in result.inconclusive)
    return f"<h2>Inconclusive</h2><ul>{items}</ul>"


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
