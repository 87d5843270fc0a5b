"""Requests of one operation, made of flat arguments and what the caller presents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from crosstalk.surface.credentials import Presented
from crosstalk.surface.nesting import as_number, first, nested, path_among, path_of
from crosstalk.surface.rest.bodies import BodyForm
from crosstalk.surface.rest.styles import Style

# Where an argument stands: `("query", "ids")`, `("body", "note", "text")`.
Path = tuple[str, ...]


class UnsendableError(ValueError):
    """HTTP cannot express an argument; the message says which."""


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Place of an API key (OpenAPI 3.1, section 4.8.27)."""

    place: Literal["header", "query", "cookie"]
    name: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request, beside its method."""

    url: str
    headers: Mapping[str, str]
    content: bytes | None


@dataclass(frozen=True, slots=True)
class RequestForm:
    """Recipe for the requests of one operation.

    Attributes:
        method: In capitals.
        url: The address with `{name}` for what a path parameter says.
        paths: Flat argument name to the places that it fills; one fills two where the address and
            the body say the same.
        styles: Place and name of a parameter to how it is written.
        containers: Objects and lists of the body that are there even with nothing in them.
        body: How the body is written; None where there is none.
        accept: What `Accept` says; empty where every form is welcome.
        keys: Where the caller's token goes beside `Authorization`.
        numbers: Arguments that are whole numbers, or lists of such: an id travels as text between
            calls, and a strict server refuses it so in a body.
        csrf: The field of a form that repeats the token of the caller's session.
    """

    method: str
    url: str
    paths: Mapping[str, Sequence[Path]]
    styles: Mapping[tuple[str, str], Style]
    containers: Sequence[Path] = ()
    body: BodyForm | None = None
    accept: str = ""
    keys: Sequence[KeyPlace] = field(default_factory=tuple)
    numbers: frozenset[str] = frozenset()
    csrf: str = ""

    def request(self, arguments: Mapping[str, Any], presented: Presented) -> Request:
        """Return the request for these arguments, whatever they are.

        An argument of which the document says nothing goes into the body, or else into the query.

        Raises:
            UnsendableError: HTTP cannot express an argument.
        """
        placed = self._placed(arguments)
        headers = {
            **({"Accept": self.accept} if self.accept else {}),
            **{
                name: self._text("header", name, value)
                for name, value in placed.get("header", {}).items()
            },
            **presented.headers,
        }
        query, cookies = self._pairs(placed, "query"), self._pairs(placed, "cookie")
        query += list(presented.query.items())
        cookies += list(presented.cookies.items())
        self._add_keys(presented, headers, query, cookies)
        if cookies:
            said = "; ".join(f"{name}={value}" for name, value in cookies)
            headers["Cookie"] = "; ".join(filter(None, (headers.get("Cookie", ""), said)))
        content = None
        if self.body is not None:
            body = placed.get("body", {})
            if self.csrf and presented.csrf and isinstance(body, Mapping):
                body = {**body, self.csrf: presented.csrf}
            try:
                content, headers["Content-Type"] = self.body.write(body)
            except (ValueError, RecursionError) as error:
                raise UnsendableError(f"the body is not expressible ({error})") from error
        url = self._filled(placed.get("path", {}), presented)
        if query:
            asked = "&".join(f"{_part(name)}={_part(value)}" for name, value in query)
            url += f"{'&' if '?' in url else '?'}{asked}"
        return Request(url, headers, content)

    def _placed(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments by place: what each parameter says, and the body."""
        otherwise = "body" if self.body is not None else "query"
        flat: dict[str, Any] = {}
        where: dict[str, Path] = {}
        for name, each in arguments.items():
            value = _as_numbers(each) if first(name) in self.numbers else each
            known = self.paths.get(name) or self._further(name)
            undeclared = not known and otherwise == "body"
            elsewhere = ("body", *path_of(name)) if undeclared else (otherwise, name)
            for number, path in enumerate(known or [elsewhere]):
                flat[f"{number} {name}"] = as_number(value) if undeclared else value
                where[f"{number} {name}"] = path
        return nested(flat, where, self.containers)

    def _further(self, name: str) -> list[Path]:
        """Return the places of a value of a further element in a list of objects."""
        places = self.paths.get(first(name), ())
        found = (path_among(name, {first(name): path}) for path in places)
        return [path for path in found if path is not None]

    def _filled(self, parts: Mapping[str, Any], presented: Presented) -> str:
        url = self.url
        for name, value in presented.address.items():
            if name not in parts:
                url = url.replace(f"{{{name}}}", _part(value))
        for name, value in parts.items():
            text = self._text("path", name, value)
            if text in ("", ".", ".."):
                # Clients and proxies normalize such a path into another one.
                raise UnsendableError(f"{name} is not expressible as a path segment")
            url = url.replace(f"{{{name}}}", text)
        return url

    def _pairs(self, placed: Mapping[str, Any], place: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for name, value in placed.get(place, {}).items():
            style = self.styles.get((place, name)) or Style.of({"in": place})
            try:
                found += style.pairs(name, value)
            except (ValueError, RecursionError) as error:
                raise UnsendableError(f"{name} is not expressible in a URL") from error
        return found

    def _text(self, place: str, name: str, value: Any) -> str:
        style = self.styles.get((place, name)) or Style.of({"in": place})
        try:
            return style.text(name, value)
        except (ValueError, RecursionError) as error:
            raise UnsendableError(f"{name} is not expressible in a {place}") from error

    def _add_keys(
        self,
        presented: Presented,
        headers: dict[str, str],
        query: list[tuple[str, str]],
        cookies: list[tuple[str, str]],
    ) -> None:
        """Put the caller's token where the document wants it, too."""
        token = bearer_token(presented.headers)
        if token is None:
            return
        for key in self.keys:
            if key.place == "query":
                query.append((key.name, token))
            elif key.place == "cookie":
                cookies.append((key.name, token))
            elif key.name.lower() not in {name.lower() for name in presented.headers}:
                headers[key.name] = token


def _as_numbers(value: Any) -> Any:
    """Return ids that travelled as text as the numbers that they are."""
    return [as_number(each) for each in value] if isinstance(value, list) else as_number(value)


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """Return the bearer token among request headers, if there is one."""
    said = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, token = said.partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def _part(text: str) -> str:
    return quote(text, safe="")
