"""Benchmark of a campaign's throughput: both sides make calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import campaign_throughput
from benchmarks.fixture import Fixture

pytestmark = pytest.mark.asyncio


@pytest.mark.long
async def test_campaign_over_the_tools_alone_and_bare_loop_both_have_a_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_throughput, "_CALLS", 60)
    with Fixture(tmp_path, rounds=1, seconds=1.0) as fixture:
        (figure,) = await campaign_throughput.measure(fixture)
    summary = figure.summarized()
    assert float(summary["ours"]) > 0
    assert float(summary["anchor"]) > 0
