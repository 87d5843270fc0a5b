"""How the requests of a crowd's clients travel."""

from __future__ import annotations

from random import Random

from crosstalk.core.history import Actor, Probe
from crosstalk.core.script import Step
from crosstalk.phases.concurrency.client_behaviour import sent
from crosstalk.phases.concurrency.plans import planted

_ABEL = Actor("abel", "abel", "abel")


def _sent(seed: int) -> list[Step]:
    steps = [
        Step(
            number,
            _ABEL,
            "chat",
            {"message": f"add {planted('abel', 3, number, 7)}"},
            Probe("concurrency", number, "concurrent", "abel"),
        )
        for number in (1, 2)
    ]
    return sent(
        steps, 3, Random(seed), spared=(), long=("chat",), alone={1: 0.1, 2: 0.1}, apart=False
    )


def test_who_breaks_off_a_long_request_makes_it_again_in_other_words() -> None:
    hasty = [
        crowd
        for crowd in map(_sent, range(40))
        if sum(each.sending is not None and bool(each.sending.aborted_at) for each in crowd) > 1
    ]
    assert hasty, "nobody ever broke anything off"
    for crowd in hasty:
        # What is said twice is stored twice, and that would be nobody's fault.
        said = [each.arguments["message"] for each in crowd]
        assert len(set(said)) == len(said) > 2


def test_who_is_patient_makes_each_request_once() -> None:
    patient = [
        crowd
        for crowd in map(_sent, range(40))
        if all(each.sending is not None and not each.sending.aborted_at for each in crowd)
    ]
    assert patient
    assert all(len(crowd) == 2 for crowd in patient)
