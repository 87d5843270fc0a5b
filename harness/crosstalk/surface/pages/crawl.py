"""A bounded walk through a server's pages as one user, which finds what can be called there.

Links are followed and forms are sent, as a person would who looks at everything once: what an
application shows of objects is found only where there is one. What ends the session, deletes, or
takes a password is not sent.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

import httpx2

from crosstalk.core.object_kinds import deletes, ends_session
from crosstalk.surface.credentials import NOTHING, Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.pages.fields import asks_for_secrets, body_schema, csrf_field, field_schema
from crosstalk.surface.pages.html import Form, Page, page_of
from crosstalk.surface.recordings import SECRET_NAME
from crosstalk.surface.rest.bodies import body_form
from crosstalk.surface.rest.operations import CSRF_FIELD, PAGE
from crosstalk.surface.rest.recorded import is_asset, is_id, templated

MOST_REQUESTS = 120
_VISITS_OF_A_TEMPLATE = 2
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOGIN = re.compile(r"(?<![a-z])(?:log|sign)[-_]?(?:in|on)(?![a-z])", re.IGNORECASE)


class Looking(Protocol):
    """Gives the user who makes a walk, when it is made."""

    def __call__(self) -> tuple[Presented, str]:
        """Return what the user presents, and the user's name."""
        ...


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk that is to be made.

    Attributes:
        starts: Addresses where it begins, e.g. `/`.
        looking: Gives the user who makes it.
        read_only: Whether forms are only read.
        skip: Operations that are not to be called, e.g. `POST /invitations`.
        logins: Paths of the login, which an answer leads to that refuses.
        accounts: Whether forms that take a password are operations, too.
    """

    starts: Sequence[str]
    looking: Looking
    read_only: bool = False
    skip: Collection[str] = ()
    logins: Collection[str] = ()
    accounts: bool = False


@dataclass(slots=True)
class Crawled:
    """Findings of a walk.

    Attributes:
        items: Path items (OpenAPI 3.1, section 4.8.9) of pages and forms.
        refusing: Paths to which a caller is sent who is not let in.
    """

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    refusing: set[str] = field(default_factory=set)


def crawled(http: httpx2.Client, base: str, walk: Walk) -> Crawled:
    """Walk through the pages.

    Args:
        http: Follows no redirects, and keeps no cookies.
        base: URL that addresses begin at.
        walk: What to do.

    Raises:
        SurfaceError: No page is served where the walk begins.
    """
    made = _Walking(http, base.rstrip("/"), walk)
    made.walk()
    return made.found


class _Walking:
    def __init__(self, http: httpx2.Client, base: str, walk: Walk) -> None:
        self.found = Crawled(refusing=set(walk.logins))
        self._http = http
        self._base = base
        self._walk = walk
        self._presented, self._person = walk.looking()
        # Names that objects get, so that they are known again in addresses.
        self._word = f"Quay{secrets.token_hex(4)}"
        self._left = MOST_REQUESTS
        self._seen: set[str] = set()
        self._visits: Counter[str] = Counter()
        self._pending: deque[str] = deque()
        self._forms: list[tuple[str, str, Form]] = []
        self._sent: set[str] = set()

    def walk(self) -> None:
        for each in self._walk.starts:
            self._add(self._base + "/", each)
        self._read_pending()
        if not self.found.items:
            raise SurfaceError(
                f"no page is served at {' or '.join(self._walk.starts)}: set rest.pages to an "
                "address that a user who is logged in can see"
            )
        while (form := self._next_form()) is not None and self._left > 0:
            self._send(*form)
            # What was made is shown where things are listed.
            for each in self._walk.starts:
                self._add(self._base + "/", each, again=True)
            self._add(self._base + "/", form[0], again=True)
            self._read_pending()
        self._look_without_credential()

    def _read_pending(self) -> None:
        while self._pending and self._left > 0:
            self._read(self._pending.popleft())

    def _add(self, here: str, link: str, *, again: bool = False) -> None:
        """Remember an address to be read, where it is one of this server and new."""
        address = self._address(here, link)
        if address is None:
            return
        path = urlsplit(address).path
        kept_away = SECRET_NAME.search(path) is not None and not self._walk.accounts
        if is_asset(path) or ends_session(path) or kept_away:
            return
        template, _ = self._template(path)
        seen = address in self._seen and not again
        if seen or address in self._pending or f"GET {template}" in self._walk.skip:
            return
        if "{" in template and self._visits[template] >= _VISITS_OF_A_TEMPLATE:
            return
        self._visits[template] += 1
        self._pending.append(address)

    def _address(self, here: str, link: str) -> str | None:
        """Return path and query of a link; None where it leads elsewhere."""
        try:
            split = urlsplit(urljoin(here, link.strip()))
        except ValueError:
            return None
        begin = urlsplit(self._base)
        inside = split.path.startswith(begin.path + "/") or split.path in (begin.path, "")
        if (split.scheme, split.netloc) != (begin.scheme, begin.netloc) or not inside:
            return None
        path = split.path.removeprefix(begin.path) or "/"
        return f"{path}?{split.query}" if split.query else path

    def _template(self, path: str) -> tuple[str, list[dict[str, Any]]]:
        word = self._word.lower()
        return templated(
            unquote(path),
            lambda part: is_id(part) or word in part.lower().replace("-", ""),
            self._person,
        )

    def _read(self, address: str) -> None:
        self._seen.add(address)
        response = self._asked("GET", address)
        if response is None:
            return
        location = response.headers.get("location")
        if response.status_code in _REDIRECTS and location:
            self._add(self._base + address, location)
            return
        if not response.is_success:
            return
        self._record_reading(address)
        if "html" not in response.headers.get("content-type", ""):
            return
        page = page_of(response.text)
        for link in page.links:
            self._add(self._base + address, link)
        self._take_forms(address, page)

    def _take_forms(self, address: str, page: Page) -> None:
        for form in page.forms:
            # Without an action, a form is sent to the address of its page.
            where = self._address(self._base + address, form.action or self._base + address)
            if where is None or ends_session(urlsplit(where).path):
                continue
            if asks_for_secrets(form) and not self._walk.accounts:
                continue
            template, _ = self._template(urlsplit(where).path)
            if f"{form.method} {template}" in self._walk.skip:
                continue
            if form.method == "GET":
                self._record_reading(where, form)
            elif form.method == "POST":
                self._record_form(where, form)
                self._forms.append((address, where, form))

    def _record_reading(self, address: str, form: Form | None = None) -> None:
        split = urlsplit(address)
        template, parameters = self._template(split.path)
        described = self._described(template, "get", parameters)
        asked: dict[str, dict[str, Any]] = {
            name: _asked_schema(value)
            for name, value in parse_qsl(split.query, keep_blank_values=True)
        }
        if form is not None:
            asked |= {name: field_schema(each) for name, each in form.fields.items()}
        known = {each["name"] for each in described["parameters"]}
        described["parameters"] += [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in asked.items()
            if name not in known and not SECRET_NAME.search(name)
        ]

    def _record_form(self, address: str, form: Form) -> None:
        template, parameters = self._template(urlsplit(address).path)
        described = self._described(template, "post", parameters)
        schema = body_schema(form)
        before = described.get("requestBody")
        if before is not None:
            known = next(iter(before["content"].values()))["schema"]
            schema["properties"] |= known["properties"]
            # Several forms are sent to one address: each needs its own fields only.
            schema["required"] = sorted({*schema["required"]} & {*known["required"]})
        described["requestBody"] = {
            "required": True,
            "content": {form.encoding.partition(";")[0]: {"schema": schema}},
        }
        if csrf_field(form):
            described[CSRF_FIELD] = csrf_field(form)

    def _described(
        self, template: str, method: str, parameters: list[dict[str, Any]]
    ) -> dict[str, Any]:
        item = self.found.items.setdefault(template, {})
        about: dict[str, Any] = {"parameters": parameters, "responses": {}, PAGE: True}
        described: dict[str, Any] = item.setdefault(method, about)
        return described

    def _next_form(self) -> tuple[str, str, Form] | None:
        """Return a form that was not sent yet, with its page and where it goes."""
        if self._walk.read_only:
            return None
        for page, where, form in self._forms:
            template, _ = self._template(urlsplit(where).path)
            words = [re.sub(r"\{[^}]*\}", "", template)]
            words += [each for one in form.fields.values() for each in one.options]
            hidden = [each.value for each in form.fields.values() if each.kind == "hidden"]
            if template not in self._sent and not any(map(deletes, [*words, *hidden])):
                self._sent.add(template)
                return page, where, form
        return None

    def _send(self, page: str, where: str, form: Form) -> None:
        """Fill a form in and send it; what it answers with is read like any page."""
        values = {
            name: each.value
            if name == csrf_field(form)
            else _sample(field_schema(each), each.value, each.options, self._word)
            for name, each in form.fields.items()
            if each.kind != "checkbox"
        }
        schema = {"properties": {name: field_schema(each) for name, each in form.fields.items()}}
        content, kind = body_form(form.encoding, {}, schema).write(values)
        headers = {"Content-Type": kind, "Referer": self._base + page}
        response = self._asked("POST", where, content, headers)
        location = response.headers.get("location") if response is not None else None
        if location:
            self._add(self._base + where, location)

    def _look_without_credential(self) -> None:
        """See where callers are sent who are not logged in."""
        readings = [path for path, item in self.found.items.items() if "get" in item]
        for path in [each for each in readings if "{" not in each][:6]:
            response = self._asked("GET", path, presented=NOTHING)
            location = response.headers.get("location", "") if response is not None else ""
            if location and response is not None and response.status_code in _REDIRECTS:
                self.found.refusing.add(urlsplit(urljoin(self._base + path, location)).path)

    def _asked(
        self,
        method: str,
        address: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        presented: Presented | None = None,
    ) -> httpx2.Response | None:
        self._left -= 1
        who = self._presented if presented is None else presented
        given = {**(headers or {}), **who.header_fields()}
        try:
            return self._http.request(method, self._base + address, content=content, headers=given)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return None


def leads_to_login(location: str, here: str, refusing: Iterable[str]) -> bool:
    """Return whether an answer sends its caller to the login, and so refuses.

    Args:
        location: The header of that name.
        here: The address that was called.
        refusing: Paths of logins.
    """
    path = urlsplit(urljoin(here, location)).path
    return path.rstrip("/") in {each.rstrip("/") for each in refusing} or bool(_LOGIN.search(path))


def _asked_schema(value: str) -> dict[str, Any]:
    return {"type": "integer"} if value.isdigit() and len(value) < 19 else {"type": "string"}


def _sample(schema: Mapping[str, Any], value: str, options: Sequence[str], word: str) -> str:
    """Return what a person might fill in."""
    if options:
        return next((each for each in options if each), "")
    if schema.get("enum"):
        return str(schema["enum"][0])
    if value:
        return value
    if schema.get("type") in ("integer", "number"):
        return str(schema.get("minimum", 1))
    by_format = {"email": f"{word}@example.com", "uri": f"https://example.com/{word}"}
    if schema.get("format") in by_format:
        return by_format[str(schema["format"])]
    if schema.get("format") == "date":
        return "2031-05-17"
    for pattern, text in _DATED.items():
        if pattern in str(schema.get("pattern", "")):
            return text
    return word[: int(schema.get("maxLength", len(word)))]


_DATED = {"T(": "2031-05-17T10:00", "-W": "2031-W20", "[0-5]": "10:00", "#[": "#2040a0"}
