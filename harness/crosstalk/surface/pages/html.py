"""Reads a page of HTML: its text, its links, its forms, and the data that its scripts carry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from crosstalk.surface.http.json_text import loads
from crosstalk.surface.recordings import SECRET_NAME

# They differ from answer to answer, or say how a page looks, and tell of nobody's data.
_LOOKS = frozenset(
    {"class", "style", "nonce", "integrity", "crossorigin", "charset", "lang", "rel", "type"}
)
_SHOWN = frozenset({"alt", "content", "placeholder", "title", "value", "srcset", "src", "datetime"})
_ADDRESSES = frozenset({"href", "src", "hx-get", "data-href", "data-url"})
_SILENT = frozenset({"script", "style", "template", "noscript"})
_BUTTONS = frozenset({"submit", "button", "image", "reset"})
_MAX_PARTS = 5_000
_VOID = frozenset({"input", "img", "br", "hr", "meta", "link", "source", "area", "wbr", "col"})
# How applications and their frameworks mark what they tell after a form was sent.
_MESSAGE = re.compile(
    r"(?<![a-z])(?:flash(?:es|ed)?|alert|messages?|notice|toast|notification|errors?|errorlist|status"
    r"|danger)(?![a-z])",
    re.IGNORECASE,
)
_FAILURE = re.compile(r"(?<![a-z])(?:errors?|errorlist|danger|failure)(?![a-z])", re.I)
_DATA_LINK = re.compile(r'\\?"href\\?"\s*:\s*\\?"(/[^"\\]*)')


@dataclass(slots=True)
class Field:
    """One named field of a form.

    Attributes:
        name: As it is sent.
        kind: The `type` of an input, or `select`, `textarea`, `choice` (buttons with values).
        value: What it holds when the page is shown.
        required: Whether a browser refuses to send the form without it.
        options: Values to choose from.
        limits: `maxlength`, `minlength`, `min`, `max`, `step` and `pattern`, where they are given.
    """

    name: str
    kind: str
    value: str = ""
    required: bool = False
    options: list[str] = field(default_factory=list)
    limits: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Form:
    """A form.

    Attributes:
        method: In capitals.
        action: As the page writes it; empty for the page's own address.
        encoding: Media type of the body.
        fields: Those that a browser sends, by name.
    """

    method: str
    action: str
    encoding: str
    fields: dict[str, Field] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Contents of a page.

    Attributes:
        title: Its title.
        text: Runs of text, in order.
        values: What attributes show or hold, in order: descriptions of pictures, data, contents of
            fields but tokens that a form repeats.
        links: Addresses that it names, in order.
        forms: Its forms.
        data: What its scripts hold: JSON decoded, everything else as text.
        messages: Texts of elements that tell what became of a form.
        failures: Those of them that say that it was refused.
    """

    title: str
    text: Sequence[str]
    values: Sequence[str]
    links: Sequence[str]
    forms: Sequence[Form]
    data: Sequence[Any]
    messages: Sequence[str] = ()
    failures: Sequence[str] = ()

    def as_value(self) -> Mapping[str, Any]:
        """Return what is searched and compared: everything but forms, which hold values already."""
        return {
            "title": self.title,
            "text": list(self.text),
            "values": list(self.values),
            "links": list(self.links),
            "data": list(self.data),
        }


def page_of(text: str) -> Page:
    """Read a page; HTML that is not well-formed is read as far as it goes."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    links = list(dict.fromkeys(reader.links))
    return Page(
        " ".join("".join(reader.title).split()),
        reader.text[:_MAX_PARTS],
        reader.values[:_MAX_PARTS],
        links[:_MAX_PARTS],
        reader.forms,
        reader.data,
        [each for each in reader.messages if each],
        reader.failures,
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.text: list[str] = []
        self.values: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.data: list[Any] = []
        self._inside: list[str] = []
        self._form: Form | None = None
        self._select: Field | None = None
        self._area: Field | None = None
        self._script: list[str] = []
        self.messages: list[str] = []
        self.failures: list[str] = []
        # Open elements inside of one that tells something, that one among them.
        self._telling: list[str] = []
        self._fails = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag's addresses and values, and what it means to a form."""
        about = {name.lower(): value or "" for name, value in attrs}
        if tag in ("title", *_SILENT):
            self._inside.append(tag)
        self._take_attributes(tag, about)
        said = f"{about.get('class', '')} {about.get('id', '')} {about.get('role', '')}"
        if tag not in _VOID and (self._telling or _MESSAGE.search(said)):
            if not self._telling:
                self.messages.append("")
                self._fails = False
            self._fails |= _FAILURE.search(said) is not None
            self._telling.append(tag)
        if tag == "form":
            encoding = about.get("enctype") or "application/x-www-form-urlencoded"
            method = (about.get("method") or "get").upper()
            self._form = Form(method, about.get("action", ""), encoding)
            self.forms.append(self._form)
        elif tag == "option":
            self._take_option(about)
        elif tag in ("input", "select", "textarea", "button"):
            self._take_field(tag, about)

    def handle_endtag(self, tag: str) -> None:
        """End what the tag began."""
        if tag == "script" and self._script:
            self._take_script("".join(self._script))
            self._script = []
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
        if tag in self._telling:
            while self._telling.pop() != tag:
                continue
            if not self._telling and self._fails and self.messages[-1]:
                self.failures.append(self.messages[-1])
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            if self._area is not None and self._area.value.strip():
                self.values.append(self._area.value.strip())
            self._area = None

    def handle_data(self, data: str) -> None:
        """Take text where it stands."""
        here = self._inside[-1] if self._inside else ""
        if here == "script":
            self._script.append(data)
        elif here == "title":
            self.title.append(data)
        elif here in _SILENT - {"noscript", "template"}:
            return
        elif self._area is not None:
            self._area.value += data
        elif data.strip():
            words = " ".join(data.split())
            self.text.append(words)
            if self._telling:
                self.messages[-1] = f"{self.messages[-1]} {words}".strip()

    def handle_comment(self, data: str) -> None:
        """Take a comment: whoever can read the page can read it."""
        if data.strip():
            self.values.append(" ".join(data.split()))

    def _take_attributes(self, tag: str, about: Mapping[str, str]) -> None:
        if tag in ("a", "area", "iframe", "frame") or "hx-get" in about:
            self.links += [about[name] for name in _ADDRESSES if about.get(name)]
        if _is_token(about.get("name", "")) or _is_token(about.get("id", "")):
            return
        field_value = tag in ("input", "option", "button") and about.get("type") != "password"
        for name, value in about.items():
            told = name in _SHOWN or name.startswith(("data-", "aria-"))
            if not value or name in _LOOKS or not told or _is_token(name):
                continue
            if name == "value" and not field_value and tag != "data":
                continue
            self.values.append(value)

    def _take_field(self, tag: str, about: Mapping[str, str]) -> None:
        form, name = self._form, about.get("name", "")
        kind = about.get("type", "text").lower() if tag == "input" else tag
        if form is None or not name or "disabled" in about:
            return
        if tag == "button" or kind in _BUTTONS:
            if about.get("type", "submit") != "reset" and about.get("value"):
                choice = form.fields.setdefault(name, Field(name, "choice", required=True))
                choice.options.append(about["value"])
            return
        if kind in ("radio", "checkbox"):
            several = form.fields.setdefault(name, Field(name, kind))
            several.options.append(about.get("value") or "on")
            several.required |= "required" in about
            return
        limits = ("maxlength", "minlength", "min", "max", "step", "pattern")
        found = Field(
            name,
            kind,
            about.get("value", ""),
            "required" in about,
            limits={each: about[each] for each in limits if about.get(each)},
        )
        form.fields.setdefault(name, found)
        if tag == "select":
            self._select = form.fields[name]
        elif tag == "textarea":
            self._area = found

    def _take_option(self, about: Mapping[str, str]) -> None:
        if self._select is not None and about.get("value"):
            self._select.options.append(about["value"])
            if "selected" in about:
                self._select.value = about["value"]

    def _take_script(self, text: str) -> None:
        text = text.strip()
        if not text:
            return
        self.data.append(loads(text))
        # Payloads of React's server components name addresses as data.
        self.links += _DATA_LINK.findall(text)


def _is_token(name: str) -> bool:
    return bool(name) and SECRET_NAME.search(name) is not None
