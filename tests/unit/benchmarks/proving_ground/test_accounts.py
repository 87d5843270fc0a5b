"""Credentials that a person sets in the shell for a file that `init` wrote."""

from __future__ import annotations

from benchmarks.proving_ground.accounts import variables
from tests.unit.crosstalk.targets.described.http_server import serving_routes


def test_users_of_the_confirmed_file_are_those_of_inits_file() -> None:
    found = variables(
        '[identity]\nby = ["bearer"]\n[users.ann]\ntoken = "t-1"\n'
        '[users.ben]\nsubject = "b"\npassword = "p"\ntoken = "t-2"\n'
    )
    assert found["ALICE_TOKEN"] == "t-1"
    assert (found["BOB_TOKEN"], found["BOB_USERNAME"], found["BOB_PASSWORD"]) == ("t-2", "b", "p")
    assert "CAROL_TOKEN" not in found


def test_tokens_that_any_name_has_are_made_for_three_users() -> None:
    found = variables('[identity]\nby = ["bearer"]\ntoken = "gym-{user}"\n')
    assert [found[f"{each}_TOKEN"] for each in ("ALICE", "BOB", "CAROL")] == [
        "gym-alice",
        "gym-bob",
        "gym-carol",
    ]


def test_token_of_a_login_elsewhere_is_fetched() -> None:
    with serving_routes({"POST /session": lambda _: (200, {"token": "t-9"})}) as server:
        found = variables(
            f'[identity.login]\nrequest = "POST {server.url}/session"\ntoken = "$.token"\n'
            'json = {name = "{user}", password = "{password}"}\n'
            '[users.ann]\npassword = "p"\n'
        )
    assert found["ALICE_TOKEN"] == "t-9"


def test_no_confirmed_file_gives_no_tokens() -> None:
    assert variables("")["ALICE_TOKEN"] == ""
