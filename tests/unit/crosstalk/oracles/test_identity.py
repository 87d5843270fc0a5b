"""The identity oracle on histories written by hand."""

from __future__ import annotations

from crosstalk.core.history import Actor, Answer, History, Outcome
from crosstalk.oracles import Identity
from tests.unit.crosstalk.histories import BOB, STRANGER, Writer, ok, refused

FORGER = Actor("forger (expired)", None, "alice", "expired")


def test_fires_when_a_stranger_or_a_forger_is_served() -> None:
    writer = Writer().call(STRANGER, "list", {}, ok([])).call(FORGER, "list", {}, ok([]))
    first, second = Identity().judge(writer.history)
    assert "none" in first.summary
    assert "expired" in second.summary


def test_fires_when_a_tool_error_shows_that_the_call_got_in() -> None:
    inside = Answer(Outcome.ERROR, 200, {}, {}, "not_found")
    assert Identity().judge(Writer().call(FORGER, "get", {}, inside).history)


def test_is_silent_when_they_are_refused_and_when_members_are_served() -> None:
    writer = Writer().call(STRANGER, "list", {}, refused(401, "unauthorized"))
    writer.call(BOB, "list", {}, ok([]))
    assert Identity().judge(writer.history) == []
    assert Identity().opportunities(writer.history) == {"list": 1}


def test_leaves_public_operations_alone() -> None:
    writer = Writer()
    writer.history = History({}, public_operations=frozenset({"health"}))
    assert Identity().judge(writer.call(STRANGER, "health", {}, ok({})).history) == []
