"""How the requests of concurrent clients travel."""

from __future__ import annotations

from random import Random

from crosstalk.core.history import Actor, Probe
from crosstalk.core.script import Step
from crosstalk.phases.concurrency.client_behaviour import behaving
from crosstalk.phases.concurrency.plans import client_marker

_ABEL = Actor("abel", "abel", "abel")


def _sent(seed: int) -> list[Step]:
    steps = [
        Step(
            number,
            _ABEL,
            "chat",
            {"message": f"add {client_marker('abel', 3, number, 7)}"},
            Probe("concurrency", number, "concurrent", "abel"),
        )
        for number in (1, 2)
    ]
    return behaving(
        steps, 3, Random(seed), spared=(), long=("chat",), alone={1: 0.1, 2: 0.1}, apart=False
    )


def test_client_that_aborts_a_long_request_sends_it_again_with_other_markers() -> None:
    aborting = [
        steps
        for steps in map(_sent, range(40))
        if sum(each.sending is not None and bool(each.sending.aborted_at) for each in steps) > 1
    ]
    assert aborting, "no client ever aborted a request"
    for steps in aborting:
        # What is sent twice is stored twice, which is no fault.
        messages = [each.arguments["message"] for each in steps]
        assert len(set(messages)) == len(messages) > 2


def test_client_that_aborts_nothing_makes_each_request_once() -> None:
    patient = [
        steps
        for steps in map(_sent, range(40))
        if all(each.sending is not None and not each.sending.aborted_at for each in steps)
    ]
    assert patient
    assert all(len(steps) == 2 for steps in patient)
