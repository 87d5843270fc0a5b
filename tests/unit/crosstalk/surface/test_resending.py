"""A call whose answer was lost is made again, and a write is known by its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface import resending
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.resending import PatientSurface

_KEY = Parameter("Idempotency-Key", {"type": "string"}, required=False, role=Role.KEY)
_OK = Answer(Outcome.OK, 200, NOTHING)
_LOST = Answer(Outcome.ERROR, 502, None)
_GONE = Answer(Outcome.UNREACHABLE, None, None, message="ReadError")


class Answering:
    """A surface that gives its answers in order, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def discover(self) -> list[Operation]:
        return []

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        self.asked.append(dict(arguments))
        return self._answers.pop(0)

    def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait no time between two attempts."""
    monkeypatch.setattr(resending, "_PAUSE_SECONDS", 0)


def operation(*parameters: Parameter, reads_only: bool = False) -> Operation:
    return Operation("rest", "rest:POST /things", parameters, reads_only=reads_only)


@pytest.mark.parametrize("lost", [_LOST, _GONE])
def test_patient_surface_repeats_a_read(lost: Answer) -> None:
    inner = Answering(lost, lost, _OK)
    surface = PatientSurface(inner)
    assert surface.call(operation(reads_only=True), {}, NOTHING) is _OK
    assert surface.repeated == 2
    assert inner.asked == [{}, {}, {}]


def test_patient_surface_repeats_a_write_under_one_key() -> None:
    inner = Answering(_LOST, _OK)
    assert PatientSurface(inner).call(operation(_KEY), {"title": "x"}, NOTHING) is _OK
    first, second = inner.asked
    assert first == second
    assert len(first["Idempotency-Key"]) == 36


def test_patient_surface_keeps_a_key_of_the_caller() -> None:
    inner = Answering(_OK)
    PatientSurface(inner).call(operation(_KEY), {"Idempotency-Key": "theirs"}, NOTHING)
    assert inner.asked == [{"Idempotency-Key": "theirs"}]


def test_patient_surface_makes_a_write_without_a_key_once() -> None:
    inner = Answering(_LOST)
    answer = PatientSurface(inner).call(operation(), {}, NOTHING)
    assert (answer.outcome, answer.status) == (Outcome.UNREACHABLE, 502)
    assert len(inner.asked) == 1


def test_patient_surface_takes_a_refusal_for_an_answer() -> None:
    refused = Answer(Outcome.ERROR, 403, None, code="forbidden")
    assert PatientSurface(Answering(refused)).call(operation(_KEY), {}, NOTHING) is refused


def test_patient_surface_gives_up_after_its_repeats() -> None:
    inner = Answering(*[_LOST] * 4)
    answer = PatientSurface(inner, repeats=3).call(operation(_KEY), {}, NOTHING)
    assert answer.outcome is Outcome.UNREACHABLE
    assert len(inner.asked) == 4
