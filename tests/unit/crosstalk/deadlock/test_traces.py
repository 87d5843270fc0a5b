"""Observed traces compared with declarations."""

from __future__ import annotations

from crosstalk.deadlock.program import (
    Acquire,
    Either,
    Program,
    Release,
    Repeat,
    Request,
    Resource,
    holding,
)
from crosstalk.deadlock.traces import TraceStep, deviation

POOL, CALL = Resource("connection", 5), Resource("call", 5)


def seen(text: str) -> list[TraceStep]:
    """Parse `+name` as acquire, `-name` as release."""
    return [
        TraceStep("acquire" if each[0] == "+" else "release", each[1:]) for each in text.split()
    ]


def kind(*program: Program) -> Request:
    return Request("chat", tuple(step for each in program for step in each))


def test_trace_as_declared_has_no_deviation() -> None:
    chat = kind(holding(POOL), (Repeat(holding(CALL)),), holding(POOL))
    assert deviation(chat, seen("+connection -connection +connection -connection")) is None
    assert (
        deviation(
            chat, seen("+connection -connection +call -call +call -call +connection -connection")
        )
        is None
    )


def test_deviation_of_a_connection_held_during_a_call_is_found() -> None:
    chat = kind(holding(POOL), holding(CALL))
    found = deviation(chat, seen("+connection +call -call -connection"))
    assert found is not None
    assert found.position == 1
    assert str(found) == "step 2 is acquire call; declared is release connection"


def test_deviation_of_an_undeclared_resource_is_found() -> None:
    found = deviation(kind(holding(POOL)), seen("+connection -connection +lock"))
    assert found is not None
    assert found.allowed == ("the end",)


def test_deviation_of_a_trace_that_ends_too_early_is_found() -> None:
    found = deviation(kind(holding(POOL)), seen("+connection"))
    assert found is not None
    assert found.seen is None


def test_releases_that_follow_one_another_may_come_in_any_order() -> None:
    chat = kind((Acquire(CALL), Acquire(POOL), Release(POOL), Release(CALL)), holding(POOL))
    assert (
        deviation(chat, seen("+call +connection -connection -call +connection -connection")) is None
    )
    assert (
        deviation(chat, seen("+call +connection -call -connection +connection -connection")) is None
    )
    # What is acquired between them waits for one of them.
    found = deviation(chat, seen("+call +connection -call +connection -connection -connection"))
    assert found is not None
    assert str(found) == "step 4 is acquire connection; declared is release connection"
    # None is released twice, and none is left out.
    assert deviation(chat, seen("+call +connection -call -call")) is not None
    assert deviation(chat, seen("+call +connection -call")) is not None
    found = deviation(chat, seen("+call +connection -lock"))
    assert found is not None
    assert found.allowed == ("release call", "release connection")


def test_trace_may_take_either_option_of_a_choice() -> None:
    chat = kind((Either((holding(POOL), holding(CALL))),))
    assert deviation(chat, seen("+call -call")) is None
    assert deviation(chat, seen("+connection -connection")) is None
    assert deviation(chat, seen("+call -call +connection")) is not None
