"""What the summary of a campaign says of the operation that showed a finding."""

from __future__ import annotations

import pytest

from benchmarks.proving_ground.campaign import read_summary


@pytest.mark.parametrize(
    ("summary", "shown_at"),
    [
        ("what alice reads with rest:GET /usage changed after bob acted", "GET /usage"),
        ("bob received 'x', first seen with alice, shown by mcp:plan", "tool plan"),
        ("bob received 'x', first seen with alice", ""),
    ],
)
def test_operation_that_showed_a_finding_is_read_from_its_sentence(
    summary: str, shown_at: str
) -> None:
    finding = {"tool": "rest:POST /notes", "oracle": "canary", "summary": summary}
    run = read_summary(
        {
            "findings": [finding],
            "verdict": "leak",
            "calls": 1,
            "seconds": 1.0,
            "inconclusive": [],
        }
    )
    assert [each.shown_at for each in run.findings] == [shown_at]
