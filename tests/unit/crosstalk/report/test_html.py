"""The HTML report: findings to work through, and nothing that a hostile target said is markup."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from jinja2 import Environment

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.evidence import exchange_of
from crosstalk.core.script import script_of
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from crosstalk.report import html as module
from crosstalk.report.html import html
from tests.unit.crosstalk.histories import ALICE, Writer, ok

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    '<a href="javascript:alert(1)">here</a>',
    "</style></pre></title><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% include 'report.css' %}",
    "&lt;script&gt;",
    "\x1b[2J \x00 \x9b \u202e \ud800 \udfff",
)
_ATTRIBUTES = {
    *("autocomplete", "class", "charset", "colspan", "content", "data-operation", "data-oracle"),
    *("data-severity", "hidden", "href", "http-equiv", "id", "lang", "name", "open", "scope"),
    *("data-label", "tabindex", "title", "type", "value"),
}


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str | None] = []
        self.shown = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag and the names of its attributes."""
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]
        self.shown += "".join(f" {value}" for name, value in attrs if name == "title")

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.shown += data


def everywhere(text: str) -> CampaignResult:
    """Return a result that holds a text wherever a target, or its description, can put one."""
    story = Writer().call(ALICE, f"mcp:{text}", {text: text}, ok({}))
    call = replace(next(iter(story.history)), answer=ok({text: [text]}))
    finding = Finding(
        text,
        f"mcp:{text}",
        (text, "alice"),
        text,
        script_of(story.history),
        replay=text,
        evidence=(exchange_of(call, [text]),),
    )
    return CampaignResult(
        "leak",
        1,
        1.0,
        7,
        [finding],
        {f"{text}:{text}": Control(1, 1, 1, 1, {text: 1}), f"mcp:{text}": Control()},
        [Inconclusive(InconclusiveKind.UNSTEADY, text, text)],
        not_applicable={text: text},
        coverage={f"mcp:{text}": {text: 0}},
        provenance={"version": text, text: text},
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_html_report_shows_a_hostile_text_as_text(text: str) -> None:
    harmless = Page(html(everywhere("harmless")))
    page = Page(html(everywhere(text)))
    # The order of rows follows their names; the tags are the same ones.
    # A long name may be broken at more places than a short one.
    assert Counter(page.tags) - Counter({"wbr": page.tags.count("wbr")}) == Counter(
        harmless.tags
    ) - Counter({"wbr": harmless.tags.count("wbr")})
    assert not {"img", "svg"} & set(page.tags)
    assert page.tags.count("script") == 1
    assert page.links == ["#finding-1"]
    assert page.attributes <= _ATTRIBUTES
    assert "49" not in page.shown
    if text.isprintable():
        assert page.shown.count(text) > 15
    html(everywhere(text)).encode("utf-8")
    assert all(each.isprintable() or each == "\n" for each in html(everywhere(text)))


def test_html_report_without_escaping_would_hold_the_markup(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_door: Environment = module._environment().overlay(autoescape=False)
    monkeypatch.setattr(module, "_environment", lambda: open_door)
    assert Page(html(everywhere(HOSTILE[0]))).tags.count("script") > 1


def test_html_report_refers_to_nothing_elsewhere() -> None:
    page = html(everywhere("harmless"))
    assert not any(each in page for each in ("http:", "https:", "url(", "@import", "src="))
    # The same run without findings, doubts and coverage has the same frame.
    bare = replace(everywhere("harmless"), findings=[], inconclusive=[], coverage={})
    assert "<h2>Findings</h2>" not in html(bare)
    assert "<h2>Inconclusive</h2>" not in html(bare)


def test_html_report_runs_its_own_script_alone() -> None:
    page = html(everywhere(HOSTILE[0]))
    script = page[page.index("<script>") + 8 : page.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', page)
    assert unescape(policy).endswith(f"script-src 'sha256-{digest}'")


def test_html_report_tells_situations_that_were_made_and_that_were_not() -> None:
    result = replace(
        everywhere("harmless"),
        situations={"honest updates": 14},
        situations_not_made={"limits": "no call was refused"},
    )
    shown = Page(html(result)).shown
    assert "honest updates 14" in shown
    assert "limits: not made, no call was refused" in shown
