"""Credentials in their places, calls no faster than allowed, and the examples of the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crosstalk.core.history import Actor
from crosstalk.core.principals import ALICE, ANONYMOUS, forger
from crosstalk.surface.credentials import Presented
from crosstalk.targets.described import TargetConfig, load_target
from crosstalk.targets.described.credentials import (
    DescribedCredentials,
    People,
    SurfaceCredentials,
)
from crosstalk.targets.described.identity import UserConfig
from crosstalk.targets.described.login.base import LoginSession, Person
from crosstalk.targets.described.minting import spoilable
from crosstalk.targets.described.users import naming_of, neighbours_of
from tests.repository import ROOT

EXAMPLES = sorted((ROOT / "examples/targets").glob("*.toml"))
SECRET = "a secret that only tests know, long enough"


def credentials(**identity: Any) -> SurfaceCredentials:
    """Build the credentials of a target with this identity."""
    mcp = {"url": "http://127.0.0.1:1/{user}/mcp"}
    config = TargetConfig.model_validate({"mcp": mcp, "identity": identity})
    return SurfaceCredentials(config.identities()["mcp"], People({}, Path.cwd()))


def presented(source: SurfaceCredentials, actor: Actor, subject: str = "alice-1") -> Presented:
    """Return what an actor presents."""
    return source.present(actor, subject)


class TokenOf:
    """A login that gives every user a token of their name."""

    def sign_up(self, person: Person, presented: Presented) -> str:
        return ""

    def log_in(self, person: Person, presented: Presented) -> LoginSession:
        return LoginSession(f"token of {person.name}")

    def renew(self, person: Person, session: LoginSession) -> LoginSession | None:
        return None


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_is_a_confirmed_description(file: Path) -> None:
    assert load_target(file).confirmed


def test_credentials_travel_where_the_description_says() -> None:
    bearer = presented(credentials(by=["bearer"], token="t-{user}"), ALICE)
    assert bearer.headers == {"Authorization": "Bearer t-alice-1"}
    header = presented(credentials(by=["header"], header="X-Who"), ALICE)
    assert header.headers == {"X-Who": "alice-1"}
    query = presented(credentials(by=["query"], query="key", value="k-{user}"), ALICE)
    assert query.query == {"key": "k-alice-1"}
    cookie = presented(credentials(by=["cookie"], value="{token}", token="t-{user}"), ALICE)
    assert cookie.cookies == {"session": "t-alice-1"}
    address = presented(credentials(by=["url"]), ALICE)
    assert address.address["user"] == "alice-1"
    argument = presented(credentials(by=["token-argument"], token="t-{user}"), ALICE)
    assert argument.arguments == {"token": "t-alice-1"}
    variables = {"WHO": "{user}"}
    process = presented(credentials(by=["environment"], environment=variables), ALICE)
    assert process.environment == {"WHO": "alice-1"}


@pytest.mark.parametrize("carried", ["bearer", "token-argument"])
def test_credentials_of_a_login_keep_every_other_part(carried: str) -> None:
    login = {"tool": "log_in", "token": "token", "carried": carried}
    source = credentials(
        by=["environment", "header", "url", "login"],
        environment={"WHO": "{user}"},
        login=login,
    )
    source.login = TokenOf()
    found = presented(source, ALICE)
    assert found.environment == {"WHO": "alice-1"}
    assert found.headers["X-User-Id"] == "alice-1"
    assert found.address["user"] == "alice-1"
    assert found.connection == "alice-1"
    given = found.headers if carried == "bearer" else found.arguments
    assert "token of alice-1" in str(given)


def test_names_of_letters_alone_are_made_up_where_the_file_wants_them() -> None:
    config = TargetConfig.model_validate(
        {
            "user_names": "{user}{letters}",
            "mcp": {"url": "http://x/mcp"},
            "identity": {"by": ["bearer"], "token": "key-{user}"},
        }
    )
    credentials = DescribedCredentials()
    names = naming_of(config, {}, credentials)
    made = {*names("01ab23cd").values(), *names("01ab23ce").values()}
    assert all(each.isalpha() and each.islower() for each in made)
    assert len(made) == 2 * len(names("01ab23cd"))
    assert neighbours_of(config, {}, credentials) == ()


def test_bystander_is_of_a_tenant_of_their_own_where_users_have_tenants() -> None:
    config = TargetConfig.model_validate(
        {
            "mcp": {"url": "http://x/mcp"},
            "identity": {"by": ["bearer"], "token": "{user} of {tenant}"},
            "tenants": {"per_tenant": 2},
        }
    )
    source = credentials(by=["bearer"], token="{user} of {tenant}")
    subjects = naming_of(config, {}, DescribedCredentials(mcp=source))("01ab23cd")
    tenants = {name: source.people.attributes[each]["tenant"] for name, each in subjects.items()}
    assert len(set(tenants.values())) == 3
    assert tenants["bystander"] not in {tenants["alice"], tenants["carol"]}


def test_callers_told_apart_by_arguments_alone_share_a_connection() -> None:
    gateway = credentials(by=["argument"], arguments=["user_id"])
    assert presented(gateway, ALICE, "a").connection == presented(gateway, ALICE, "b").connection
    sessions = credentials(by=["session"])
    assert presented(sessions, ALICE, "a").connection != presented(sessions, ALICE, "b").connection


def test_strangers_present_nothing_and_forgers_a_spoiled_token() -> None:
    source = credentials(by=["bearer"], mint={"key": SECRET})
    good = presented(source, ALICE).headers["Authorization"]
    assert presented(source, ANONYMOUS).headers == {}
    kinds = spoilable(good.removeprefix("Bearer "), source.identity.mint)
    assert {"invented", "tampered", "alg-none", "expired", "wrong-key"} <= set(kinds)
    for kind in kinds:
        assert presented(source, forger(kind)).headers["Authorization"] != good


@pytest.mark.parametrize(
    ("token", "listed", "kinds"),
    [
        # "tok-alice" is what another made-up user would present.
        ("tok-{user}", {}, {"invented"}),
        ("tok-{user}.ok", {}, {"invented", "cut-short"}),
        ("tok-{user}", {"alice-1": UserConfig()}, {"invented", "cut-short"}),
        ("one-for-all-users", {}, {"invented", "cut-short"}),
    ],
)
def test_token_cut_short_is_no_forgery_where_it_is_another_made_up_users(
    token: str, listed: dict[str, UserConfig], kinds: set[str]
) -> None:
    identity = credentials(by=["bearer"], token=token).identity
    found = SurfaceCredentials(identity, People(listed, Path.cwd())).spoilable("alice-1")
    assert set(found) == kinds
