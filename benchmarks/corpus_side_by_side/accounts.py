"""Two people of each server and the header that proves who calls.

All tools are given it in the variables ALICE and BOB, so it is in no tool's lines, though Crosstalk
signs up and logs in by itself where its file says how, and those lines count.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

import httpx2

_SECONDS = 10.0
_PEOPLE = ("alice", "bob")
_PASSWORD = "secret-of-12"  # noqa: S105


def _basic(account: str) -> str:
    return f"Basic {base64.b64encode(account.encode()).decode()}"


# Of accounts that exist: the header, and its value for each of the two people.
_EXISTING = {
    "billing": ("X-Api-Key", ("key_live_hartmann_58aa", "key_live_okafor_1b7e")),
    "garage": ("X-Api-Key", ("gk_7f3a91c2", "gk_18be40d7")),
    "shortlinks": ("X-Api-Key", ("sk-northwind-4411", "sk-acme-9027")),
    "hivebook": ("Authorization", ("Bearer bee-7f31-agnes", "Bearer bee-90c2-bruno")),
    "jobhunt": ("Authorization", (_basic("ana:pw-ana"), _basic("ben:pw-ben"))),
    "stargaze": ("Authorization", (_basic("halley:comet1758"), _basic("leavitt:cepheid08"))),
}


def credentials(server: str, url: str) -> tuple[str, dict[str, str]]:
    """Return the name of the header, and its value for each of the two people.

    Args:
        server: Its name in the corpus.
        url: Where it runs; some give a credential to whoever signs up or logs in.
    """
    if server in _EXISTING:
        header, values = _EXISTING[server]
        return header, dict(zip(_PEOPLE, values, strict=True))
    header, log_in = _LOGINS[server]
    with httpx2.Client(base_url=url, timeout=_SECONDS) as client:
        found = {}
        for name in _PEOPLE:
            found[name] = log_in(client, name)
            client.cookies.clear()
        return header, found


def _budget(client: httpx2.Client, name: str) -> str:
    return f"Bearer {client.post('/accounts', json={'household': name}).json()['token']}"


def _expenses(client: httpx2.Client, name: str) -> str:
    email, password = {
        "alice": ("ines@corp.example", "marigold-7"),
        "bob": ("jonas@corp.example", "thistle-3"),
    }[name]
    answer = client.post("/login", data={"email": email, "password": password})
    return f"session={answer.cookies['session']}"


def _lettings(client: httpx2.Client, name: str) -> str:
    login, password = {
        "alice": ("hartmann", "roof-and-wall"),
        "bob": ("oyelaran", "blue-door-22"),
    }[name]
    answer = client.post("/login", data={"login": login, "password": password})
    return f"lettings_session={answer.cookies['lettings_session']}"


def _signatures(client: httpx2.Client, name: str) -> str:
    return _signed_up(client, name, "/auth/sign-up", "/auth/token")


def _timeclock(client: httpx2.Client, name: str) -> str:
    return _signed_up(client, name, "/register", "/token")


def _signed_up(client: httpx2.Client, name: str, sign_up: str, token: str) -> str:
    account = {"username": f"{name}-1", "password": _PASSWORD}
    client.post(sign_up, json=account).raise_for_status()
    return f"Bearer {client.post(token, data=account).json()['access_token']}"


_LOGINS: dict[str, tuple[str, Callable[[httpx2.Client, str], str]]] = {
    "budget": ("Authorization", _budget),
    "expenses": ("Cookie", _expenses),
    "lettings": ("Cookie", _lettings),
    "signatures": ("Authorization", _signatures),
    "timeclock": ("Authorization", _timeclock),
}
