"""Histories: what a file keeps of them."""

from __future__ import annotations

from crosstalk.core.history import History, Probe, Sending
from tests.unit.crosstalk.histories import ALICE, Writer, ok


def test_history_is_the_same_after_it_was_saved_and_read() -> None:
    probe = Probe("concurrency", 3, "concurrent", "alice")
    history = Writer().call(ALICE, "list", {}, ok([]), probe).history
    assert History.from_json(history.to_json()) == history


def test_probe_and_sending_that_version_0_1_0_saved_are_read() -> None:
    saved = {"kind": "crowd", "key": 3, "part": "among", "victim": "alice"}
    assert Probe.from_json(saved) == Probe("concurrency", 3, "concurrent", "alice")
    assert Sending.from_json({"cut": "served"}) == Sending(aborted_at="served")
    assert Probe.from_json(None) is None
    assert Sending.from_json(None) is None
