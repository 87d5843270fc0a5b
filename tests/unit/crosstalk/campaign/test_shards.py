"""Campaigns are shared out among processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from crosstalk.campaign import running
from crosstalk.campaign.division import ALONE
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.result import CampaignResult
from crosstalk.campaign.shards import Shard, shards_of
from crosstalk.cli.verbs.isolation import isolation
from crosstalk.core.errors import HarnessError
from crosstalk.targets.verification import Verified

OPTIONS = CampaignOptions(calls=1_000, seconds=60, seed=100)


def _shards(shards: int, seeds: int) -> list[Shard]:
    return shards_of(OPTIONS, shards=shards, seeds=seeds, folder=Path("run"), verified=Verified())


def test_one_campaign_is_divided_among_shards_with_seeds_of_their_own(tmp_path: Path) -> None:
    shards = shards_of(OPTIONS, shards=3, seeds=1, folder=tmp_path, verified=Verified())
    # Each may make all of the calls: what the others have made is known in the division.
    assert {each.calls for shard in shards for each in shard.campaigns} == {1_000}
    assert len({each.seed for shard in shards for each in shard.campaigns}) == 3
    one, two, _ = [each.division() for each in shards]
    assert one.take("sharing")
    assert not two.take("sharing")


def test_campaigns_of_many_seeds_are_not_divided(tmp_path: Path) -> None:
    for shard in shards_of(OPTIONS, shards=2, seeds=2, folder=tmp_path, verified=Verified()):
        assert shard.division() is ALONE


def test_many_campaigns_have_all_calls_each_and_following_seeds() -> None:
    shards = _shards(2, 5)
    every = [each for shard in shards for each in shard.campaigns]
    assert sorted(each.seed for each in every) == [100, 101, 102, 103, 104]
    assert {each.calls for each in every} == {1_000}
    assert [len(shard.campaigns) for shard in shards] == [3, 2]


def test_there_are_no_more_shards_than_campaigns() -> None:
    assert len(_shards(4, 2)) == 2


def test_each_shard_has_a_folder_of_its_own() -> None:
    assert len({shard.folder for shard in _shards(3, 1)}) == 3


def test_a_shard_that_fails_at_once_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(shards: Sequence[Shard], emit: object) -> Iterator[CampaignResult]:
        raise HarnessError("PostgreSQL did not start")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "results_of", nothing)
    with pytest.raises(HarnessError, match="did not start"):
        isolation(seeds=3, seed=100)
