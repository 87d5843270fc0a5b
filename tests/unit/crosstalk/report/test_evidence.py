"""Evidence of a finding in every form: the answer with what belongs to another marked."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.evidence import Exchange
from crosstalk.report.console import ConsoleReport
from crosstalk.report.html import html
from crosstalk.report.junit import junit
from crosstalk.report.markdown import markdown

_SECRET = "secret-of-alice"


@pytest.fixture
def seen(leak: CampaignResult) -> CampaignResult:
    """The run with one finding and its evidence, whose text tries to break out."""
    answer = f"ok 200 <b>`````{_SECRET}\n`````\n# heading \x1b[2J</pre>"
    exchange = Exchange(2, "bob: list {}", answer, (_SECRET,))
    leak.findings[0] = replace(leak.findings[0], evidence=(exchange,))
    return leak


def test_html_marks_the_foreign_value_and_nothing_else(seen: CampaignResult) -> None:
    page = html(seen)
    assert page.count("<mark>") == page.count(f"<mark>{_SECRET}</mark>") == 1
    assert "2. bob: list {}" in page
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


def test_summary_holds_the_evidence(seen: CampaignResult) -> None:
    (finding,) = json.loads(json.dumps(seen.summary()))["findings"]
    (told,) = finding["evidence"]
    assert (told["number"], told["call"], told["foreign"]) == (2, "bob: list {}", [_SECRET])
