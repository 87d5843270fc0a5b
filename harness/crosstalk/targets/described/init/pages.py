"""Describes an application that has pages and no document: its login, sign-up and CSRF token."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import httpx2

from crosstalk.core.identifiers import last_name
from crosstalk.surface.credentials import NOTHING
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.http.exchange import client
from crosstalk.surface.operation import Operation
from crosstalk.surface.pages.crawl import Walk
from crosstalk.surface.pages.fields import csrf_field
from crosstalk.surface.pages.html import Page, page_of
from crosstalk.surface.rest import RestSurface
from crosstalk.targets.described.guesses import PASSWORD, is_login, makes_accounts
from crosstalk.targets.described.init.rest_login import LoginTrial, account_fields
from crosstalk.targets.described.login.base import CredentialError, Person
from crosstalk.targets.described.login.by_request import RequestLogin
from crosstalk.targets.described.login.config import CsrfConfig, LoginConfig, RegisterConfig

START = "/"
_SECONDS = 5.0
_REDIRECTS = 4


def page_operations(origin: str) -> list[Operation]:
    """Return what a caller without a credential finds in the pages of a server.

    Returns:
        The pages and forms, those of a login and a sign-up among them; none where the server has
        no pages.
    """
    walk = Walk((START,), lambda: (NOTHING, ""), read_only=True, accounts=True)
    surface = RestSurface("", document="", base=origin, timeout=_SECONDS, walk=walk)
    try:
        return surface.discover()
    except SurfaceError:
        return []
    finally:
        surface.close()


def login_and_sign_up(
    operations: list[Operation],
) -> tuple[Operation | None, Operation | None]:
    """Return the forms that log in and sign up, where there are such."""
    forms = [
        each
        for each in operations
        if not each.reads_only
        and any(PASSWORD.search(last_name(one.name)) for one in each.parameters)
    ]
    login = next((each for each in forms if is_login(each.name)), None)
    register = next((each for each in forms if makes_accounts(each.name)), None)
    others = [each for each in forms if each is not register]
    return login or next(iter(others), None), register


def tried_pages(origin: str, login: Operation, register: Operation | None) -> LoginTrial:
    """Sign a made-up user up and log them in, to see which token the forms repeat from then on.

    Args:
        origin: Of the server.
        login: The form that logs in.
        register: The form that signs up, if there is one.
    """
    fields = {csrf_of(each) for each in (login, register) if each is not None} - {""}
    name = f"probe{secrets.token_hex(4)}"
    person = Person(name, name, f"Pw-{name}-1!")
    known = next(iter(fields), "")
    config = LoginConfig(
        request=_request(login),
        form=form_of(login),
        carried="cookie",
        csrf=CsrfConfig(request=f"GET {urlsplit(login.extra['form'].url).path}", **_value(known))
        if known
        else None,
        register_first=RegisterConfig(request=_request(register), form=form_of(register))
        if register is not None
        else None,
    )
    trying = RequestLogin(config, origin, timeout=_SECONDS)
    try:
        trying.sign_up(person, NOTHING)
        session = trying.log_in(person, NOTHING)
    except CredentialError as error:
        return LoginTrial(refused=str(error))
    finally:
        trying.close()
    cookies = "; ".join(f"{key}={value}" for key, value in session.cookies.items())
    shown = _shown(origin, cookies)
    after = next((found for each in shown.forms if (found := csrf_field(each))), "")
    # Where a user who is logged in is shown a form, its token is the one of the session.
    where = {"request": f"GET {START}", **_value(after)} if after else {}
    if not after and config.csrf is not None:
        where = {"request": config.csrf.request, "value": config.csrf.value}
    return LoginTrial(cookie=True, csrf=where)


def csrf_of(operation: Operation) -> str:
    """Return the name of the field that repeats a token; empty where a form has none."""
    return str(getattr(operation.extra["form"], "csrf", ""))


def form_of(operation: Operation) -> dict[str, str]:
    """Return what a form of a login or sign-up is filled in with."""
    given = {name: str(value) for name, value in account_fields(operation).items()}
    token = csrf_of(operation)
    return {**given, **({token: "{csrf}"} if token else {})}


def _value(field: str) -> dict[str, str]:
    return {"value": f"input:{field}"}


def _request(operation: Operation) -> str:
    form = operation.extra["form"]
    return f"{form.method} {urlsplit(form.url).path}"


def _shown(origin: str, cookies: str) -> Page:
    """Return the page that a user is shown first, behind any redirects."""
    url = origin.rstrip("/") + START
    with client(_SECONDS) as http:
        for _ in range(_REDIRECTS):
            try:
                response = http.get(url, headers={"Cookie": cookies})
            except httpx2.HTTPError:
                break
            location = response.headers.get("location")
            if not location:
                return page_of(response.text)
            url = str(response.url.join(location))
    return page_of("")
