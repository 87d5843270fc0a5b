"""Statements that are put together once."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select, update
from sqlmodel import col

from system.store.models import Conversation
from system.store.prepared import THE_SUBJECT, Prepared

_TITLES = Prepared(
    select(col(Conversation.title))
    .where(
        col(Conversation.user_id) == THE_SUBJECT,
        col(Conversation.title) != "hidden",
        col(Conversation.id) == bindparam("the_conversation"),
    )
    .limit(bindparam("at_most"))
)


def test_values_stand_in_the_order_of_the_text() -> None:
    values = _TITLES.values("alice", {"at_most": 5, "the_conversation": "c"})
    assert values == ("alice", "hidden", "c", 5)
    assert [f"${number}" in _TITLES.text for number in range(1, 6)] == [True] * 4 + [False]


def test_the_subject_is_the_sessions_whatever_is_given() -> None:
    given = {"at_most": 5, "the_conversation": "c", THE_SUBJECT.key: "bob"}
    assert _TITLES.values("alice", given)[0] == "alice"


def test_a_value_that_is_not_given_is_an_error() -> None:
    with pytest.raises(KeyError):
        _TITLES.values("alice", {"at_most": 5})


def test_a_query_as_a_read_names_the_subject_once_more() -> None:
    text, values = _TITLES.as_read("alice", {"at_most": 5, "the_conversation": "c"})
    assert "set_subject($5::text)" in text
    assert values == ("alice", "hidden", "c", 5, "alice")


def test_a_write_says_that_it_is_one() -> None:
    assert not _TITLES.writes
    assert Prepared(update(Conversation).values(title=bindparam("its_title"))).writes
