"""What was seen is held against what was declared."""

from __future__ import annotations

from crosstalk.deadlock.program import Either, Program, Repeat, Request, Resource, holding
from crosstalk.deadlock.traces import Seen, departure

POOL, CALL = Resource("connection", 5), Resource("call", 5)


def seen(text: str) -> list[Seen]:
    """`+name` takes, `-name` gives back."""
    return [Seen("acquire" if each[0] == "+" else "release", each[1:]) for each in text.split()]


def kind(*program: Program) -> Request:
    return Request("chat", tuple(step for each in program for step in each))


def test_a_trace_as_declared_departs_nowhere() -> None:
    chat = kind(holding(POOL), (Repeat(holding(CALL)),), holding(POOL))
    assert departure(chat, seen("+connection -connection +connection -connection")) is None
    assert (
        departure(
            chat, seen("+connection -connection +call -call +call -call +connection -connection")
        )
        is None
    )


def test_a_connection_kept_during_a_call_is_found() -> None:
    chat = kind(holding(POOL), holding(CALL))
    found = departure(chat, seen("+connection +call -call -connection"))
    assert found is not None
    assert found.position == 1
    assert str(found) == "step 2 is acquire call; declared is release connection"


def test_a_resource_that_was_not_declared_is_found() -> None:
    found = departure(kind(holding(POOL)), seen("+connection -connection +lock"))
    assert found is not None
    assert found.allowed == ("the end",)


def test_a_trace_that_ends_too_early_is_found() -> None:
    found = departure(kind(holding(POOL)), seen("+connection"))
    assert found is not None
    assert found.seen is None


def test_either_way_of_a_choice_is_allowed() -> None:
    chat = kind((Either((holding(POOL), holding(CALL))),))
    assert departure(chat, seen("+call -call")) is None
    assert departure(chat, seen("+connection -connection")) is None
    assert departure(chat, seen("+call -call +connection")) is not None
