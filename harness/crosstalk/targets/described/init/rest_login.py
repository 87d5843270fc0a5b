"""Tries a guessed sign-up and login once, to see where the answers have the token and the id.

A document seldom describes the answers of a login. So one account is made, under a name that no
user has, and logged in.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from crosstalk.core.identifiers import last_name
from crosstalk.surface.credentials import NOTHING
from crosstalk.surface.http.exchange import client, decode
from crosstalk.surface.operation import Operation
from crosstalk.surface.rest.request import UnsendableError
from crosstalk.targets.described.guesses import PASSWORD
from crosstalk.targets.described.placeholders import filled

_SECONDS = 10.0
_TOKEN = re.compile(
    r"^(?:(?:access|auth|id|session|bearer|api)_?)?(?:token|jwt|key)$", re.IGNORECASE
)
_REFRESH = re.compile(r"refresh", re.IGNORECASE)
_JWT = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_ID = re.compile(r"^(?:user_?|account_?|member_?)?id$|^sub(?:ject)?$|^uuid$", re.IGNORECASE)
_SHORTEST_TOKEN = 8


@dataclass(frozen=True, slots=True)
class LoginTrial:
    """Places of the token and of the user's id in the answers of a login.

    Attributes:
        token: Place of the token, e.g. `$.data.token`; empty where there is none.
        cookie: Whether the login set a cookie.
        registered_id: Place of the user's id in the answer of the sign-up; empty where none is.
        id: Likewise of the login.
        refused: What was answered where one of the two was refused; empty otherwise.
    """

    token: str = ""
    cookie: bool = False
    registered_id: str = ""
    id: str = ""
    refused: str = ""


def account_fields(operation: Operation) -> dict[str, Any]:
    """Return what a sign-up or login takes, with `{user}` and `{password}` in their places."""
    return {
        each.name: _filled(each.name, each.schema) for each in operation.parameters if each.required
    }


def tried(login: Operation, register: Operation | None) -> LoginTrial:
    """Sign a made-up user up and log them in."""
    name = f"probe{secrets.token_hex(4)}"
    places = {"user": name, "password": f"Pw-{name}-1!"}
    with client(_SECONDS) as http:
        registered: Any = None
        try:
            if register is not None:
                response = _sent(http, register, places)
                if response.status_code >= 400:
                    return LoginTrial(refused=_said(register, response))
                registered = decode(response)
            response = _sent(http, login, places)
        except (httpx2.HTTPError, UnsendableError) as error:
            return LoginTrial(refused=f"{login.name}: {type(error).__name__}")
    if response.status_code >= 400:
        return LoginTrial(refused=_said(login, response))
    answer = decode(response)
    return LoginTrial(
        token=_token_place(answer),
        cookie="set-cookie" in response.headers,
        registered_id=_id_place(registered, name),
        id=_id_place(answer, name),
    )


def _filled(name: str, schema: Mapping[str, Any]) -> Any:
    short = last_name(name).lower()
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "boolean":
        return True
    if schema.get("type") in ("integer", "number"):
        return schema.get("minimum", 30)
    if PASSWORD.search(short):
        return "{password}"
    return "{user}@example.com" if "mail" in short or schema.get("format") == "email" else "{user}"


def _sent(http: httpx2.Client, operation: Operation, places: Mapping[str, str]) -> httpx2.Response:
    form = operation.extra["form"]
    made = form.request(filled(account_fields(operation), places), NOTHING)
    return http.request(form.method, made.url, content=made.content, headers=made.headers)


def _said(operation: Operation, response: httpx2.Response) -> str:
    words = " ".join(response.text.split())[:120]
    return f"{operation.name.split(':', 1)[1]} answered {response.status_code} {words}"


def _token_place(answer: Any) -> str:
    texts = [(path, text) for path, text in _leaves(answer, "$") if isinstance(text, str)]
    long = [(path, text) for path, text in texts if len(text) >= _SHORTEST_TOKEN]
    named = [path for path, _ in long if _TOKEN.search(_last(path)) and not _REFRESH.search(path)]
    formed = [path for path, text in long if _JWT.fullmatch(text) and not _REFRESH.search(path)]
    return next(iter([*named, *formed]), "")


def _id_place(answer: Any, name: str) -> str:
    """Return the place of an id that is not the name itself."""
    return next(
        (
            path
            for path, value in _leaves(answer, "$")
            if _ID.search(_last(path)) and str(value) != name
        ),
        "",
    )


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if re.fullmatch(r"[A-Za-z_][\w-]*", str(name)):
                yield from _leaves(each, f"{path}.{name}")
    elif isinstance(value, list):
        for place, each in enumerate(value[:3]):
            yield from _leaves(each, f"{path}[{place}]")
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield path, value


def _last(path: str) -> str:
    return re.sub(r"\[\d+\]$", "", path).rsplit(".", 1)[-1]
