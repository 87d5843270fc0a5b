"""Campaigns in processes of their own, one of which fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from crosstalk.campaign import running
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.shards import Shard
from crosstalk.cli.verbs.isolation import isolation
from crosstalk.core.errors import HarnessError


def test_results_from_before_a_shard_failed_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_and_no_more(shards: Sequence[Shard], emit: object) -> Iterator[CampaignResult]:
        yield CampaignResult("clean", 10, 1.0, 100, [], {}, [])
        raise HarnessError("PostgreSQL did not start")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "results_of", one_and_no_more)
    assert isolation(seeds=3, seed=100) == 3
    kept = json.loads((tmp_path / ".crosstalk/runs/isolation/latest/summary.json").read_text())
    assert [each["verdict"] for each in kept["campaigns"]] == ["clean"]
    assert kept["inconclusive"] == [
        {
            "kind": "cut_short",
            "where": "run",
            "text": "ended after 1 of 3 campaigns: PostgreSQL did not start",
        }
    ]
