"""Baselines: what is read is what was written, and what is no baseline is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosstalk.core.acceptance.baseline import FORMAT, baseline_of, read_baseline
from crosstalk.core.errors import HarnessError

FINDINGS = [
    {"fingerprint": "b" * 32, "oracle": "canary", "tool": "mcp:z", "summary": "alice saw bob's"},
    {"fingerprint": "a" * 32, "oracle": "canary", "tool": "mcp:b", "summary": "x \ud800"},
]


def test_baseline_is_read_as_it_was_written_and_sorted(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_text(baseline_of(FINDINGS).dump())
    read = read_baseline(file)
    assert set(read.findings) == {"a" * 32, "b" * 32}
    assert list(read.findings) == ["a" * 32, "b" * 32]
    assert read.dump() == file.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        json.dumps({"format": "other"}),
        json.dumps({"format": FORMAT}),
        json.dumps({"format": FORMAT, "findings": [{"oracle": "canary"}]}),
        json.dumps({"format": FORMAT, "findings": [{"fingerprint": 7}]}),
    ],
)
def test_a_file_that_is_no_baseline_says_how_to_write_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(HarnessError, match="crosstalk baseline --output"):
        read_baseline(file)


def test_a_missing_baseline_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="crosstalk baseline --output"):
        read_baseline(tmp_path / "none.json")
