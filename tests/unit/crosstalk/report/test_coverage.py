"""Coverage of a run, read from its summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crosstalk.campaign.result import CampaignResult
from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode
from crosstalk.core.verdict import Control, Inconclusive, InconclusiveKind
from crosstalk.report.coverage import Reached, coverage_of, latest_run, read_summary


def result(**more: Any) -> CampaignResult:
    """A run with one operation of each state."""
    controls = {
        "mcp:get": Control(9, 5, 3, 7, {"canary": 4}),
        "mcp:odd": Control(3, 0, 0, 0),
        "mcp:late": Control(),
    }
    inconclusive = [
        Inconclusive(InconclusiveKind.NOT_SERVED, "mcp:odd", "never served: 422 (3 times)"),
        Inconclusive(InconclusiveKind.NOT_TRIED, "mcp:late", "no call was made"),
        Inconclusive(InconclusiveKind.NO_OPPORTUNITY, "ownership", "no opportunity"),
    ]
    said: dict[str, Any] = {
        "controls": controls,
        "inconclusive": inconclusive,
        "skipped": {"mcp:pay": "it costs money"},
        "coverage": {"mcp:get": {"id": 0, "user_id": 3}},
        "situations": {"pages": 2},
        **more,
    }
    return CampaignResult("inconclusive", 12, 1.0, 42, [], **said)


def test_every_operation_is_in_one_state_with_its_reason() -> None:
    found = coverage_of(json.loads(json.dumps(result().summary())))
    states = {each.name: (each.reached, each.reason) for each in found.operations}
    assert states == {
        "mcp:get": (Reached.SERVED, ""),
        "mcp:late": (Reached.NEVER, "no call was made"),
        "mcp:odd": (Reached.NOT_SERVED, "never served: 422 (3 times)"),
        "mcp:pay": (Reached.SKIPPED, "it costs money"),
    }
    (got,) = (each for each in found.operations if each.name == "mcp:get")
    assert (got.calls, got.answered, got.foreign, got.oracles) == (9, 7, 3, {"canary": 4})
    assert got.unused == ("id",)
    assert found.idle == ("ownership",)


def test_run_that_left_something_out_is_inconclusive_and_a_whole_one_is_clean() -> None:
    assert coverage_of(result().summary()).exit_code() is ExitCode.INCONCLUSIVE
    whole = result(controls={"mcp:get": Control(9, 5, 3, 7)}, inconclusive=[])
    assert coverage_of(whole.summary()).exit_code() is ExitCode.CLEAN
    nothing = result(controls={}, inconclusive=[], skipped={})
    assert coverage_of(nothing.summary()).exit_code() is ExitCode.INCONCLUSIVE


def test_latest_run_is_found_and_its_absence_said(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="run crosstalk isolation first"):
        latest_run(tmp_path)
    folder = tmp_path / "isolation-mine" / "20260101T000000"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(result().summary()), encoding="utf-8")
    (folder.parent / "latest").symlink_to(folder.name)
    assert latest_run(tmp_path) == folder.resolve()
    assert read_summary(latest_run(tmp_path))["calls"] == 12


@pytest.mark.parametrize(
    ("text", "said"), [("{", "is not JSON"), ("[]", "not the summary"), ('{"ok": 1}', "controls")]
)
def test_other_file_is_an_error_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "summary.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(HarnessError, match=said):
        read_summary(file)
