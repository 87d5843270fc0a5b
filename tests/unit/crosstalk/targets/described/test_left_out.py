"""Operations that a login calls by itself are left out, unless the file names them."""

from __future__ import annotations

from typing import Any

import pytest

from crosstalk.surface.operation import Operation
from crosstalk.surface.rest.request import RequestForm
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
    config = TargetConfig.model_validate(
        {
            "rest": {"openapi": f"{ORIGIN}/openapi.json", **(rest or {})},
            "identity": {"by": "login", "login": login},
            "tools": tools or {},
        }
    )
    operations = {each.name: each for each in (operation(name, prefix) for name in NAMES)}
    return {name.removeprefix("rest:") for name in calls_of_logins(config, operations, ORIGIN)}


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_sign_up_login_and_renewal_are_left_out(prefix: str) -> None:
    assert left_out(prefix) == {"POST /login", "POST /users", "POST /refresh"}


def test_operations_that_the_file_names_are_called() -> None:
    assert left_out(rest={"public": "POST /login"}) == {"POST /users", "POST /refresh"}
    assert left_out(tools={"POST /users": {"kind": "create"}}) == {"POST /login", "POST /refresh"}
