"""Logins by HTTP: requests with JSON or forms, cookies and CSRF tokens, OAuth 2.0, HTTP Basic.

Each user has cookies of their own. A login that answers with a redirect has answered: its cookies
are kept, and the redirect is not followed.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from crosstalk.surface.credentials import Presented
from crosstalk.surface.http.exchange import client, decode, error_fields
from crosstalk.targets.described.login.base import (
    CredentialError,
    LoginSession,
    Person,
    end_of,
    token_in,
)
from crosstalk.targets.described.login.by_tool import subject_at
from crosstalk.targets.described.login.config import CallConfig, LoginConfig
from crosstalk.targets.described.login.discovery import token_endpoint
from crosstalk.targets.described.login.values import AnswerValue, ReadableAnswer
from crosstalk.targets.described.placeholders import filled, filled_fields

_PATIENCE_SECONDS = 10.0
_TRIES = 3
_REDIRECTS = 3


class RequestLogin:
    """Sends the requests of a login.

    Args:
        login: The description.
        base: URL that paths begin at.
        resource: URL of the MCP server, by whose metadata a token endpoint is found.
        timeout: Seconds for one request.
        sleep: Waits, in seconds, where a request was refused for haste.
    """

    def __init__(
        self,
        login: LoginConfig,
        base: str,
        *,
        resource: str = "",
        timeout: float = 20.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._login = login
        self._base = base.rstrip("/") + "/"
        self._resource = resource
        self._http = client(timeout)
        self._sleep = sleep
        self._token_url = login.token_url
        self._refusals: dict[str, str] = {}

    def sign_up(self, person: Person, presented: Presented) -> str:
        """Create the account, where the file says how; return the id that the system gave.

        Raises:
            CredentialError: The server does not answer, or the answer lacks the id.
        """
        register = self._login.register_first
        if register is None:
            return ""
        cookies, csrf = self._csrf(person, httpx2.Cookies())
        response = self._send(register, {**person.places(), "csrf": csrf}, cookies, csrf)
        if response.status_code >= 400:
            # Perhaps the account exists: then the login works; else its refusal quotes this one.
            self._refusals[person.name] = f"{register.request} answered {_said(response)}"
            return ""
        return subject_at(register.subject, _readable(response, cookies), register.request)

    def log_in(self, person: Person, presented: Presented) -> LoginSession:
        """Send the login request, or ask the token endpoint.

        Raises:
            CredentialError: The server does not answer or refuses, or the answer lacks the token.
        """
        if self._login.carrier == "basic":
            pair = f"{person.name}:{person.password}"
            return LoginSession(base64.b64encode(pair.encode()).decode())
        cookies, csrf = self._csrf(person, httpx2.Cookies())
        if self._login.grant is not None:
            response = self._granted(self._grant_form(person), person)
            what = f"the token endpoint {self._endpoint()}"
        else:
            places = {**person.places(), "csrf": csrf}
            response = self._send(self._login, places, cookies, csrf)
            what = self._login.request
        if response.status_code >= 400:
            before = self._refusals.get(person.name)
            raise CredentialError(
                f"{what} refused {person.name}: {_said(response)}"
                + (f" ({before})" if before else "")
            )
        # A login rotates the token, as a fixed one could be planted before it, or tells it first.
        cookies, csrf = self._csrf(person, cookies, response)
        return self._session(person, response, cookies, csrf, what)

    def renew(self, person: Person, session: LoginSession) -> LoginSession | None:
        """Renew a session by its refresh token; None where that is not possible."""
        login = self._login
        if not session.refresh:
            return None
        places = {**person.places(), "refresh": session.refresh, "token": session.token}
        try:
            if login.refresh is not None:
                cookies = _cookies(session.cookies)
                response = self._send(login.refresh, places, cookies, session.csrf)
                what = login.refresh.request
            elif login.grant is not None:
                cookies = httpx2.Cookies()
                form = {"grant_type": "refresh_token", "refresh_token": session.refresh}
                response = self._granted(form, person)
                what = "the refresh"
            else:
                return None
            if response.status_code >= 400:
                return None
            renewed = self._session(person, response, cookies, session.csrf, what, known=session)
        except CredentialError:
            return None
        renewed.refresh = renewed.refresh or session.refresh
        return renewed

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _session(
        self,
        person: Person,
        response: httpx2.Response,
        cookies: httpx2.Cookies,
        csrf: str,
        what: str,
        known: LoginSession | None = None,
    ) -> LoginSession:
        login = self._login
        readable = _readable(response, cookies)
        token = token_in(login, readable, what)
        if login.carrier == "cookie" and not readable.cookies:
            raise CredentialError(
                f"{what} set no cookie for {person.name}: correct the login, or set "
                "identity.login.carried to how its answer travels"
            )
        refresh = AnswerValue.parse(login.refresh_token).read(readable) or ""
        found = LoginSession(
            token,
            refresh,
            dict(readable.cookies),
            csrf,
            ends=end_of(login, readable, token),
        )
        if known is not None:
            found.subject = known.subject
        elif login.subject:
            readable = replace(readable, token=token)
            if login.whoami is not None:
                shown = self._send(
                    login.whoami,
                    {**person.places(), "token": token},
                    cookies,
                    csrf,
                    carried(login, found),
                )
                readable, what = _readable(shown, cookies), login.whoami.request
            found.subject = subject_at(login.subject, readable, what)
        return found

    def _grant_form(self, person: Person) -> dict[str, str]:
        login = self._login
        form = {"grant_type": str(login.grant), **login.parameters}
        if login.scope:
            form["scope"] = login.scope
        if login.grant == "password":
            form |= {"username": person.name, "password": person.password}
        return form

    def _granted(self, form: Mapping[str, str], person: Person) -> httpx2.Response:
        """Ask the token endpoint, with the client's authentication (RFC 6749, section 2.3.1)."""
        login = self._login
        identifier = person.client_id or filled(login.client_id, person.places())
        secret = person.client_secret or filled(login.client_secret, person.places())
        headers: dict[str, str] = {}
        fields = dict(filled(dict(form), person.places()))
        if login.client_auth == "basic":
            pair = base64.b64encode(f"{identifier}:{secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        elif identifier:
            fields |= {"client_id": identifier, **({"client_secret": secret} if secret else {})}
        return self._request("POST", self._endpoint(), headers=headers, data=fields)

    def _endpoint(self) -> str:
        if not self._token_url:
            self._token_url = token_endpoint(self._http, self._resource)
        return urljoin(self._base, self._token_url.lstrip("/"))

    def _csrf(
        self, person: Person, cookies: httpx2.Cookies, answered: httpx2.Response | None = None
    ) -> tuple[httpx2.Cookies, str]:
        """Fetch the CSRF token, where the file says how; cookies of that answer are kept.

        Args:
            person: Whose token.
            cookies: Theirs so far.
            answered: The answer to the login, which may hold it where no other request does.
        """
        csrf = self._login.csrf
        if csrf is None:
            return cookies, ""
        readable = ReadableAnswer(None, cookies=_by_name(cookies))
        if answered is not None:
            readable = _readable(answered, cookies)
        if csrf.request:
            response = self._send(CallConfig(request=csrf.request), person.places(), cookies)
            for _ in range(_REDIRECTS):
                # A login leads users who are logged in to a page of theirs, which has the token.
                if not response.has_redirect_location:
                    break
                response = self._request("GET", self._beside(response), cookies=cookies)
                cookies.extract_cookies(response)
            readable = _readable(response, cookies)
        return cookies, AnswerValue.parse(csrf.value).read(readable) or ""

    def _beside(self, response: httpx2.Response) -> str:
        """Return where an answer leads, on the server that the file names."""
        leads = urlsplit(urljoin(str(response.url), response.headers["location"]))
        return urljoin(self._base, leads._replace(scheme="", netloc="").geturl())

    def _send(
        self,
        call: CallConfig,
        places: Mapping[str, str],
        cookies: httpx2.Cookies,
        csrf: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        method, _, target = filled(call.request, places).partition(" ")
        given = {**(headers or {}), **filled(call.headers, places)}
        if csrf and self._login.csrf is not None:
            given.setdefault(self._login.csrf.header, csrf)
        options: dict[str, Any] = {"headers": given}
        if call.json_body is not None:
            options["json"] = filled_fields(call.json_body, places)
        elif call.form is not None:
            options["data"] = filled_fields(call.form, places)
        response = self._request(
            method, urljoin(self._base, target.lstrip("/")), cookies=cookies, **options
        )
        cookies.extract_cookies(response)
        return response

    def _request(
        self, method: str, url: str, *, cookies: httpx2.Cookies | None = None, **options: Any
    ) -> httpx2.Response:
        """Send a request; one that was refused for haste is tried again a little later.

        Raises:
            CredentialError: The server does not answer.
        """
        for remaining in reversed(range(_TRIES)):
            request = self._http.build_request(method, url, **options)
            if cookies is not None:
                cookies.set_cookie_header(request)
            try:
                response = self._http.send(request)
            except httpx2.HTTPError as error:
                raise CredentialError(
                    f"{method} {url} is not answered ({type(error).__name__}): is the server "
                    "running there?"
                ) from error
            if response.status_code != 429 or not remaining:
                return response
            said = response.headers.get("retry-after", "")
            self._sleep(min(_PATIENCE_SECONDS, float(said) if said.isdigit() else 1.0))
        raise AssertionError("the last try returns")


def carried(login: LoginConfig, session: LoginSession) -> dict[str, str]:
    """Return the headers by which a session's token and cookies travel."""
    headers: dict[str, str] = {}
    if login.carrier == "bearer":
        headers["Authorization"] = f"Bearer {session.token}"
    elif login.carrier == "basic":
        headers["Authorization"] = f"Basic {session.token}"
    elif login.carrier == "header":
        headers[login.header] = login.value.replace("{token}", session.token)
    # Cookies of a login by bearer token are often needed too, e.g. by a gateway.
    if session.cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
    if session.csrf and login.csrf is not None:
        headers[login.csrf.header] = session.csrf
    return headers


def _cookies(named: Mapping[str, str]) -> httpx2.Cookies:
    return httpx2.Cookies(dict(named))


def _by_name(cookies: httpx2.Cookies) -> dict[str, str]:
    return {each.name: each.value or "" for each in cookies.jar}


def _readable(response: httpx2.Response, cookies: httpx2.Cookies) -> ReadableAnswer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return ReadableAnswer(decode(response), headers, _by_name(cookies))


def _said(response: httpx2.Response) -> str:
    code, message = error_fields(decode(response))
    words = " ".join(str(message or code or response.text).split())[:160]
    return f"{response.status_code} {words}".strip()
