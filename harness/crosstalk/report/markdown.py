"""A summary in Markdown, short enough for a pull request."""

from __future__ import annotations

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import Finding
from crosstalk.report.acceptance_text import acceptance_lines
from crosstalk.report.finding_text import MARKS, how_to_see, known_as
from crosstalk.report.matrix import State, matrix, oracles_of
from crosstalk.report.text import counted, printable
from crosstalk.report.timing import telling_times

_VERDICTS = {
    "clean": "nothing crossed",
    "leak": "data crossed between users",
    "inconclusive": "this run shows nothing",
}
_MARKS = {State.CLEAN: "✓", State.LEAK: "**LEAK**", State.UNTRIED: "–"}


def markdown(result: CampaignResult) -> str:
    """The verdict, the findings as scripts, and the matrix."""
    lines = [
        f"## Isolation: {result.verdict}, {_VERDICTS[result.verdict]}",
        "",
        f"{result.calls} calls in {result.seconds:.0f} s, "
        f"{counted(len(result.findings), 'finding')}, seed {result.seed}.",
        "",
        *_acceptance(result),
        *_provenance(result),
        *_defects(result),
    ]
    for number, finding in enumerate(result.findings, start=1):
        lines += _finding(number, finding, result.why_accepted(finding))
    oracles = oracles_of(result)
    lines += [
        "<details><summary>What each check could have seen (✓ clean, – no opportunity)</summary>",
        "",
        f"| operation | calls | own reads | foreign attempts | {' | '.join(oracles)} |",
        f"|---|---:|---:|---:|{'---:|' * len(oracles)}",
    ]
    for operation, cells in matrix(result).items():
        control = result.controls.get(operation)
        counts = (
            (control.calls, control.own_reads, control.foreign_attempts) if control else (0, 0, 0)
        )
        shown = [
            f"{_MARKS[cell.state]} {cell.opportunities}"
            if cell.opportunities
            else _MARKS[cell.state]
            for cell in cells
        ]
        row = [_code(operation), *(str(count) for count in counts), *shown]
        lines.append(f"| {' | '.join(row)} |")
    lines += ["", "</details>", *_coverage(result)]
    if result.public:
        lines += ["", f"Public, the same for every user: {', '.join(map(_code, result.public))}."]
    if result.inconclusive:
        lines += ["", "Inconclusive:", ""]
        lines += [f"- {_code(str(each))}" for each in result.inconclusive]
    if told := telling_times(result):
        lines += ["", "Time:", "", *(f"- {_code(each)}" for each in told)]
    return "\n".join(lines) + "\n"


def _acceptance(result: CampaignResult) -> list[str]:
    """Return what of the findings is accepted, and what was accepted and did not show."""
    lines = acceptance_lines(result)
    return [*(f"- {_code(each)}" for each in lines), ""] if lines else []


def _provenance(result: CampaignResult) -> list[str]:
    said = [f"{name} {_code(value)}" for name, value in result.provenance.items()]
    return [f"{', '.join(said)}.", ""] if said else []


def _defects(result: CampaignResult) -> list[str]:
    """Return a table with one row for each thing to fix."""
    defects = result.defects()
    if not defects:
        return []
    lines = [
        f"{counted(len(defects), 'defect')} to fix:",
        "",
        "| # | severity | what to fix | operations | users | shown by |",
        "|---:|---|---|---|---|---|",
    ]
    for number, each in enumerate(defects, start=1):
        named = (
            ", ".join(_code(name) for name in names) for names in (each.operations, each.users)
        )
        row = (str(number), each.severity, each.remedy, *named, ", ".join(each.oracles))
        lines.append(f"| {' | '.join(row)} |")
    return [*lines, ""]


def _coverage(result: CampaignResult) -> list[str]:
    """The parameters that never carried anything of another user: what was not tried."""
    never = [
        f"{_code(operation)} {_code(parameter)}"
        for operation, counts in sorted(result.coverage.items())
        for parameter, count in counts.items()
        if not count
    ]
    if not never:
        return []
    summary = f"Parameters that never carried another user's id ({len(never)})"
    listed = [f"- {each}" for each in never]
    return ["", f"<details><summary>{summary}</summary>", "", *listed, "", "</details>"]


def _finding(number: int, finding: Finding, accepted: str) -> list[str]:
    script = [printable(line) for line in finding.script.lines()]
    parts = {heading: [printable(line) for line in lines] for heading, lines in how_to_see(finding)}
    seen, commands = parts.get("as it was seen", []), parts.get("by hand", [])
    # A fence longer than any run of backticks inside cannot be closed from inside.
    fence = "`" * max(3, *(_longest_run(line) + 1 for line in [*script, *seen, *commands]), 3)
    lines = [
        f"### {number}. {finding.oracle}: {_code(finding.operation)}",
        "",
        _code(finding.summary),
        "",
        *([f"Not new: {_code(accepted)}", ""] if accepted else []),
        fence,
        *script,
        fence,
        "",
    ]
    if seen:
        lines += [f"As it was seen; {MARKS}:", "", fence, *seen, fence, ""]
    lines += [finding.advice, "", f"Known as: {_code(known_as(finding))}", ""]
    lines += [f"Fingerprint: {_code(finding.fingerprint)}", ""]
    if commands:
        lines += ["By hand, in bash:", "", f"{fence}sh", *commands, fence, ""]
    if finding.replay:
        lines += [f"Replay: {_code(f'crosstalk replay {finding.replay}')}", ""]
    return lines


def _longest_run(line: str) -> int:
    longest = run = 0
    for character in line:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest


def _code(text: str) -> str:
    """Hostile text as inline code: no markup, no table borders."""
    safe = printable(text).replace("|", "\\|")
    fence = "`" * (_longest_run(safe) + 1)
    padding = " " if safe.startswith("`") or safe.endswith("`") else ""
    return f"{fence}{padding}{safe}{padding}{fence}"
