"""A campaign tries first what an earlier one of the same target found."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakeredis import TcpFakeServer

from crosstalk.campaign.events import PartBegun
from crosstalk.campaign.example_database import open_examples
from crosstalk.campaign.options import CampaignOptions
from crosstalk.campaign.runner import Campaign
from crosstalk.core.script import Script
from crosstalk.generator.plan.first_look import FirstLook
from crosstalk.generator.plan.first_round import FirstRound
from crosstalk.generator.plan.near_names import NearNames
from crosstalk.generator.plan.sweep import Sweep
from crosstalk.generator.survey.survey import Survey
from crosstalk.targets.described import opened_target
from tests.integration.crosstalk.targets.described.describing import SECONDS, describe


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A server that speaks Redis on loopback."""
    server = TcpFakeServer(("127.0.0.1", 0))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("kept_in", ["folder", "redis"])
def test_example_that_found_a_leak_is_tried_first_by_the_next_campaign(
    tmp_path: Path, redis_url: str, kept_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # They find this leak by themselves, and what they find is no example.
    monkeypatch.setattr(FirstLook, "run", lambda look, begun=None, **_: None)
    monkeypatch.setattr(FirstLook, "closer", lambda look: None)
    monkeypatch.setattr(FirstRound, "run", lambda turn: None)
    monkeypatch.setattr(NearNames, "run", lambda near: None)
    monkeypatch.setattr(Sweep, "run", lambda sweep: None)
    monkeypatch.setattr(Sweep, "flood", lambda sweep, *_: None)
    monkeypatch.setattr(Survey, "run", lambda survey: None)
    where = redis_url if kept_in == "redis" else str(tmp_path / "examples")
    file = describe(tmp_path, "stdio", "argument", "--leak", "get")

    def found_in(seed: int) -> Script:
        events: list[object] = []
        options = CampaignOptions(calls=1_500, seconds=SECONDS, seed=seed, findings=1)
        with opened_target(file) as target:
            kept = open_examples(where, target.about)
            result = Campaign(target, options, events.append, examples=kept).run()
        assert result.verdict == "leak"
        calls.append(result.calls)
        parts.append([each.name for each in events if isinstance(each, PartBegun)])
        return result.findings[0].script

    calls: list[int] = []
    parts: list[list[str]] = []
    first, again = found_in(1), found_in(2)
    # Another seed, and yet the same example, before anything is searched.
    assert [step.operation for step in first.steps] == [step.operation for step in again.steps]
    assert "first sweep" in parts[0]
    assert parts[1] == ["who calls", "kept examples"]
    assert calls[1] <= calls[0]
    where = str(tmp_path / "nothing kept yet")
    apart = found_in(2)
    assert (calls[2], apart.steps) != (calls[0], first.steps)
