"""Names of users that are nearly the same."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from crosstalk.core.history import Actor, Answer, Call, History, Outcome
from crosstalk.core.neighbours import (
    EXACT_FORMS,
    FORMS_OF_TWO_ISSUERS,
    PLAIN_FORMS,
    alike,
    all_served,
    are_alike,
)

NAMES = {"alice": "alice-1a2b3c4d", "bob": "bob-1a2b3c4d", "carol": "carol-1a2b3c4d"}


@pytest.mark.parametrize("form", sorted({*FORMS_OF_TWO_ISSUERS, *EXACT_FORMS, *PLAIN_FORMS} - {""}))
def test_every_form_gives_each_user_another_name(form: str) -> None:
    found = alike(form, NAMES)
    assert list(found) == list(NAMES)
    assert len(set(found.values())) == len(NAMES)
    assert found != NAMES
    assert all(len(each) < 255 for each in found.values())


@pytest.mark.parametrize("form", sorted({*FORMS_OF_TWO_ISSUERS, *EXACT_FORMS, *PLAIN_FORMS}))
def test_names_are_known_to_be_alike(form: str) -> None:
    assert are_alike(alike(form, NAMES)) is bool(form)


def test_names_differ_in_case_alone() -> None:
    found = alike("separators and case", NAMES)
    assert found["bob"] != found["alice"]
    assert found["bob"].lower() == found["alice"]
    # To a pattern of SQL the third is the first.
    assert found["carol"] == found["alice"].replace("_", "-")


def test_a_name_matches_the_others_as_a_pattern_of_sql() -> None:
    found = alike("separators", NAMES)
    assert found["alice"] == "alice_1a2b3c4d"
    assert found["bob"] == "alice-1a2b3c4d"


def test_names_begin_and_end_as_another_does() -> None:
    found = alike("beginnings", NAMES)
    assert found["bob"].startswith(found["alice"])
    assert found["carol"].endswith(found["alice"])


def test_names_are_the_same_up_to_63_characters() -> None:
    found = alike("length", NAMES)
    assert found["alice"][:63] == found["bob"][:63]


def test_a_users_name_is_that_of_another_behind_an_issuers_prefix() -> None:
    found = alike("issuers", NAMES)
    assert found["bob"] == f"second:{found['alice']}"


def test_an_address_keeps_its_domain() -> None:
    names = {"alice": "alice-1a@example.com", "bob": "bob-1a@example.com"}
    assert alike("beginnings", names) == {
        "alice": "alice-1a@example.com",
        "bob": "alice-1a0@example.com",
    }


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("", NAMES),
        ("separators and case", {"alice": "17", "bob": "18", "carol": "19"}),
        ("separators", {"alice": "17", "bob": "18", "carol": "19"}),
    ],
)
def test_names_stay_where_the_form_does_not_change_them(form: str, names: dict[str, str]) -> None:
    assert alike(form, names) == names


def called(*users: str, served: Collection[str]) -> History:
    history = History(NAMES)
    for number, user in enumerate(users, start=1):
        outcome = Outcome.OK if user in served else Outcome.ERROR
        actor = Actor(user, user, user)
        history.record(Call(number, actor, "rest:GET /x", {}, Answer(outcome, 200, None), 0.0, 0.0))
    return history


def test_a_form_of_names_that_a_system_does_not_admit_is_known_by_its_refusals() -> None:
    assert all_served(called("alice", "bob", "bob", served={"alice", "bob"}))
    assert all_served(called("alice", served={"alice"}))
    assert not all_served(called("alice", "bob", served={"alice"}))


def test_reading_that_serves_every_user_does_not_admit_a_name_that_is_refused() -> None:
    history = called("alice", "bob", served={"alice", "bob"})
    assert all_served(history, ["rest:GET /x"])
    bob = Actor("bob", "bob", "bob")
    refusal = Answer(Outcome.REFUSED, 200, None, {}, None, "say who you are")
    history.record(Call(3, bob, "rest:GET /notes", {}, refusal, 0.0, 0.0))
    assert all_served(history)
    assert not all_served(history, ["rest:GET /x"])


def test_an_error_for_every_user_says_nothing_of_their_names() -> None:
    history = called("alice", "bob", served={"alice", "bob"})
    carol = Actor("carol", "carol", "carol")
    forbidden = Answer(Outcome.ERROR, 403, None)
    history.record(Call(3, carol, "rest:POST /disable", {}, forbidden, 0.0, 0.0))
    assert all_served(history)
    history.record(Call(4, carol, "rest:GET /x", {}, forbidden, 0.0, 0.0))
    assert not all_served(history)
    # An object's owner is served there, and any other user refused.
    assert all_served(history, telling=["rest:GET /list"])


def test_a_form_of_which_no_user_is_served_is_not_admitted() -> None:
    assert not all_served(called("alice", "bob", served=()))
