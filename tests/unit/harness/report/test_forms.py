"""Reports in every form: what leaked, what was clean, and what says nothing."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.isolation.result import CampaignResult, Control, Finding
from harness.isolation.script import script_of
from harness.report.files import write_reports
from harness.report.html import html
from harness.report.junit import junit
from harness.report.markdown import markdown
from harness.report.matrix import State, matrix
from harness.report.runs import open_run
from harness.report.sarif import sarif
from tests.unit.harness.histories import ALICE, Writer, ok

HOSTILE = "</pre><script>alert(1)</script> ```` | \x1b[2J \x00 \ud800 ]]>"


@pytest.fixture
def leak() -> CampaignResult:
    """A run with one finding, whose text tries to break out of every form."""
    story = Writer().call(ALICE, "list", {"title": HOSTILE}, ok({}))
    finding = Finding(
        "canary", "list", ("alice",), f"saw {HOSTILE}", script_of(story.history), "replays/1.json"
    )
    controls = {
        "list": Control(3, 2, 1, 3, {"canary": 2}),
        "read": Control(4, 3, 1, 4, {"canary": 3, "existence": 1}),
    }
    return CampaignResult("leak", 7, 1.5, 42, [finding], controls, [f"odd {HOSTILE}"])


def test_a_cell_is_clean_only_where_the_oracle_could_have_fired(leak: CampaignResult) -> None:
    states = {
        (cell.operation, cell.oracle): cell.state for row in matrix(leak).values() for cell in row
    }
    assert states["list", "canary"] is State.LEAK
    assert states["read", "canary"] is State.CLEAN
    assert states["read", "ownership"] is State.UNTRIED


def test_junit_fails_what_leaked_and_skips_what_was_not_tried(leak: CampaignResult) -> None:
    root = ElementTree.fromstring(junit(leak))  # noqa: S314  our own document
    suite = root.find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    failed = [case for case in cases if case.find("failure") is not None]
    skipped = [case for case in cases if case.find("skipped") is not None]
    assert [case.get("name") for case in failed] == ["list"]
    assert suite.get("tests") == str(len(cases)) == "8"
    assert suite.get("skipped") == str(len(skipped)) == "5"
    assert "1. alice: list" in (failed[0].findtext("failure") or "")


def test_html_shows_the_script_and_runs_nothing(leak: CampaignResult) -> None:
    page = html(leak)
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)

    Tags().feed(page)
    assert "script" not in tags
    assert "LEAK (2)" in page
    assert "1. alice: list" in page
    assert "http:" not in page
    assert "https:" not in page
    page.encode("utf-8")


def test_markdown_keeps_hostile_text_inside_its_fences(leak: CampaignResult) -> None:
    lines = markdown(leak).splitlines()
    fences = [line for line in lines if line and set(line) == {"`"}]
    assert fences == ["`````", "`````"]
    header = next(line for line in lines if line.startswith("| operation"))
    row = next(line for line in lines if line.startswith("| `list`"))
    assert row.count("|") == header.count("|")


def test_sarif_names_the_rule_and_recognizes_the_same_finding(leak: CampaignResult) -> None:
    log = json.loads(sarif(leak))
    run = log["runs"][0]
    found = run["results"][0]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert rules[found["ruleIndex"]]["id"] == found["ruleId"] == "crosstalk/canary"
    leak.seed = 7
    again = json.loads(sarif(leak))["runs"][0]["results"][0]
    assert again["partialFingerprints"] == found["partialFingerprints"]


def test_a_clean_run_has_no_failures_in_any_form() -> None:
    clean = CampaignResult("clean", 1, 1.0, 1, [], {"list": Control(1, 1, 0, 1, {"canary": 1})}, [])
    assert "<failure" not in junit(clean)
    assert json.loads(sarif(clean))["runs"][0]["results"] == []
    assert "LEAK" not in html(clean) + markdown(clean)


def test_all_forms_are_in_the_run_folder(tmp_path: Path, leak: CampaignResult) -> None:
    run = open_run("isolation", tmp_path)
    written = write_reports(run, leak)
    assert {path.name for path in written} == {
        "report.html",
        "junit.xml",
        "report.sarif",
        "report.md",
    }
    assert all(path.stat().st_size for path in written)
