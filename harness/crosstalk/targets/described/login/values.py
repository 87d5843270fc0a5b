"""Values in answers: a token, an id or a cookie, by the place that a file names.

Places are written as `$.data.token` (a singular query of RFC 9535 in a JSON body), `header:NAME`,
`cookie:NAME`, `input:NAME` (the value of a field of an HTML form), `claim:NAME` (of the token,
which is a JWT), or as a field's bare name, which is looked for at any depth.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_QUERY = re.compile(r"\$(?:\.[A-Za-z_][\w-]*|\['[^']+'\]|\[\d+\])*")
_SEGMENT = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']+)'\]|\[(\d+)\]")
_PREFIXES = ("header", "cookie", "input", "claim")


@dataclass(frozen=True, slots=True)
class ReadableAnswer:
    """An answer of a login in the parts that values can be read from.

    Attributes:
        body: Decoded JSON, or text.
        headers: Headers by lower-case name.
        cookies: Cookies by name, those set earlier included.
        token: The token that was read before, whose claims are asked for.
    """

    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    token: str = ""


@dataclass(frozen=True, slots=True)
class AnswerValue:
    """A place in an answer.

    Attributes:
        kind: `query`, `field`, or one of the prefixes.
        name: The name behind the prefix, or the field's.
        segments: The names and indexes of a query.
    """

    kind: str
    name: str = ""
    segments: tuple[str | int, ...] = ()

    @classmethod
    def parse(cls, place: str) -> AnswerValue:
        """Parse a place.

        Raises:
            ValueError: It has none of the forms.
        """
        prefix, colon, name = place.partition(":")
        if colon and prefix in _PREFIXES and name:
            return cls(prefix, name)
        if place.startswith("$"):
            if not _QUERY.fullmatch(place):
                raise ValueError(f'{place!r} is not a path in JSON, e.g. "$.data.items[0].id"')
            return cls(
                "query",
                segments=tuple(
                    int(index) if index else name or quoted
                    for name, quoted, index in _SEGMENT.findall(place)
                ),
            )
        if colon or not place.strip():
            raise ValueError(
                f'{place!r} is not a place in an answer: write a field\'s name, "$.path.in.json", '
                '"header:NAME", "cookie:NAME", "input:NAME" or "claim:NAME"'
            )
        return cls("field", place)

    def read(self, answer: ReadableAnswer) -> str | None:
        """Return the text or number at this place of an answer; None where there is none."""
        if self.kind == "header":
            return answer.headers.get(self.name.lower())
        if self.kind == "cookie":
            return answer.cookies.get(self.name)
        if self.kind == "input":
            return _input_value(answer.body, self.name) if isinstance(answer.body, str) else None
        if self.kind == "claim":
            return _text(claims_of(answer.token).get(self.name))
        if self.kind == "query":
            return _text(_at(answer.body, self.segments))
        return _named(answer.body, self.name)


def claims_of(token: str) -> Mapping[str, Any]:
    """Return the claims of a JWT, not verified; none where it is not a JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _at(body: Any, segments: tuple[str | int, ...]) -> Any:
    for segment in segments:
        if isinstance(segment, int):
            if not isinstance(body, list) or segment >= len(body):
                return None
            body = body[segment]
        elif isinstance(body, Mapping):
            body = body.get(segment)
        else:
            return None
    return body


def _named(body: Any, name: str) -> str | None:
    """Return the text of that name, however deep; a whole text for the name `text`."""
    if isinstance(body, str):
        return body if name == "text" else None
    if isinstance(body, Mapping):
        found = _text(body.get(name))
        if found is not None:
            return found
        body = list(body.values())
    if isinstance(body, list):
        inner = (_named(each, name) for each in body if isinstance(each, Mapping | list))
        return next((each for each in inner if each), None)
    return None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _input_value(page: str, name: str) -> str | None:
    """Return the value of a form's field, or the content of a `meta` element of that name."""
    for tag in re.findall(r"<(?:input|meta)\b[^>]*>", page, re.IGNORECASE):
        attributes = {
            key.lower(): html.unescape(quoted or plain)
            for key, _, quoted, plain in re.findall(
                r"([\w-]+)\s*=\s*(?:([\"'])(.*?)\2|([^\s>\"']+))", tag
            )
        }
        if attributes.get("name") == name:
            return attributes.get("value", attributes.get("content"))
    return None
