"""`crosstalk isolation`: when a run ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crosstalk.campaign.options import ALL_FINDINGS, CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.cli.verbs import isolation as verb


@pytest.mark.parametrize(
    ("options", "findings"),
    [
        ({}, ALL_FINDINGS),
        ({"stop_at_first": True}, 1),
        ({"mutant": "list-without-filter"}, 1),
        ({"mutant": "list-without-filter", "stop_at_first": False}, ALL_FINDINGS),
    ],
    ids=["the system", "told to stop", "a planted leak", "a planted leak, told to go on"],
)
def test_run_ends_at_the_first_finding_of_a_planted_leak_or_when_told(
    options: dict[str, Any], findings: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[CampaignOptions] = []

    def run_one(console: object, folder: object, given: CampaignOptions, *_: object) -> object:
        asked.append(given)
        return CampaignResult("clean", 1, 0.1, given.seed, [], {}, [])

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(verb, "_run_one", run_one)
    assert verb.isolation(seed=1, shards=1, **options) == 0
    assert [each.findings for each in asked] == [findings]


@pytest.mark.parametrize(
    ("calls", "options", "shards"),
    [
        (6_000, {}, 2),
        (1_200, {}, 1),
        (6_000, {"seeds": 3}, 1),
        (6_000, {"mutant": "list-without-filter"}, 1),
        (6_000, {"shards": 1}, 1),
    ],
    ids=["long", "short", "many seeds", "a planted leak", "told so"],
)
def test_a_long_campaign_on_the_reference_system_is_played_by_two_processes(
    calls: int,
    options: dict[str, Any],
    shards: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    played: list[int] = []

    def run(_output: object, given: object, *_: object) -> object:
        result = CampaignResult("clean", 1, 0.1, 1, [], {}, [])
        if isinstance(given, list):
            played.append(given[0].divided)
            return result, []
        played.append(1)
        return result

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(verb, "_processors", lambda: 2)
    monkeypatch.setattr("crosstalk.campaign.provenance.provenance", lambda *_: {})
    for name in ("_run_one", "_run_many", "_run_divided"):
        monkeypatch.setattr(verb, name, run)
    assert verb.isolation(seed=1, calls=calls, reference=True, **options) == 0
    assert played == [shards]
