"""A history that grows is judged as it would be if it were judged whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.judging import clients, one_by_one
from crosstalk.core.history import Call, Flow, History
from crosstalk.oracles import ORACLES
from crosstalk.oracles.controls import controls_of
from crosstalk.phases.concurrency.oracle import Concurrency, unstable


@pytest.mark.parametrize("flows", [(), (Flow("alice", "bob"),)])
def test_history_judged_as_it_grows_gives_what_the_whole_gives(flows: tuple[Flow, ...]) -> None:
    grown = History({})
    for history in one_by_one(300):
        if not grown.calls:
            grown = replace(history, calls=[], allowed_flows=flows)
        grown.calls += history.calls[len(grown) :]
        whole = replace(grown, calls=list(grown.calls))
        for oracle in ORACLES:
            assert oracle.judge(grown) == oracle.judge(whole)
            assert oracle.opportunities(grown) == oracle.opportunities(whole)
        assert controls_of(grown) == controls_of(whole)
    assert {each.name for each in ORACLES if each.judge(grown)} >= {"canary", "existence"}


def test_each_call_is_attributed_once_however_often_a_history_is_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attributed: list[int] = []
    followed = History.followed

    def counting(
        history: History, name: str, begin: Callable[[History], Callable[[Call], object]]
    ) -> object:
        def begun(it: History) -> Callable[[Call], object]:
            take = begin(it)

            def taken(call: Call) -> object:
                attributed.append(call.index)
                return take(call)

            return taken if name == "observations" else take

        return followed(history, name, begun)

    monkeypatch.setattr(History, "followed", counting)
    for history in one_by_one(300):
        for oracle in ORACLES:
            oracle.judge(history)
            oracle.opportunities(history)
    assert attributed == list(range(1, len(history) + 1))


def test_concurrent_clients_are_judged_the_same_again() -> None:
    history = clients(80)
    first = (Concurrency().judge(history), unstable(history))
    assert (Concurrency().judge(history), unstable(history)) == first
    again = replace(history, calls=list(history.calls))
    assert (Concurrency().judge(again), unstable(again)) == first
