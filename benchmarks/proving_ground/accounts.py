"""Credentials of a server's users, in the variables that a file written by `init` takes them from.

`init` cannot know them, so whoever runs it sets them in the shell. Here they are those of the
confirmed file; where that gets tokens by a request outside the described API, so does this.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import httpx2

# The users that `init` writes.
_NAMES = ("alice", "bob", "carol")
_SECONDS = 10.0


def variables(confirmed: str) -> dict[str, str]:
    """Return `ALICE_TOKEN`, `ALICE_USERNAME`, `ALICE_PASSWORD` and the like.

    Args:
        confirmed: Text of the file that a user keeps for the server, with its port filled in;
            empty where there is none.
    """
    described = tomllib.loads(confirmed)
    identity: Mapping[str, Any] = described.get("identity", {})
    users: Mapping[str, Mapping[str, Any]] = described.get("users", {})
    found: dict[str, str] = {}
    people = list(users.items()) or [(name, {}) for name in _NAMES]
    for name, (called, user) in zip(_NAMES, people, strict=False):
        username = user.get("username") or user.get("subject") or called
        password = user.get("password", "")
        token = user.get("token") or str(identity.get("token", "")).replace("{user}", username)
        values = {
            "TOKEN": token or _logged_in(identity.get("login", {}), username, password),
            "USERNAME": username,
            "PASSWORD": password,
        }
        found |= {f"{name.upper()}_{field}": value for field, value in values.items()}
    return found


def _logged_in(login: Mapping[str, Any], username: str, password: str) -> str:
    """Return the token that a login gives whose request has a whole URL; empty without one."""
    method, _, url = str(login.get("request", "")).partition(" ")
    field = str(login.get("token", "")).removeprefix("$.")
    if not url.startswith("http") or "json" not in login or not password:
        return ""
    body = {
        name: value.replace("{user}", username).replace("{password}", password)
        for name, value in login["json"].items()
    }
    answer = httpx2.request(method, url, json=body, timeout=_SECONDS)
    return str(answer.json()[field])
