"""One self-contained page: the leak matrix as a picture, each finding's script, the controls.

No script, no font and no picture from elsewhere: the page can be kept as a build artefact and read
anywhere. Everything that came from the system under test is escaped.
"""

from __future__ import annotations

from html import escape

from harness.isolation.result import CampaignResult, Finding
from harness.report.matrix import Cell, State, matrix, oracles_of
from harness.report.text import printable

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --clean: #1a7f37; --leak: #cf222e;
  --untried: #8a8f98; --soft: #8881; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 2rem 1.25rem 4rem;
  max-width: 68rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; color: #fff;
  background: var(--untried); }
.verdict.clean { background: var(--clean); } .verdict.leak { background: var(--leak); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; font-family: ui-monospace, monospace;
  font-size: .85rem; font-weight: 400; }
thead th { font-weight: 600; border-bottom-width: 2px; }
td.cell { color: #fff; min-width: 6.5rem; text-align: center; border: 2px solid Canvas; }
td.clean { background: var(--clean); } td.leak { background: var(--leak); font-weight: 700; }
td.untried { background: none; color: var(--untried); border-color: var(--line);
  border-style: dashed; border-width: 1px; }
article { border: 1px solid var(--line); border-left: 4px solid var(--leak); border-radius: 6px;
  padding: .75rem 1rem; margin: 1rem 0; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .75rem; border-radius: 6px; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: .85rem; }
.quiet { color: var(--untried); }
"""
_CLASSES = {State.CLEAN: "clean", State.LEAK: "leak", State.UNTRIED: "untried"}


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
            f"<style>{_STYLE}</style></head><body>",
            f'<h1>{_text(title)} <span class="verdict {_text(result.verdict)}">'
            f"{_text(result.verdict)}</span></h1>",
            f'<p class="quiet">{result.calls} calls in {result.seconds:.1f} s, '
            f"{len(result.findings)} finding(s), seed {result.seed}</p>",
            _findings(result),
            "<h2>Leak matrix</h2>",
            '<p class="quiet">Each cell says how often the oracle could have fired. '
            "A dashed cell had no opportunity: it says nothing.</p>",
            _matrix(result),
            "<h2>Controls</h2>",
            _controls(result),
            _inconclusive(result),
            "</body></html>\n",
        ]
    )


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
        f'<p class="quiet">Actors: {_text(", ".join(finding.actors))}</p>'
        f"<pre>{script}</pre>{replay}</article>"
    )


def _matrix(result: CampaignResult) -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in oracles_of(result))
    rows = [
        f'<tr><th scope="row">{_text(operation)}</th>{"".join(_cell(each) for each in cells)}</tr>'
        for operation, cells in matrix(result).items()
    ]
    return _table(f'<th scope="col">operation</th>{head}', rows)


def _cell(cell: Cell) -> str:
    shown = {
        State.CLEAN: str(cell.opportunities),
        State.LEAK: f"LEAK ({cell.opportunities})",
        State.UNTRIED: "–",
    }[cell.state]
    hint = f"{cell.oracle}: {cell.state.value}, {cell.opportunities} opportunities"
    return f'<td class="cell {_CLASSES[cell.state]}" title="{_text(hint)}">{shown}</td>'


def _controls(result: CampaignResult) -> str:
    columns = ("operation", "calls", "answered", "own reads", "foreign attempts")
    rows = [
        f'<tr><th scope="row">{_text(name)}</th><td>{each.calls}</td><td>{each.answered}</td>'
        f"<td>{each.own_reads}</td><td>{each.foreign_attempts}</td></tr>"
        for name, each in sorted(result.controls.items())
    ]
    return _table("".join(f'<th scope="col">{name}</th>' for name in columns), rows)


def _table(head: str, rows: list[str]) -> str:
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _inconclusive(result: CampaignResult) -> str:
    if not result.inconclusive:
        return ""
    items = "".join(f"<li>{_text(each)}</li>" for each in result.inconclusive)
    return f"<h2>Inconclusive</h2><ul>{items}</ul>"


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
