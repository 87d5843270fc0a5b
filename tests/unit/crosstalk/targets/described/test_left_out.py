"""Operations that a login calls by itself are left out, unless the file names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from crosstalk.surface.rest.request import RequestForm
from crosstalk.targets.described.build import _operations
from crosstalk.targets.described.config import TargetConfig
from crosstalk.targets.described.login.left_out import calls_of_logins

ORIGIN = "http://127.0.0.1:1"


def operation(name: str, prefix: str = "") -> Operation:
    """An operation of an API whose paths begin behind a prefix."""
    method, _, path = name.partition(" ")
    form = RequestForm(method, f"{ORIGIN}{prefix}{path}", {}, {})
    return Operation("rest", f"rest:{name}", (), reads_only=False, extra={"form": form})


NAMES = ("POST /login", "GET /login", "POST /users", "GET /users", "POST /refresh", "GET /me")


def left_out(
    prefix: str = "", rest: dict[str, Any] | None = None, tools: dict[str, Any] | None = None
) -> set[str]:
    """Return what is left out where a login signs up, logs in, asks who it is and renews."""
    login = {
        "request": f"POST {prefix}/login?next=/",
        "token": "$.token",
        "subject": "$.id",
        "whoami": {"request": f"GET {prefix}/me"},
        "refresh": {"request": f"POST {ORIGIN}{prefix}/refresh", "json": {"old": "{refresh}"}},
        "register_first": {"request": f"POST {prefix}/users"},
    }
    config = described(login, rest, tools)
    operations = {each.name: each for each in (operation(name, prefix) for name in NAMES)}
    return {name.removeprefix("rest:") for name in calls_of_logins(config, operations, ORIGIN)}


def described(
    login: dict[str, Any], rest: dict[str, Any] | None = None, tools: dict[str, Any] | None = None
) -> TargetConfig:
    """Return a file with this login."""
    return TargetConfig.model_validate(
        {
            "rest": {"openapi": f"{ORIGIN}/openapi.json", **(rest or {})},
            "identity": {"by": "login", "login": login},
            "tools": tools or {},
        }
    )


@dataclass(frozen=True)
class Offering:
    """A surface that offers all of it, and answers nothing."""

    def discover(self) -> list[Operation]:
        """Return the operations."""
        return [operation(name) for name in NAMES]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Refuse every call."""
        return Answer(Outcome.REFUSED, 401, None)

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.parametrize(
    "login",
    [
        {"request": "POST /login", "token": "$.token"},
        {"grant": "password", "token_url": f"{ORIGIN}/login"},
    ],
    ids=["request", "grant"],
)
@pytest.mark.parametrize(
    ("tools", "missed"),
    [({}, {"GET /me"}), ({"POST /login": {"kind": "create"}}, {"GET /me", "POST /login"})],
)
def test_login_that_signs_users_in_is_not_missed_where_it_is_public(
    login: dict[str, Any], tools: dict[str, Any], missed: set[str]
) -> None:
    public = ["POST /login", *(each for each in NAMES if each not in ("POST /login", "GET /me"))]
    config = described(login, {"public": public[:1], "skip": public[1:]}, tools)
    kept, _ = _operations(config, {"rest": Offering()})
    unserved = ServiceRecord(kept).inconclusive()
    assert {each.where.removeprefix("rest:") for each in unserved} == missed


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_sign_up_login_and_renewal_are_left_out(prefix: str) -> None:
    assert left_out(prefix) == {"POST /login", "POST /users", "POST /refresh"}


def test_operations_that_the_file_names_are_called() -> None:
    assert left_out(rest={"public": "POST /login"}) == {"POST /users", "POST /refresh"}
    assert left_out(tools={"POST /users": {"kind": "create"}}) == {"POST /login", "POST /refresh"}
