"""Histories: what a file keeps of them."""

from __future__ import annotations

from collections.abc import Callable

from crosstalk.core.history import Call, History, Probe, Sending
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


def test_growing_history_is_walked_call_by_call_once() -> None:
    taken: list[int] = []

    def begin(_: History) -> Callable[[Call], int]:
        def take(call: Call) -> int:
            taken.append(call.index)
            return sum(taken)

        return take

    writer = Writer().call(ALICE, "list", {}, ok([])).call(ALICE, "list", {}, ok([]))
    assert list(writer.history.followed("sums", begin)) == [1, 3]
    writer.call(ALICE, "list", {}, ok([]))
    assert list(writer.history.followed("sums", begin)) == [1, 3, 6]
    assert taken == [1, 2, 3]
    assert list(writer.history.until(1).followed("others", lambda _: _index)) == [1]


def _index(call: Call) -> int:
    return call.index
