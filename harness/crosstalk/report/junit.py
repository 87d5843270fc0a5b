"""JUnit XML: one test case for each operation and oracle, so that any CI shows the matrix.

Only what the campaign believes is a failure; a cell without opportunities is skipped, not passed,
and so is a finding that a baseline or a waiver accepts.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import Finding
from crosstalk.report.finding_text import how_to_see
from crosstalk.report.matrix import Cell, State, matrix
from crosstalk.report.text import printable


def junit(result: CampaignResult, name: str = "crosstalk.isolation") -> str:
    """The result as a JUnit document."""
    cells = [cell for row in matrix(result).values() for cell in row]
    counts = {
        "tests": str(len(cells)),
        "failures": str(sum(any(_failing(result, cell)) for cell in cells)),
        "errors": "0",
        "skipped": str(
            sum(cell.state is not State.CLEAN and not any(_failing(result, cell)) for cell in cells)
        ),
        "time": f"{result.seconds:.3f}",
    }
    suites = Element("testsuites", {"name": "crosstalk", **counts})
    suite = SubElement(suites, "testsuite", {"name": name, **counts})
    properties = SubElement(suite, "properties")
    for key, value in (
        ("verdict", result.verdict),
        ("seed", result.seed),
        ("calls", result.calls),
        *result.provenance.items(),
    ):
        SubElement(properties, "property", {"name": key, "value": str(value)})
    for cell in cells:
        _case(suite, name, cell, result)
    if result.inconclusive:
        SubElement(suite, "system-out").text = _printable_lines(
            [str(each) for each in result.inconclusive]
        )
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _printable_lines(lines: list[str]) -> str:
    """Lines that XML can hold."""
    return "\n".join(printable(line) for line in lines)


def _failing(result: CampaignResult, cell: Cell) -> list[Finding]:
    """Return the findings of a cell that neither a baseline nor a waiver accepts."""
    return [each for each in cell.findings if result.state_of(each).fails]


def _case(suite: Element, name: str, cell: Cell, result: CampaignResult) -> None:
    failing = _failing(result, cell)
    case = SubElement(
        suite,
        "testcase",
        {"classname": f"{name}.{cell.oracle}", "name": printable(cell.operation), "time": "0"},
    )
    if cell.state is State.UNTRIED:
        SubElement(case, "skipped", {"message": "the oracle had no opportunity to fire"})
    elif cell.findings and not failing:
        reasons = "; ".join(result.why_accepted(each) for each in cell.findings)
        SubElement(case, "skipped", {"message": printable(reasons)})
    elif failing:
        # The schema allows one failure a case.
        first = failing[0]
        failure = {"type": first.oracle, "message": printable(first.summary)}
        lines: list[str] = []
        for each in failing:
            lines += [each.summary, *each.script.lines()]
            for heading, said in how_to_see(each):
                lines += [f"{heading}:", *said]
        SubElement(case, "failure", failure).text = _printable_lines(lines)
