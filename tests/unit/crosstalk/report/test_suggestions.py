"""Values learnt from refusals, as lines for a target's file."""

from __future__ import annotations

import io
import tomllib

from rich.console import Console

from crosstalk.campaign.merge import merged
from crosstalk.campaign.result import CampaignResult
from crosstalk.report.suggestions import print_suggestions, suggestion_lines

LEARNT = {"rest:POST /tasks": {"due on": ["2030-01-01"]}, "mcp:add": {"level": ["low", 3]}}


def result(**more: object) -> CampaignResult:
    """Return a clean run."""
    return CampaignResult("clean", 1, 1.0, 7, [], {}, [], **more)  # type: ignore[arg-type]


def test_suggested_lines_are_the_tables_of_a_targets_file() -> None:
    found = tomllib.loads("\n".join(suggestion_lines(result(suggestions=LEARNT))))
    assert found["tools"]["POST /tasks"]["values"] == {"due on": ["2030-01-01"]}
    assert found["tools"]["add"]["values"] == {"level": ["low", 3]}


def test_suggestions_are_printed_for_a_system_that_a_file_describes() -> None:
    for file, shown in (("crosstalk.toml", True), (None, False)):
        written = io.StringIO()
        said = result(suggestions=LEARNT, target_file=file)
        print_suggestions(Console(file=written, width=80), said)
        assert ('[tools."POST /tasks"]' in written.getvalue()) is shown


def test_merged_campaigns_suggest_what_any_of_them_learnt() -> None:
    other = {"mcp:add": {"level": ["high", 3]}}
    both = merged([result(suggestions=LEARNT), result(suggestions=other)])
    assert both.suggestions["mcp:add"] == {"level": ["low", 3, "high"]}
