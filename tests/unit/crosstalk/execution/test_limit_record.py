"""The record of refusals: who was refused with less of their own than others were let do."""

from __future__ import annotations

from crosstalk.core.history import Actor, Answer, Call, History, Outcome
from crosstalk.execution.limit_record import LimitRecord

SUBJECTS = {"alice": "a-1", "bob": "b-1"}
OK, TOO_MANY = Answer(Outcome.OK, 200, {"id": 1}), Answer(Outcome.LIMITED, 429, None)
WRONG = Answer(Outcome.ERROR, 400, None, message="wrong code")


def record_of(*calls: tuple[str, Answer], forgery: str | None = None) -> LimitRecord:
    record, history = LimitRecord(), History(SUBJECTS)
    for number, (user, answer) in enumerate(calls, start=1):
        call = Call(number, Actor(user, user, user, forgery), "add", {}, answer, 0.0, 0.0)
        record.note(history, call, number)
    return record


def test_the_first_call_of_a_user_that_is_refused_after_anothers_is_early() -> None:
    early = record_of(("alice", OK), ("alice", OK), ("bob", TOO_MANY)).early["add"]
    assert (early.own, early.most, early.total, early.made) == (0, 2, 2, 3)


def test_attempts_that_fail_are_counted_as_well() -> None:
    assert record_of(("alice", WRONG), ("bob", TOO_MANY)).early


def test_a_user_who_did_most_is_refused_for_their_own_calls() -> None:
    assert not record_of(("bob", OK), ("alice", OK), ("alice", OK), ("alice", TOO_MANY)).early
    assert not record_of(("alice", OK), ("bob", TOO_MANY), forgery="cut-short").early


def test_the_refusal_of_whoever_did_least_is_kept() -> None:
    calls = [("alice", OK)] * 3 + [("bob", OK), ("bob", TOO_MANY)]
    record = record_of(*calls)
    assert record.early["add"].own == 1
    other = Call(9, Actor("carol", "carol", "carol"), "add", {}, TOO_MANY, 0.0, 0.0)
    record.note(History({"carol": "c-1"}), other, 9)
    assert record.early["add"].own == 0
