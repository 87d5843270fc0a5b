"""The concurrency oracle on histories written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from crosstalk.core.history import Actor, Answer, Call, History, Outcome, Probe, Sending
from crosstalk.core.identifiers import marker
from crosstalk.phases.concurrency.oracle import Concurrency
from tests.unit.crosstalk.histories import ok, refused

_IDS = iter(range(1, 10_000))


def _uuid() -> str:
    return f"00000000-0000-4000-8000-{next(_IDS):012d}"


class Crowd:
    """Writes what two who were alone saw, and what others saw at once."""

    def __init__(self) -> None:
        names = ("abel", "bela", "cleo", "dora")
        self.history = History({name: f"{name}-1" for name in names})
        self._clock = 0.0

    def says(
        self,
        name: str,
        key: int,
        arguments: Mapping[str, Any],
        answer: Answer,
        *,
        part: Literal["alone", "concurrent"] = "concurrent",
        at: float | None = None,
        aborted: bool = False,
        user: str | None = None,
    ) -> None:
        """One call of somebody."""
        self._clock = self._clock + 1 if at is None else at
        sending = Sending(aborted_at="served") if aborted else None
        user = user or name
        probe = Probe("concurrency", key, part, user)
        self.history.record(
            Call(
                len(self.history) + 1,
                Actor(name, user, user),
                "add" if key == 1 else "list",
                arguments,
                answer,
                self._clock,
                self._clock + 1.5,
                probe,
                sending=sending,
            )
        )

    def stores(
        self, name: str, *, part: Literal["alone", "concurrent"] = "concurrent", **how: Any
    ) -> str:
        """Somebody stores a note of theirs and lists it."""
        note, number = marker(name, 1), _uuid()
        row = {"id": number, "title": note}
        self.says(name, 1, {"title": note}, ok(row), part=part, **how)
        return number


def _row(name: str, number: str) -> dict[str, str]:
    return {"id": number, "title": marker(name, 1)}


def _alone(crowd: Crowd) -> None:
    for name in ("abel", "bela"):
        number = crowd.stores(name, part="alone")
        crowd.says(name, 2, {}, ok({"items": [_row(name, number)]}), part="alone")


def test_a_crowd_in_which_everybody_gets_their_own_is_clean() -> None:
    crowd = Crowd()
    _alone(crowd)
    for name in ("cleo", "dora"):
        number = crowd.stores(name)
        crowd.says(name, 2, {}, ok({"items": [_row(name, number)]}))
    assert Concurrency().judge(crowd.history) == []


def test_an_answer_with_what_another_planted_is_a_finding() -> None:
    crowd = Crowd()
    _alone(crowd)
    number = crowd.stores("cleo")
    crowd.stores("dora")
    crowd.says("dora", 2, {}, ok({"items": [_row("cleo", number)]}))
    found = Concurrency().judge(crowd.history)
    assert "dora received" in found[0].summary
    assert "which is cleo's" in found[0].summary


def test_the_answer_to_whom_came_first_is_another_s_even_if_its_owner_comes_later() -> None:
    crowd = Crowd()
    _alone(crowd)
    crowd.says("dora", 1, {"title": marker("dora", 1)}, ok(_row("cleo", _uuid())))
    crowd.says("cleo", 1, {"title": marker("cleo", 1)}, ok(_row("cleo", _uuid())))
    assert "which is cleo's" in Concurrency().judge(crowd.history)[0].summary


def test_an_id_alone_shows_whose_an_answer_is() -> None:
    crowd = Crowd()
    _alone(crowd)
    number = crowd.stores("cleo")
    crowd.says("dora", 2, {}, ok({"id": number}))
    assert number in Concurrency().judge(crowd.history)[0].summary


def test_an_answer_that_lacks_one_s_own_is_lost() -> None:
    crowd = Crowd()
    _alone(crowd)
    crowd.stores("cleo")
    crowd.says("cleo", 2, {}, ok({"items": []}))
    (found,) = Concurrency().judge(crowd.history)[:1]
    assert "body.items has 0 entries, not 1" in found.summary


def test_a_number_that_is_another_than_alone_is_a_finding() -> None:
    crowd = Crowd()
    for name in ("abel", "bela"):
        crowd.says(name, 2, {}, ok({"open": 1}), part="alone")
    crowd.says("cleo", 2, {}, ok({"open": 2}))
    assert "body.open is 2, not 1" in Concurrency().judge(crowd.history)[0].summary


def test_what_differs_between_two_who_are_alone_says_nothing() -> None:
    crowd = Crowd()
    for place, name in enumerate(("abel", "bela")):
        crowd.says(name, 2, {}, ok({"took_ms": place}), part="alone")
    crowd.says("cleo", 2, {}, ok({"took_ms": 7}))
    assert Concurrency().judge(crowd.history) == []


def test_a_busy_answer_and_what_follows_it_are_compared_with_nothing() -> None:
    crowd = Crowd()
    _alone(crowd)
    crowd.says("cleo", 1, {"title": marker("cleo", 1)}, refused(503, "unavailable"))
    crowd.says("cleo", 2, {}, ok({"items": []}))
    assert Concurrency().judge(crowd.history) == []


def test_what_was_broken_off_may_be_there_or_not_but_not_twice() -> None:
    for copies, findings in ((0, 0), (1, 0), (2, 1)):
        crowd = Crowd()
        _alone(crowd)
        gone = Answer(Outcome.UNREACHABLE, None, None)
        crowd.says("cleo", 1, {"title": marker("cleo", 1)}, gone, aborted=True)
        rows = [_row("cleo", _uuid()) for _ in range(copies)]
        crowd.says("cleo", 2, {}, ok({"items": rows}))
        found = Concurrency().judge(crowd.history)
        assert len(found) == findings, copies
        assert all("sees it 2 times" in each.summary for each in found)


def test_a_write_that_was_acknowledged_to_somebody_hasty_must_be_there() -> None:
    crowd = Crowd()
    _alone(crowd)
    crowd.stores("cleo")
    crowd.says("cleo", 3, {}, Answer(Outcome.UNREACHABLE, None, None), aborted=True)
    crowd.says("cleo", 2, {}, ok({"items": []}))
    assert "was acknowledged to cleo and it is not there" in (
        Concurrency().judge(crowd.history)[0].summary
    )


def test_a_name_that_shows_only_in_what_was_broken_off_need_not_be_there() -> None:
    crowd = Crowd()
    for name in ("abel", "bela"):
        crowd.stores(name, part="alone")
        row = {"id": _uuid(), "title": "x", "project": marker(name, 1)}
        crowd.says(name, 3, {}, ok(row), part="alone")
        crowd.says(name, 2, {}, ok({"items": [row]}), part="alone")
    crowd.stores("cleo")
    crowd.says("cleo", 3, {}, Answer(Outcome.UNREACHABLE, None, None), aborted=True)
    crowd.says("cleo", 2, {}, ok({"items": []}))
    assert Concurrency().judge(crowd.history) == []


def test_clients_of_one_user_may_see_each_other_s_and_must_see_their_own() -> None:
    crowd = Crowd()
    for place, name in enumerate(("abel, client 1", "abel, client 2")):
        note = marker("abel", place)
        crowd.says(name, 1, {"title": note}, ok({"title": note}), part="alone", user="abel")
        crowd.says(name, 2, {}, ok({"items": [{"title": note}]}), part="alone", user="abel")
    for place, name in enumerate(("abel, client 3", "abel, client 4")):
        note = marker("abel", 10 + place)
        rows = [{"title": marker("abel", each)} for each in range(10, 11 + place)]
        crowd.says(name, 1, {"title": note}, ok({"title": note}), user="abel")
        crowd.says(name, 2, {}, ok({"items": rows}), user="abel")
    assert Concurrency().judge(crowd.history) == []
    late = {"title": marker("abel", 20)}
    crowd.says("abel, client 5", 1, late, ok({"title": "x"}), user="abel", at=1_000.0)
    assert "all of what this client stored" in Concurrency().judge(crowd.history)[0].summary


def test_what_another_client_of_the_same_user_took_away_meanwhile_is_no_finding() -> None:
    crowd = Crowd()
    for place, name in enumerate(("abel, client 1", "bela, client 1")):
        page = {"content": marker(name[:4], place)}
        crowd.says(name, 1, page, ok({}), part="alone", user=name[:4])
        crowd.says(name, 2, {}, ok(page), part="alone", user=name[:4])
    first, second = ({"content": marker("bela", 10 + place)} for place in range(2))
    crowd.says("bela, client 4", 1, first, ok({}), user="bela")
    crowd.says("bela, client 5", 1, second, ok({}), user="bela")
    crowd.says("bela, client 4", 2, {}, ok(second), user="bela")
    crowd.says("bela, client 5", 2, {}, ok({"content": ""}), user="bela")
    assert Concurrency().judge(crowd.history) == []
    third = {"content": marker("bela", 12)}
    crowd.says("bela, client 6", 1, third, ok({}), user="bela", at=1_000.0)
    crowd.says("bela, client 6", 2, {}, ok({"content": ""}), user="bela", at=1_001.0)
    assert "all of what this client stored" in Concurrency().judge(crowd.history)[0].summary


def test_only_answers_given_while_somebody_else_was_served_could_have_been_wrong() -> None:
    crowd = Crowd()
    crowd.says("cleo", 2, {}, ok([]), at=0.0)
    crowd.says("dora", 2, {}, ok([]), at=1.0)
    crowd.says("cleo", 2, {}, ok([]), at=5.0)
    assert Concurrency().opportunities(crowd.history) == {"list": 1}
