"""Examples that showed something are kept for the next run of the same kind of target."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakeredis import TcpFakeServer

from crosstalk.campaign.example_database import open_examples
from crosstalk.campaign.runner import Campaign, CampaignOptions
from crosstalk.core.errors import HarnessError
from crosstalk.core.script import Script
from crosstalk.targets.described import opened_target
from tests.unit.crosstalk.targets.described.describing import describe


def test_each_kind_of_target_has_its_own(tmp_path: Path) -> None:
    one = open_examples(str(tmp_path), {"mutant": "a"})
    one.save(b"key", b"choices")
    assert list(open_examples(str(tmp_path), {"mutant": "a"}).fetch(b"key")) == [b"choices"]
    assert list(open_examples(str(tmp_path), {"mutant": "b"}).fetch(b"key")) == []
    one.delete(b"key", b"choices")
    assert list(one.fetch(b"key")) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match="file"):
        open_examples(str(tmp_path / "file"), {})


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A server that speaks Redis on loopback."""
    server = TcpFakeServer(("127.0.0.1", 0))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_machines_share_examples_in_redis(redis_url: str) -> None:
    one = open_examples(redis_url, {"mutant": "a"})
    one.save(b"key", b"choices")
    assert list(open_examples(redis_url, {"mutant": "a"}).fetch(b"key")) == [b"choices"]
    assert list(open_examples(redis_url, {"mutant": "b"}).fetch(b"key")) == []


def test_a_redis_that_does_not_answer_is_an_error_of_its_own() -> None:
    with pytest.raises(HarnessError, match="no Redis answers"):
        open_examples("redis://127.0.0.1:1", {})


@pytest.mark.parametrize("kept_in", ["folder", "redis"])
def test_what_one_campaign_found_the_next_tries_first(
    tmp_path: Path, redis_url: str, kept_in: str
) -> None:
    where = redis_url if kept_in == "redis" else str(tmp_path / "examples")
    file = describe(tmp_path, "stdio", "argument", "--leak", "get")

    def found_in(seed: int) -> Script:
        options = CampaignOptions(calls=1_500, seconds=60, seed=seed, findings=1)
        with opened_target(file) as target:
            kept = open_examples(where, target.about)
            result = Campaign(target, options, lambda event: None, examples=kept).run()
        assert result.verdict == "leak"
        calls.append(result.calls)
        return result.findings[0].script

    calls: list[int] = []
    first, again = found_in(1), found_in(2)
    # Another seed, and yet the same example: it was not drawn but kept.
    assert calls[0] == calls[1]
    assert [step.operation for step in first.steps] == [step.operation for step in again.steps]
    where = str(tmp_path / "nothing kept yet")
    apart = found_in(2)
    assert (calls[2], apart.steps) != (calls[0], first.steps)
