"""Reports in every form: what leaked, what was clean, and what says nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.verdict import Control
from crosstalk.report.files import write_reports
from crosstalk.report.html import html
from crosstalk.report.junit import junit
from crosstalk.report.markdown import markdown
from crosstalk.report.matrix import State, matrix
from crosstalk.report.run_folder import open_run
from crosstalk.report.sarif import sarif


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


def test_html_shows_the_script_and_runs_its_own_alone(leak: CampaignResult) -> None:
    page = html(leak)
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)

    Tags().feed(page)
    assert tags.count("script") == 1
    assert "LEAK </span>2" in page
    assert "1. alice: list" in page
    assert "http:" not in page
    assert "https:" not in page
    page.encode("utf-8")


def test_every_form_says_what_was_run(leak: CampaignResult) -> None:
    for form in (html, junit, markdown, sarif):
        said = form(leak)
        for value in ("42", "1.2", "c0ffee", "d16e57"):
            assert value in said, form


def test_parameters_that_never_carried_another_users_id_are_named(leak: CampaignResult) -> None:
    never = [line for line in markdown(leak).splitlines() if line.startswith("- `mcp:read`")]
    assert len(never) == 1
    assert "alert(1)" in never[0]
    page = html(leak)
    assert page.count('class="never"') == 1
    assert '<th scope="row">read id</th><td>3</td>' in page


def test_html_says_why_an_oracle_has_nothing_to_look_at(leak: CampaignResult) -> None:
    assert "Not applicable here: nobody has a credential" in html(leak)


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


def test_sarif_points_at_the_operation_in_the_file_that_describes_the_target(
    leak: CampaignResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a b").mkdir()
    described = '[rest]\nopenapi = "x"\n\n[tools."GET /books/{title}"]\nkind = "read"\n'
    Path("a b", "crosstalk.toml").write_text(described, encoding="utf-8")
    operation = "rest:GET /books/{title}"
    leak.findings[0] = replace(leak.findings[0], operation=operation)
    leak.target_file = "a b/crosstalk.toml"
    (found,) = json.loads(sarif(leak))["runs"][0]["results"]
    (location,) = found["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/crosstalk.toml"},
        "region": {"startLine": 4},
    }
    assert location["logicalLocations"] == [
        {"name": "GET /books/{title}", "fullyQualifiedName": operation, "kind": "function"}
    ]
    assert found["properties"]["replay"] == "replays/1.json"
    leak.target_file = "gone.toml"
    (found,) = json.loads(sarif(leak))["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_sarif_of_a_target_without_a_file_names_the_operation_alone(leak: CampaignResult) -> None:
    (found,) = json.loads(sarif(leak))["runs"][0]["results"]
    assert found["locations"] == [
        {"logicalLocations": [{"name": "list", "fullyQualifiedName": "list", "kind": "function"}]}
    ]


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
        "code-quality.json",
    }
    assert all(path.stat().st_size for path in written)
