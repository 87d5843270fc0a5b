"""The campaign itself, short: the real system is clean, a planted leak is found and replays."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.cli.verbs.isolation import isolation
from crosstalk.cli.verbs.replay import replay
from crosstalk.environment import RunningSystem
from crosstalk.oracles import ORACLES
from crosstalk.targets.reference.target import reference_target


@pytest.mark.long
def test_the_reference_system_is_clean_and_every_oracle_had_chances(
    running: RunningSystem,
) -> None:
    target = reference_target(running, {})
    try:
        options = CampaignOptions(calls=1_600, seconds=300, seed=20261121)
        result = Campaign(target, options, lambda event: None).run()
    finally:
        target.close()
    assert result.findings == []
    assert result.verdict == "clean"
    for oracle in ORACLES:
        chances = sum(each.oracles.get(oracle.name, 0) for each in result.controls.values())
        assert chances > 5, f"{oracle.name} could hardly have fired"
    assert any(each.foreign_attempts for each in result.controls.values())
    assert {"mcp:list_tasks", "rest:GET /api/{user_id}/tasks", "chat:POST /api/chat"} <= set(
        result.controls
    )
    threads = [each for name, each in result.controls.items() if name.startswith("chatkit:")]
    assert len(threads) == 9
    assert sum(each.own_reads for each in threads) > 5
    assert sum(each.foreign_attempts for each in threads) > 5


@pytest.mark.timeout(240)
def test_a_planted_leak_is_found_and_replays_only_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    leak = "list-without-filter"
    status = isolation(mutant=leak, calls=3_000, seconds=300, seed=7, stop_at_first=True)
    assert status == 1
    (file,) = tmp_path.glob(".crosstalk/runs/isolation-list-without-filter/latest/replays/*.json")
    assert replay(file, mutant=None) == 1
    assert replay(file, mutant="none") == 0
