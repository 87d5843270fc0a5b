"""A login as an operation, which shows whether users can still log in."""

from __future__ import annotations

from pathlib import Path

from crosstalk.core.history import Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.wire_requests import WireRequest, held_back, hold_back
from crosstalk.targets.described import TargetConfig
from crosstalk.targets.described.credentials import People, SurfaceCredentials
from crosstalk.targets.described.login.base import CredentialError, LoginSession, Person
from crosstalk.targets.described.login.surface import LoginSurface

DESCRIPTION = {
    "rest": {"openapi": "http://127.0.0.1:1/openapi.json"},
    "identity": {
        "by": ["login"],
        "login": {"request": "POST /login", "json": {"user": "{user}"}, "token": "token"},
    },
}


class Door:
    """A login that can be shut."""

    def __init__(self) -> None:
        self.shut = False
        self.logins = 0

    def sign_up(self, person: Person, presented: Presented) -> str:
        return ""

    def log_in(self, person: Person, presented: Presented) -> LoginSession:
        self.logins += 1
        if self.shut:
            raise CredentialError(f"POST /login refused {person.name}: 403")
        return LoginSession("the-token-of-ann")

    def renew(self, person: Person, session: LoginSession) -> LoginSession | None:
        return None


def test_login_works_until_it_is_refused_and_shows_no_token() -> None:
    identity = TargetConfig.model_validate(DESCRIPTION).identities()["rest"]
    door = Door()
    surface = LoginSurface(SurfaceCredentials(identity, People({}, Path()), login=door))
    (operation,) = surface.discover()
    assert operation.name == "login:POST /login"
    assert operation.effect_only
    served = surface.call(operation, {"user": "ann"}, NOTHING)
    door.shut = True
    refused = surface.call(operation, {"user": "ann"}, NOTHING)
    assert (served.outcome, refused.outcome) == (Outcome.OK, Outcome.REFUSED)
    assert "the-token-of-ann" not in str(served) + str(refused)
    assert door.logins == 3


class FarDoor(Door):
    """A login whose requests are written and not sent."""

    def sign_up(self, person: Person, presented: Presented) -> str:
        hold_back(lambda: WireRequest("POST", "/signup"))
        return ""

    def log_in(self, person: Person, presented: Presented) -> LoginSession:
        hold_back(lambda: WireRequest("POST", "/login"))
        return LoginSession("the-token-of-ann")


def test_login_of_a_user_who_was_never_here_is_written_down_without_being_made() -> None:
    identity = TargetConfig.model_validate(DESCRIPTION).identities()["rest"]
    surface = LoginSurface(SurfaceCredentials(identity, People({}, Path()), login=FarDoor()))
    (operation,) = surface.discover()
    with held_back() as drafts:
        answer = surface.call(operation, {"user": "ann"}, NOTHING)
    assert answer.outcome is Outcome.UNREACHABLE
    assert [each.url for each in drafts] == ["/login"]
