"""Public operations in which a user is named by what they log in with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crosstalk.core.history import Answer, Outcome
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.targets.described import TargetConfig
from crosstalk.targets.described.credentials import People, SurfaceCredentials
from crosstalk.targets.described.login.login_names import with_login_names
from crosstalk.targets.described.users import flows_of

EMAIL = Parameter("email", {"type": "string"}, True, Role.TEXT)
FORGOT = Operation("rest", "rest:POST /forgot", (EMAIL,), reads_only=False, public=True)
NEWS = Operation("rest", "rest:GET /news", (), reads_only=True, public=True)
INVITE = Operation("rest", "rest:POST /invitations", (EMAIL,), reads_only=False)
CONFIG = TargetConfig.model_validate(
    {
        "rest": {
            "openapi": "http://127.0.0.1:1/openapi.json",
            "public": ["POST /forgot", "GET /news"],
        },
        "identity": {
            "by": ["login"],
            "login": {
                "request": "POST /login",
                "json": {"email": "{user}@example.com", "password": "{password}"},
                "token": "token",
            },
        },
    }
)


class Api:
    """Notes what it is sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def discover(self) -> list[Operation]:
        """Three operations."""
        return [FORGOT, NEWS, INVITE]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve it."""
        self.sent.append(dict(arguments))
        return Answer(Outcome.OK, 202, {"sent": True})

    def close(self) -> None:
        """Nothing is open."""


def no_login(found: Mapping[str, Operation]) -> frozenset[str]:
    """Say of no operation that it signs users in."""
    return frozenset()


def test_sign_up_names_no_user() -> None:
    # A stranger who signed up in a user's name would have taken it before the user signs up.
    credentials = SurfaceCredentials(CONFIG.identities()["rest"], People({}, Path()))
    surface = with_login_names(Api(), credentials, lambda found: {FORGOT.name} & found.keys())
    forgot, *_ = surface.discover()
    assert forgot.parameters[0].role is Role.TEXT


def test_a_stranger_names_a_user_by_their_subject_and_the_server_gets_their_address() -> None:
    api, people = Api(), People({}, Path())
    people.learn("u-1", "alice")
    surface = with_login_names(
        api, SurfaceCredentials(CONFIG.identities()["rest"], people), no_login
    )
    forgot, _, invite = surface.discover()
    assert forgot.parameters[0].role is Role.IDENTITY
    assert invite.parameters[0].role is Role.TEXT
    surface.call(forgot, {"email": "u-1"}, NOTHING)
    surface.call(invite, {"email": "note"}, NOTHING)
    assert api.sent == [{"email": "alice@example.com"}, {"email": "note"}]


def test_an_operation_about_a_named_user_is_public_as_to_the_credential_alone() -> None:
    surface = with_login_names(
        Api(), SurfaceCredentials(CONFIG.identities()["rest"], People({}, Path())), no_login
    )
    found = {each.name: each for each in surface.discover()}
    (flow,) = flows_of(CONFIG, found)
    assert flow.operations == {"rest:GET /news"}
