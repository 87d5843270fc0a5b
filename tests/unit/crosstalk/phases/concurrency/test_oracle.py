"""The concurrency oracle and its baselines on histories written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pytest

from crosstalk.core.history import Actor, Answer, Call, History, Outcome, Probe, Sending
from crosstalk.core.identifiers import marker
from crosstalk.phases.concurrency.oracle import Concurrency, unstable
from tests.unit.crosstalk.histories import ok, refused

_IDS = iter(range(1, 10_000))


def _uuid() -> str:
    return f"00000000-0000-4000-8000-{next(_IDS):012d}"


class Clients:
    """Writes what clients saw that were alone, and what others saw at once."""

    def __init__(self) -> None:
        names = ("abel", "bela", "cleo", "dora")
        self.history = History({name: f"{name}-1" for name in names})
        self._clock = 0.0

    def call(
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
        operation: str = "",
    ) -> None:
        """One call of a client."""
        self._clock = self._clock + 1 if at is None else at
        sending = Sending(aborted_at="served") if aborted else None
        user = user or name
        probe = Probe("concurrency", key, part, user)
        self.history.record(
            Call(
                len(self.history) + 1,
                Actor(name, user, user),
                operation or ("add" if key == 1 else "list"),
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
        """One client stores a note."""
        note, number = marker(name, 1), _uuid()
        row = {"id": number, "title": note}
        self.call(name, 1, {"title": note}, ok(row), part=part, **how)
        return number


def _row(name: str, number: str) -> dict[str, str]:
    return {"id": number, "title": marker(name, 1)}


def _alone(clients: Clients) -> None:
    for name in ("abel", "bela"):
        number = clients.stores(name, part="alone")
        clients.call(name, 2, {}, ok({"items": [_row(name, number)]}), part="alone")


def test_concurrent_clients_that_each_get_their_own_are_clean() -> None:
    clients = Clients()
    _alone(clients)
    for name in ("cleo", "dora"):
        number = clients.stores(name)
        clients.call(name, 2, {}, ok({"items": [_row(name, number)]}))
    assert Concurrency().judge(clients.history) == []


def test_answer_with_what_another_user_planted_is_a_finding() -> None:
    clients = Clients()
    _alone(clients)
    number = clients.stores("cleo")
    clients.stores("dora")
    clients.call("dora", 2, {}, ok({"items": [_row("cleo", number)]}))
    found = Concurrency().judge(clients.history)
    assert "dora received" in found[0].summary
    assert "which is cleo's" in found[0].summary


def test_answer_to_the_first_caller_is_another_user_s_even_if_its_owner_calls_later() -> None:
    clients = Clients()
    _alone(clients)
    clients.call("dora", 1, {"title": marker("dora", 1)}, ok(_row("cleo", _uuid())))
    clients.call("cleo", 1, {"title": marker("cleo", 1)}, ok(_row("cleo", _uuid())))
    assert "which is cleo's" in Concurrency().judge(clients.history)[0].summary


def test_id_alone_shows_whose_an_answer_is() -> None:
    clients = Clients()
    _alone(clients)
    number = clients.stores("cleo")
    clients.call("dora", 2, {}, ok({"id": number}))
    assert number in Concurrency().judge(clients.history)[0].summary


def test_answer_that_lacks_what_its_client_stored_is_a_finding() -> None:
    clients = Clients()
    _alone(clients)
    clients.stores("cleo")
    clients.call("cleo", 2, {}, ok({"items": []}))
    (found,) = Concurrency().judge(clients.history)[:1]
    assert "body.items has 0 entries, not 1" in found.summary


def test_number_that_is_another_than_alone_is_a_finding() -> None:
    clients = Clients()
    for name in ("abel", "bela"):
        clients.call(name, 2, {}, ok({"open": 1}), part="alone")
    clients.call("cleo", 2, {}, ok({"open": 2}))
    assert "body.open is 2, not 1" in Concurrency().judge(clients.history)[0].summary


def test_difference_between_two_clients_that_are_alone_says_nothing() -> None:
    clients = Clients()
    for place, name in enumerate(("abel", "bela")):
        clients.call(name, 2, {}, ok({"took_ms": place}), part="alone")
    clients.call("cleo", 2, {}, ok({"took_ms": 7}))
    assert Concurrency().judge(clients.history) == []


def test_busy_answer_and_what_follows_it_are_compared_with_nothing() -> None:
    clients = Clients()
    _alone(clients)
    clients.call("cleo", 1, {"title": marker("cleo", 1)}, refused(503, "unavailable"))
    clients.call("cleo", 2, {}, ok({"items": []}))
    assert Concurrency().judge(clients.history) == []


def test_aborted_write_may_be_there_or_not_but_not_twice() -> None:
    for copies, findings in ((0, 0), (1, 0), (2, 1)):
        clients = Clients()
        _alone(clients)
        gone = Answer(Outcome.UNREACHABLE, None, None)
        clients.call("cleo", 1, {"title": marker("cleo", 1)}, gone, aborted=True)
        rows = [_row("cleo", _uuid()) for _ in range(copies)]
        clients.call("cleo", 2, {}, ok({"items": rows}))
        found = Concurrency().judge(clients.history)
        assert len(found) == findings, copies
        assert all("sees it 2 times" in each.summary for each in found)


def test_write_that_was_acknowledged_to_an_aborting_client_must_be_there() -> None:
    clients = Clients()
    _alone(clients)
    clients.stores("cleo")
    clients.call("cleo", 3, {}, Answer(Outcome.UNREACHABLE, None, None), aborted=True)
    clients.call("cleo", 2, {}, ok({"items": []}))
    assert "was acknowledged to cleo and it is not there" in (
        Concurrency().judge(clients.history)[0].summary
    )


def test_name_that_shows_only_in_an_aborted_write_need_not_be_there() -> None:
    clients = Clients()
    for name in ("abel", "bela"):
        clients.stores(name, part="alone")
        row = {"id": _uuid(), "title": "x", "project": marker(name, 1)}
        clients.call(name, 3, {}, ok(row), part="alone")
        clients.call(name, 2, {}, ok({"items": [row]}), part="alone")
    clients.stores("cleo")
    clients.call("cleo", 3, {}, Answer(Outcome.UNREACHABLE, None, None), aborted=True)
    clients.call("cleo", 2, {}, ok({"items": []}))
    assert Concurrency().judge(clients.history) == []


def test_clients_of_one_user_may_see_each_other_s_data_and_must_see_their_own() -> None:
    clients = Clients()
    for place, name in enumerate(("abel, client 1", "abel, client 2")):
        note = marker("abel", place)
        clients.call(name, 1, {"title": note}, ok({"title": note}), part="alone", user="abel")
        clients.call(name, 2, {}, ok({"items": [{"title": note}]}), part="alone", user="abel")
    for place, name in enumerate(("abel, client 3", "abel, client 4")):
        note = marker("abel", 10 + place)
        rows = [{"title": marker("abel", each)} for each in range(10, 11 + place)]
        clients.call(name, 1, {"title": note}, ok({"title": note}), user="abel")
        clients.call(name, 2, {}, ok({"items": rows}), user="abel")
    assert Concurrency().judge(clients.history) == []
    late = {"title": marker("abel", 20)}
    clients.call("abel, client 5", 1, late, ok({"title": "x"}), user="abel", at=1_000.0)
    assert "all of what this client stored" in Concurrency().judge(clients.history)[0].summary


def test_change_by_another_client_of_the_same_user_is_not_a_finding() -> None:
    clients = Clients()
    for place, name in enumerate(("abel, client 1", "bela, client 1")):
        page = {"content": marker(name[:4], place)}
        clients.call(name, 1, page, ok({}), part="alone", user=name[:4])
        clients.call(name, 2, {}, ok(page), part="alone", user=name[:4])
    first, second = ({"content": marker("bela", 10 + place)} for place in range(2))
    clients.call("bela, client 4", 1, first, ok({}), user="bela")
    clients.call("bela, client 5", 1, second, ok({}), user="bela")
    clients.call("bela, client 4", 2, {}, ok(second), user="bela")
    clients.call("bela, client 5", 2, {}, ok({"content": ""}), user="bela")
    assert Concurrency().judge(clients.history) == []
    third = {"content": marker("bela", 12)}
    clients.call("bela, client 6", 1, third, ok({}), user="bela", at=1_000.0)
    clients.call("bela, client 6", 2, {}, ok({"content": ""}), user="bela", at=1_001.0)
    assert "all of what this client stored" in Concurrency().judge(clients.history)[0].summary


def test_opportunities_are_answers_given_while_another_user_was_served() -> None:
    clients = Clients()
    clients.call("cleo", 2, {}, ok([]), at=0.0)
    clients.call("dora", 2, {}, ok([]), at=1.0)
    clients.call("cleo", 2, {}, ok([]), at=5.0)
    assert Concurrency().opportunities(clients.history) == {"list": 1}


LOCKED = Answer(Outcome.ERROR, 200, "database is locked", {}, None, "database is locked")


def test_call_that_fails_under_load_for_reasons_of_its_own_is_unstable_and_not_a_finding() -> None:
    clients = Clients()
    _alone(clients)
    clients.call("cleo", 1, {"title": marker("cleo", 1)}, LOCKED)
    clients.call("cleo", 2, {}, ok({"items": []}))
    clients.stores("dora")
    assert Concurrency().judge(clients.history) == []
    (found,) = unstable(clients.history)
    assert (found.operation, found.failed, found.calls) == ("add", 1, 2)
    assert "unstable: 1 of 2 calls failed under load, and none alone: step 1" in str(found)
    assert "database is locked" in str(found)


def test_call_that_is_told_there_is_no_such_object_under_load_is_a_finding() -> None:
    clients = Clients()
    _alone(clients)
    clients.stores("cleo")
    clients.call("cleo", 2, {}, refused(404, "not_found"))
    (found,) = Concurrency().judge(clients.history)
    assert "status is 404, not 200" in found.summary
    assert unstable(clients.history) == []


def test_call_that_fails_alone_as_well_is_not_unstable() -> None:
    clients = Clients()
    for name in ("abel", "bela"):
        clients.call(name, 2, {}, LOCKED, part="alone")
    clients.call("cleo", 2, {}, LOCKED)
    assert unstable(clients.history) == []


def _of_two_roles(clients: Clients) -> None:
    """Abel, who made the calls twice, and bela, who is refused the listing that abel may read."""
    for place, name in enumerate(("abel, client 1", "abel, client 2", "bela, client 1")):
        note = marker(name[:4], place)
        clients.call(name, 1, {"title": note}, ok({}), part="alone", user=name[:4])
        served = ok({"items": [{"title": note}]})
        answer = served if name.startswith("abel") else refused(403, "forbidden")
        clients.call(name, 2, {}, answer, part="alone", user=name[:4])


def test_user_of_another_role_is_compared_with_that_user_alone() -> None:
    clients = Clients()
    _of_two_roles(clients)
    clients.call("bela, client 2", 2, {}, refused(403, "forbidden"), user="bela")
    note = marker("abel", 7)
    clients.call("abel, client 3", 1, {"title": note}, ok({}), user="abel")
    clients.call("abel, client 3", 2, {}, ok({"items": [{"title": note}]}), user="abel")
    assert Concurrency().judge(clients.history) == []


def test_user_who_is_served_what_only_another_role_is_served_alone_is_a_finding() -> None:
    clients = Clients()
    _of_two_roles(clients)
    clients.call("bela, client 2", 2, {}, ok({"items": []}), user="bela")
    assert "the answer to bela, client 2" in Concurrency().judge(clients.history)[0].summary


def test_number_that_is_given_again_after_a_deletion_names_the_newer_object() -> None:
    clients = Clients()
    stories: list[tuple[str, Literal["alone", "concurrent"], int, int]] = [
        # Alone the number of what was deleted is free again; beside others it is taken.
        ("abel", "alone", 7, 7),
        ("bela", "alone", 7, 7),
        ("cleo", "concurrent", 8, 10),
        ("dora", "concurrent", 9, 11),
    ]
    for name, part, first, second in stories:
        for key, number in ((1, first), (3, second)):
            note = marker(name, key)
            stored = ok({"id": number, "title": note})
            clients.call(name, key, {"title": note}, stored, part=part, operation="add_card")
            if key == 1:
                gone, said = {"card_id": str(number)}, ok({"deleted": number})
                clients.call(name, 2, gone, said, part=part, operation="delete_card")
        row = {"id": second, "title": marker(name, 3)}
        clients.call(name, 4, {}, ok([row]), part=part, operation="list_cards")
    assert Concurrency().judge(clients.history) == []


def test_object_that_an_aborted_call_was_to_delete_may_be_in_the_bin_or_not() -> None:
    for aborted in (True, False):
        clients = Clients()
        stories: list[tuple[str, Literal["alone", "concurrent"]]] = [
            ("abel", "alone"),
            ("bela", "alone"),
            ("cleo", "concurrent"),
        ]
        for name, part in stories:
            number = clients.stores(name, part=part)
            off = aborted and part == "concurrent"
            said = Answer(Outcome.UNREACHABLE, None, None) if off else ok({"deleted": number})
            named = {"note_id": number}
            clients.call(name, 2, named, said, part=part, aborted=off, operation="delete")
            binned = [_row(name, number)] if part == "alone" else []
            clients.call(name, 3, {}, ok({"items": binned}), part=part, operation="bin")
        assert bool(Concurrency().judge(clients.history)) is not aborted


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        ({}, {"next": "eyJhIjogMX0="}),
        ({"limit": 2}, {"next": None}),
        ({}, {"pages": 2}),
        ({}, {"total": 3}),
    ],
)
def test_write_may_be_on_the_next_page_of_a_list(
    asked: dict[str, int], body: dict[str, object]
) -> None:
    clients = Clients()
    for name in ("abel", "bela"):
        number = clients.stores(name, part="alone")
        clients.call(name, 2, asked, ok({"items": [_row(name, number)]}), part="alone")
    clients.stores("cleo")
    rows = [{"id": _uuid(), "title": "older"} for _ in range(2)]
    clients.call("cleo", 2, asked, ok({**body, "items": rows}))
    found = [each.summary for each in Concurrency().judge(clients.history)]
    assert not any("it is not there" in each for each in found)


@pytest.mark.parametrize("size", [2, 3])
def test_write_may_be_behind_as_many_rows_as_its_user_wants_to_see(size: int) -> None:
    clients = Clients()
    for name in ("abel", "bela"):
        number = clients.stores(name, part="alone")
        clients.call(name, 2, {}, ok({"items": [_row(name, number)]}), part="alone")
    wanted = {"per_page": size}
    clients.call("cleo", 9, wanted, ok({"sort": "added", **wanted}), operation="set_preferences")
    clients.stores("cleo")
    rows = [{"id": _uuid(), "title": "older"} for _ in range(2)]
    clients.call("cleo", 2, {}, ok({"items": rows}))
    found = [each.summary for each in Concurrency().judge(clients.history)]
    assert any("it is not there" in each for each in found) is (size == 3)


@pytest.mark.parametrize("stored", [False, True])
def test_words_of_another_that_a_user_had_stored_before_are_the_users_too(*, stored: bool) -> None:
    clients = Clients()
    hers = marker("abel", 9)
    if stored:
        clients.history.supplied = {"bela": frozenset({hers})}
    clients.call("abel", 1, {"title": hers}, ok({"id": _uuid(), "title": hers}))
    clients.call("bela", 2, {}, ok([{"id": _uuid(), "title": hers}]))
    found = [each.summary for each in Concurrency().judge(clients.history)]
    assert any("which is abel's" in each for each in found) is not stored


@pytest.mark.parametrize("there", [False, True])
def test_write_is_there_though_the_users_own_answer_of_before_is_given_again(
    *, there: bool
) -> None:
    clients = Clients()
    for name in ("abel, client 1", "abel, client 2"):
        row = _row("abel", clients.stores(name, part="alone", user="abel"))
        clients.call(name, 2, {}, ok({"found": [row]}), part="alone", user="abel")
    shown = ok({"found": [_row("abel", clients.stores("abel, client 3", user="abel"))]})
    clients.call("abel, client 3", 2, {}, shown, user="abel")
    number = clients.stores("abel, client 4", user="abel")
    clients.call("abel, client 4", 2, {}, shown, user="abel")
    rows = [_row("abel", number)] if there else []
    clients.call("abel, client 4", 3, {}, ok({"all": rows}), user="abel", operation="all")
    found = [each.summary for each in Concurrency().judge(clients.history)]
    assert any("it is not there" in each for each in found) is not there


@pytest.mark.parametrize(
    ("failure", "counts"),
    [
        (Answer(Outcome.ERROR, 400, {}, {}, "not_open", "open one first"), False),
        (Answer(Outcome.ERROR, 500, {}, {}, None, "open one first"), True),
        (LOCKED, True),
    ],
)
def test_refusal_may_follow_from_what_the_users_other_client_did(
    failure: Answer, *, counts: bool
) -> None:
    clients = Clients()
    for name in ("abel, client 1", "abel, client 2"):
        clients.call(name, 2, {}, ok({"notes": []}), part="alone", user="abel")
    clients.call("abel, client 3", 1, {}, ok({"closed": True}), user="abel", operation="close")
    clients.call("abel, client 4", 2, {}, failure, user="abel")
    assert bool(unstable(clients.history)) is counts


@pytest.mark.parametrize("aborted", [False, True])
def test_refusal_may_follow_from_an_aborted_call_of_the_same_client(*, aborted: bool) -> None:
    clients = Clients()
    failure = Answer(Outcome.ERROR, 400, {}, {}, "not_open", "open one first")
    for name in ("abel", "bela"):
        clients.call(name, 1, {}, ok({}), part="alone", operation="open")
        clients.call(name, 2, {}, ok({"notes": []}), part="alone")
    clients.call("cleo", 1, {}, ok({}), aborted=aborted, operation="open")
    clients.call("cleo", 2, {}, failure)
    assert bool(unstable(clients.history)) is not aborted
