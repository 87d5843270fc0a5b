"""Evidence of a finding in every form: the answer with what belongs to another marked."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from html import unescape

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.evidence import Exchange
from crosstalk.report.console import ConsoleReport
from crosstalk.report.html import html
from crosstalk.report.junit import junit
from crosstalk.report.markdown import markdown
from crosstalk.report.sarif import sarif

_SECRET = "secret-of-alice"
COMMANDS = (
    "# Set first: BOB_TOKEN, the token of bob",
    'curl -sS "$URL/list" -H "Authorization: Bearer $BOB_TOKEN" --data-raw \'<b>`````&\'',
)


@pytest.fixture
def seen(leak: CampaignResult) -> CampaignResult:
    """The run with one finding and its evidence, whose text tries to break out."""
    answer = f"ok 200 <b>`````{_SECRET}\n`````\n# heading \x1b[2J</pre>"
    exchange = Exchange(2, "bob: list {}", answer, (_SECRET,))
    leak.findings[0] = replace(
        leak.findings[0], evidence=(exchange,), commands=COMMANDS, replayed=(3, 3)
    )
    return leak


def test_html_marks_the_foreign_value_and_nothing_else(seen: CampaignResult) -> None:
    page = html(seen)
    assert page.count("<mark>") == page.count(f"<mark>{_SECRET}</mark>") == 1
    assert '<span class="actor">bob</span> <code>list {}</code>' in page
    assert "<b>" not in page


def test_markdown_keeps_evidence_inside_its_fence(seen: CampaignResult) -> None:
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown(seen))
    assert f"&gt;&gt;&gt;{_SECRET}&lt;&lt;&lt;" in page
    assert "<b>" not in page
    assert "<h1>" not in page


def test_console_and_junit_show_the_call_and_the_marked_answer(seen: CampaignResult) -> None:
    out = io.StringIO()
    ConsoleReport(Console(file=out, width=100), 1).finding(seen.findings[0])
    for text in (out.getvalue(), junit(seen).replace("&gt;", ">").replace("&lt;", "<")):
        assert "2. bob: list {}" in text
        assert f">>>{_SECRET}<<<" in text
        assert "\x1b" not in text


def test_every_form_has_the_commands_as_they_are_pasted(seen: CampaignResult) -> None:
    out = io.StringIO()
    ConsoleReport(Console(file=out, width=80), 1).finding(seen.findings[0])
    (told,) = json.loads(sarif(seen))["runs"][0]["results"]
    forms = {
        "console": out.getvalue(),
        "markdown": markdown(seen),
        "html": unescape(html(seen)),
        "junit": unescape(junit(seen)),
        "sarif": told["message"]["text"],
        "properties": "\n".join(told["properties"]["commands"]),
    }
    for form, text in forms.items():
        assert "\n".join(COMMANDS) in text, form


def test_every_form_says_what_to_look_for_and_how_it_is_known(seen: CampaignResult) -> None:
    out = io.StringIO()
    ConsoleReport(Console(file=out, width=80), 1).finding(seen.findings[0])
    (told,) = json.loads(sarif(seen))["runs"][0]["results"]
    for text in (
        out.getvalue(),
        markdown(seen),
        html(seen),
        junit(seen),
        told["message"]["text"],
    ):
        assert "Look for a query that is not limited to the caller" in text
        assert "CWE-639, CWE-200, OWASP API1:2023" in text
        assert "3 of 3 replays" in text
    rules = json.loads(sarif(seen))["runs"][0]["tool"]["driver"]["rules"]
    assert "external/cwe/cwe-639" in rules[told["ruleIndex"]]["properties"]["tags"]


def test_summary_holds_the_evidence(seen: CampaignResult) -> None:
    (finding,) = json.loads(json.dumps(seen.summary()))["findings"]
    (told,) = finding["evidence"]
    assert (told["number"], told["call"], told["foreign"]) == (2, "bob: list {}", [_SECRET])
