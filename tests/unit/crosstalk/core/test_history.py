"""Histories: what a file keeps of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from crosstalk.core.history import Call, History, Probe, Sending
from crosstalk.core.identifiers import marker
from tests.unit.crosstalk.histories import ALICE, Writer, ok

_UUID = "0f0e0d0c-1111-4222-8333-444455556666"


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


class _Indexes:
    def __init__(self) -> None:
        self.taken: list[int] = []

    def take(self, call: Call) -> None:
        self.taken.append(call.index)


def test_walk_over_a_growing_history_takes_each_call_once() -> None:
    writer = Writer().call(ALICE, "list", {}, ok([])).call(ALICE, "list", {}, ok([]))
    walk = writer.history.walked("indexes", lambda _: _Indexes())
    assert walk.taken == [1, 2]
    writer.call(ALICE, "list", {}, ok([]))
    assert writer.history.walked("indexes", lambda _: _Indexes()) is walk
    assert walk.taken == [1, 2, 3]
    assert writer.history.until(1).walked("indexes", lambda _: _Indexes()).taken == [1]


def test_values_of_a_call_are_found_once_and_not_saved() -> None:
    found: list[int] = []
    planted = marker("alice", 7)
    writer = Writer().call(ALICE, "add", {"title": planted}, ok({"id": _UUID}))
    (call,) = writer.history.calls
    for _ in range(2):
        call.once("index", lambda it: found.append(it.index))
    assert found == [1]
    assert [set(each) for each in (call.sent, call.received, call.heard)] == [
        {planted},
        {_UUID},
        set(),
    ]
    assert call.paths is call.paths
    assert list(call.paths) == call.answer.paths()
    assert call.texts == {_UUID}
    row = writer.history.to_json()["calls"][0]
    assert set(row) == {each.name for each in fields(Call)} - {"_found"}


def _index(call: Call) -> int:
    return call.index
