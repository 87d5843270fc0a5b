"""Credentials with which one user's token is tried on another user's session."""

from __future__ import annotations

from crosstalk.core.history import Actor
from crosstalk.core.principals import ALICE, ANONYMOUS, BOB, HIJACKER
from crosstalk.surface.credentials import Presented
from crosstalk.targets.reference.sessions import OwnSessions
from crosstalk.targets.session_theft import SessionTheft


class Tokens:
    """A token for each user."""

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        return Presented.bearer(f"of {subject}") if actor.user else Presented()


def test_session_theft_puts_the_thiefs_token_on_the_victims_connection() -> None:
    credentials = SessionTheft(OwnSessions(Tokens()))
    hers = credentials.present(ALICE, "alice-1", "mcp")
    his = credentials.present(BOB, "bob-1", "mcp")
    stolen = credentials.present(HIJACKER, "bob-1", "mcp")
    assert hers.connection != his.connection
    assert (stolen.headers, stolen.connection) == (his.headers, hers.connection)


def test_session_theft_follows_the_victim_to_a_new_session() -> None:
    credentials = SessionTheft(OwnSessions(Tokens()))
    credentials.present(ALICE, "alice-1", "mcp")
    credentials.present(ALICE, "alice-2", "mcp")
    assert credentials.present(HIJACKER, "bob-2", "mcp").connection == "alice-2"


def test_session_theft_has_nothing_to_take_before_the_victim_came() -> None:
    credentials = SessionTheft(OwnSessions(Tokens()))
    assert credentials.present(HIJACKER, "bob-1", "mcp").connection == "bob-1"


def test_own_sessions_are_kept_of_tools_alone_and_by_strangers_too() -> None:
    credentials = OwnSessions(Tokens())
    assert credentials.present(ALICE, "alice-1", "rest").connection == ""
    assert credentials.present(ANONYMOUS, "alice-1", "mcp").connection == "anonymous"
