"""Tries a guessed sign-up and login once, to see where the answers have the token and the id.

A document seldom describes the answers of a login, and not always how the token travels. So one
account is made, under a name that no user has, and logged in; then something is read with what the
login gave, carried in the usual ways, until one is served.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from crosstalk.core.identifiers import last_name
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.http.exchange import client, decode
from crosstalk.surface.operation import Operation, Role
from crosstalk.surface.rest.request import UnsendableError
from crosstalk.targets.described.guesses import PASSWORD
from crosstalk.targets.described.login.values import AnswerValue, ReadableAnswer
from crosstalk.targets.described.placeholders import filled

_SECONDS = 10.0
_TOKEN = re.compile(
    r"^(?:(?:access|auth|id|session|bearer|api)_?)?(?:token|jwt|key)$", re.IGNORECASE
)
_REFRESH = re.compile(r"refresh", re.IGNORECASE)
_JWT = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_ID = re.compile(r"^(?:user_?|account_?|member_?)?_?id$|^sub(?:ject)?$|^uuid$", re.IGNORECASE)
_SHORTEST_TOKEN = 8
_CSRF = re.compile(r"csrf|xsrf|authenticity_token|^_token$", re.IGNORECASE)
_FIELD = re.compile(r"<(?:input|meta)\b[^>]*\bname\s*=\s*[\"']?([^\s\"'>]+)", re.IGNORECASE)
# Headers that repeat a token, by what frameworks call its cookie or the field of a form.
_CSRF_HEADERS = {
    "csrftoken": "X-CSRFToken",
    "csrfmiddlewaretoken": "X-CSRFToken",
    "xsrf-token": "X-XSRF-TOKEN",
}
# What stands before the token in `Authorization`, as a document's words have it.
_PREFIX = re.compile(r"prefix\W+(?:of|is)?\W*[\"'`]?([A-Za-z]+)", re.IGNORECASE)
_CARRYING: tuple[tuple[str, str], ...] = (
    ("Authorization", "Token {token}"),
    ("Authorization", "JWT {token}"),
    ("Authorization", "{token}"),
    ("X-Access-Token", "{token}"),
    ("X-Auth-Token", "{token}"),
    ("X-API-Key", "{token}"),
)


@dataclass(frozen=True, slots=True)
class LoginTrial:
    """Places of the token and of the user's id in the answers of a login.

    Attributes:
        token: Place of the token, e.g. `$.data.token`; empty where there is none.
        cookie: Whether the login set a cookie.
        registered_id: Place of the user's id in the answer of the sign-up; empty where none is.
        id: Likewise of the login.
        refused: What was answered where one of the two was refused; empty otherwise.
        carried: Settings of the login by which a reading was served, where a bearer token was not.
        csrf: Settings of the token that requests must repeat, where there is one.
        refresh: Place of the refresh token in the login's answer; empty where there is none.
        existing: Whether the account was there before, so that nothing says that a login makes one.
    """

    token: str = ""
    cookie: bool = False
    registered_id: str = ""
    id: str = ""
    refused: str = ""
    carried: Mapping[str, str] = field(default_factory=dict)
    csrf: Mapping[str, str] = field(default_factory=dict)
    refresh: str = ""
    existing: bool = False


def account_fields(operation: Operation) -> dict[str, Any]:
    """Return what a sign-up or login takes: `{user}`, `{password}`, `{csrf}` in their places."""
    return {
        each.name: _filled(each.name, each.schema)
        for each in operation.parameters
        if each.required or _CSRF.search(last_name(each.name))
    }


def tried(
    login: Operation,
    register: Operation | None,
    readings: Sequence[Operation] = (),
    account: tuple[str, str] | None = None,
) -> LoginTrial:
    """Sign a made-up user up, log them in, and read something as them.

    Args:
        login: The guessed login.
        register: The guessed sign-up, if there is one.
        readings: Operations that show a caller's own data and want a credential.
        account: Name and password of an account that exists, which is logged in where there is no
            sign-up.
    """
    existing = account is not None and register is None
    name = account[0] if account is not None and existing else f"probe{secrets.token_hex(4)}"
    password = account[1] if account is not None and existing else f"Pw-{name}-1!"
    places = {"user": name, "password": password, "csrf": ""}
    cookies: dict[str, str] = {}
    with client(_SECONDS) as http:
        registered: Any = None
        try:
            csrf = _csrf(http, register or login, cookies, places)
            if register is not None:
                response = _sent(http, register, places, cookies, csrf)
                if response.status_code >= 400:
                    return LoginTrial(refused=_said(register, response))
                registered = decode(response)
                csrf = _csrf(http, login, cookies, places)
            response = _sent(http, login, places, cookies, csrf, whole_names=existing)
            if response.status_code >= 400:
                return LoginTrial(refused=_said(login, response))
            answer = decode(response)
            csrf = csrf or _csrf_cookie(cookies) or _csrf_answered(answer)
            place = _token_place(answer)
            carried = _carried(http, readings, name, _at(answer, place), cookies)
        except (httpx2.HTTPError, UnsendableError) as error:
            return LoginTrial(refused=f"{login.name}: {type(error).__name__}")
    return LoginTrial(
        token=place,
        cookie="set-cookie" in response.headers,
        registered_id=_id_place(registered, name),
        id=_id_place(answer, name),
        carried=carried,
        csrf=csrf,
        refresh=_refresh_place(answer),
        existing=existing,
    )


def _carried(
    http: httpx2.Client,
    readings: Sequence[Operation],
    name: str,
    token: str,
    cookies: Mapping[str, str],
) -> dict[str, str]:
    """Return settings of the first way, other than a bearer token, in which a reading is served."""
    for reading in readings:
        if not _refuses(read_status(http, reading, name, NOTHING)):
            continue
        bearer = Presented({"Authorization": f"Bearer {token}"})
        if token and not _refuses(read_status(http, reading, name, bearer)):
            return {}
        if cookies and not _refuses(read_status(http, reading, name, Presented(cookies=cookies))):
            return {"carried": "cookie"}
        for header, value in [*_by_words(reading), *_CARRYING] if token else ():
            presented = Presented({header: value.replace("{token}", token)})
            if not _refuses(read_status(http, reading, name, presented)):
                return {"carried": "header", "header": header, "value": value}
    return {}


def _by_words(operation: Operation) -> list[tuple[str, str]]:
    """Return how the document's words say that a token travels in `Authorization`."""
    said = [str(each.get("description", "")) for each in operation.extra.get("schemes", ())]
    return [
        ("Authorization", f"{found[1]} {{token}}")
        for each in said
        if (found := _PREFIX.search(each)) is not None
    ]


def read_status(http: httpx2.Client, reading: Operation, name: str, presented: Presented) -> int:
    """Read something, with a name for the user and values for what is required.

    Returns:
        The status of the answer.

    Raises:
        HTTPError: There was none.
        UnsendableError: HTTP cannot express a value.
    """
    form = reading.extra["form"]
    given = {each.name: name for each in reading.parameters if each.role is Role.IDENTITY}
    given |= {
        each.name: _filled(each.name, each.schema)
        for each in reading.parameters
        if each.required and each.name not in given
    }
    made = form.request(given, presented)
    response = http.request(form.method, made.url, content=made.content, headers=made.headers)
    return int(response.status_code)


def _refuses(status: int) -> bool:
    # A page sends a caller without a session to the login.
    return status in (401, 403) or 300 <= status < 400


def _csrf(
    http: httpx2.Client,
    operation: Operation,
    cookies: dict[str, str],
    places: dict[str, str],
) -> dict[str, str]:
    """Fetch the form's page where a form wants a token of it; return the settings that say so."""
    wanted = [each.name for each in operation.parameters if _CSRF.search(last_name(each.name))]
    form = operation.extra["form"]
    in_forms = getattr(getattr(form, "body", None), "kind", "json") != "json"
    if not (wanted or in_forms):
        return {}
    path = urlsplit(form.url).path
    response = http.get(form.url, headers=_cookie_header(cookies))
    _keep(response, cookies)
    page = decode(response)
    if response.status_code >= 400:
        return {}
    named = _FIELD.findall(page) if isinstance(page, str) else []
    for field_name in named:
        if _CSRF.search(field_name):
            value = AnswerValue("input", field_name).read(ReadableAnswer(page))
            places["csrf"] = value or ""
            header = _CSRF_HEADERS.get(field_name.lower())
            said = {"request": f"GET {path}", "value": f"input:{field_name}"}
            return {**said, **({"header": header} if header else {})}
    found = _csrf_cookie(cookies)
    if found:
        places["csrf"] = cookies[found["value"].partition(":")[2]]
        return {"request": f"GET {path}", **found}
    return {}


def _csrf_cookie(cookies: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a token that a cookie holds and a header must repeat."""
    for name in cookies:
        if _CSRF.search(name):
            header = _CSRF_HEADERS.get(name.lower(), "X-CSRF-Token")
            return {"value": f"cookie:{name}", "header": header}
    return {}


def _csrf_answered(answer: Any) -> dict[str, str]:
    """Return the settings of a token that the login's answer tells and a header must repeat."""
    said = (path for path, text in _leaves(answer, "$") if isinstance(text, str))
    place = next((each for each in said if _CSRF.search(_last(each))), "")
    return {"value": place, "header": "X-CSRF-Token"} if place else {}


def _filled(name: str, schema: Mapping[str, Any]) -> Any:
    short = last_name(name).lower()
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if _CSRF.search(short):
        return "{csrf}"
    if schema.get("type") == "boolean":
        return True
    if schema.get("type") in ("integer", "number"):
        return schema.get("minimum", 30)
    if PASSWORD.search(short) or schema.get("format") == "password":
        return "{password}"
    return "{user}@example.com" if "mail" in short or schema.get("format") == "email" else "{user}"


def _sent(
    http: httpx2.Client,
    operation: Operation,
    places: Mapping[str, str],
    cookies: dict[str, str],
    csrf: Mapping[str, str],
    *,
    whole_names: bool = False,
) -> httpx2.Response:
    form = operation.extra["form"]
    repeated = {csrf["header"]: places["csrf"]} if csrf.get("header") else {}
    presented = Presented(repeated, cookies=cookies)
    fields = account_fields(operation)
    if whole_names:
        # An account that exists is called as it is.
        fields = {
            name: "{user}" if value == "{user}@example.com" else value
            for name, value in fields.items()
        }
    made = form.request(filled(fields, places), presented)
    response = http.request(form.method, made.url, content=made.content, headers=made.headers)
    _keep(response, cookies)
    return response


def _keep(response: httpx2.Response, cookies: dict[str, str]) -> None:
    kept = httpx2.Cookies()
    kept.extract_cookies(response)
    cookies.update({each.name: each.value or "" for each in kept.jar})


def _cookie_header(cookies: Mapping[str, str]) -> dict[str, str]:
    said = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"Cookie": said} if said else {}


def _said(operation: Operation, response: httpx2.Response) -> str:
    words = " ".join(response.text.split())[:120]
    return f"{operation.name.split(':', 1)[1]} answered {response.status_code} {words}"


def _token_place(answer: Any) -> str:
    texts = [(path, text) for path, text in _leaves(answer, "$") if isinstance(text, str)]
    long = [(path, text) for path, text in texts if len(text) >= _SHORTEST_TOKEN]
    said = [(path, text) for path, text in long if not _REFRESH.search(path)]
    named = [path for path, _ in said if _TOKEN.search(_last(path))]
    # `{"tokens": {"access": "…"}}`
    within = [path for path, _ in said if re.search(r"tokens?\.\w+$", path, re.IGNORECASE)]
    formed = [path for path, text in said if _JWT.fullmatch(text)]
    return next(iter([*named, *within, *formed]), "")


def _refresh_place(answer: Any) -> str:
    return next(
        (
            path
            for path, text in _leaves(answer, "$")
            if _REFRESH.search(path) and isinstance(text, str) and len(text) >= _SHORTEST_TOKEN
        ),
        "",
    )


def _at(answer: Any, place: str) -> str:
    return (AnswerValue.parse(place).read(ReadableAnswer(answer)) or "") if place else ""


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
