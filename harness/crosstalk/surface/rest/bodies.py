"""Request bodies in the media types that documents name: which is chosen, and how it is written.

A property that holds a file is given as a text: it is the file's content, and the file's name is
made of it, so that both carry the uploader's marker.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import uuid4

from crosstalk.surface.http.json_text import encode
from crosstalk.surface.rest.styles import Style, written

Kind = Literal["json", "form", "multipart", "text"]
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_BINARY = frozenset({"binary", "base64", "byte"})
_PNG_START = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class BodyForm:
    """Encoding of a body.

    Attributes:
        kind: The way of writing.
        media_type: What `Content-Type` says.
        styles: Properties of a form that are written in a way of their own.
        files: Properties that hold a file, with its media type.
    """

    kind: Kind
    media_type: str
    styles: Mapping[str, Style] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def write(self, body: Any) -> tuple[bytes, str]:
        """Return the bytes of a body and its `Content-Type`.

        Raises:
            ValueError, RecursionError: The body has no form in this media type.
        """
        if self.kind == "json":
            return encode(body), self.media_type
        if self.kind == "form":
            pairs = [pair for name, value in _members(body) for pair in self._pairs(name, value)]
            return urlencode(pairs).encode("ascii"), self.media_type
        if self.kind == "multipart":
            return self._multipart(body)
        return _content(self.media_type, written(body)), self.media_type

    def _pairs(self, name: str, value: Any) -> list[tuple[str, str]]:
        default = "deepObject" if isinstance(value, Mapping) else "form"
        style = self.styles.get(name, Style("query", default, True))
        return style.pairs(name, value)

    def _multipart(self, body: Any) -> tuple[bytes, str]:
        boundary = uuid4().hex
        parts = [
            self._part(name, each)
            for name, value in _members(body)
            for each in (value if isinstance(value, list) and value else [value])
        ]
        lines = [b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts]
        content = b"".join(lines) + b"--%s--\r\n" % boundary.encode()
        return content, f"{self.media_type}; boundary={boundary}"

    def _part(self, name: str, value: Any) -> bytes:
        text, kind = written(value), self.files.get(name)
        about = f'Content-Disposition: form-data; name="{_in_quotes(name)}"'
        if kind is not None:
            about += f'; filename="{file_name(text, kind)}"\r\nContent-Type: {kind}'
            content = _content(kind, text)
        else:
            if isinstance(value, Mapping | list):
                about += "\r\nContent-Type: application/json"
            content = text.encode("utf-8")
        return about.encode("utf-8") + b"\r\n\r\n" + content


def chosen(content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return the media type to send, and what is said about it: JSON where there is a choice.

    Parameters of a media type (`; charset=utf-8`) change nothing about which one it is.
    """
    kinds = {name: _kind_of(name) for name in content}
    for wanted in ("json", "form", "multipart", "text"):
        for name, kind in kinds.items():
            if kind == wanted:
                said = content[name]
                return name, said if isinstance(said, Mapping) else {}
    return None


def body_form(media_type: str, said: Mapping[str, Any], schema: Mapping[str, Any]) -> BodyForm:
    """Return how a body of that media type is written.

    Args:
        media_type: As the document names it; ranges such as `*/*` become JSON.
        said: The media type object; its `encoding` says how properties are written.
        schema: The body's schema, resolved.
    """
    kind = _kind_of(media_type)
    encoding = said.get("encoding")
    encoding = encoding if isinstance(encoding, Mapping) else {}
    named = {name: each for name, each in encoding.items() if isinstance(each, Mapping)}
    styles = {
        name: Style.of({"in": "query", **each})
        for name, each in named.items()
        if {"style", "explode"} & set(each)
    }
    files = {
        str(name): str(named.get(name, {}).get("contentType") or found).split(",")[0].strip()
        for name, each in (schema.get("properties") or {}).items()
        if (found := file_type(each)) is not None
    }
    if "*" in media_type:
        media_type = "application/json" if kind == "json" else "text/plain"
    return BodyForm(kind, media_type, styles, files if kind == "multipart" else {})


def file_type(schema: Any) -> str | None:
    """Return the media type of the file that a schema describes; None where it describes none."""
    if not isinstance(schema, Mapping):
        return None
    if schema.get("type") == "array":
        return file_type(schema.get("items"))
    if isinstance(schema.get("contentMediaType"), str):
        return str(schema["contentMediaType"])
    binary = schema.get("format") in _BINARY or "contentEncoding" in schema
    return "text/plain" if binary else None


def file_name(text: str, media_type: str) -> str:
    """Return a name for a file with that content: its first words."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", text)[:60].strip("-") or "file"
    ending = {"text/plain": "txt", "application/json": "json"}.get(media_type)
    return f"{stem}.{ending or re.sub(r'[^a-z0-9].*', '', media_type.rsplit('/', 1)[-1]) or 'bin'}"


def _kind_of(media_type: str) -> Kind:
    plain = media_type.partition(";")[0].strip().lower()
    if plain == _FORM:
        return "form"
    if plain.startswith("multipart/"):
        return "multipart"
    if plain.endswith(("/json", "+json")) or plain in ("*/*", "application/*"):
        return "json"
    return "text"


def _members(body: Any) -> list[tuple[str, Any]]:
    """The fields of a form; what is not an object has no form.

    Raises:
        ValueError: The body is not an object.
    """
    if not isinstance(body, Mapping):
        raise ValueError("a form holds an object")
    return [(str(name), value) for name, value in body.items()]


def _in_quotes(name: str) -> str:
    """A field's name as browsers write it (HTML Living Standard, multipart form data)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _content(media_type: str, text: str) -> bytes:
    """A file with that text inside: a picture for those who look whether it is one."""
    if media_type.partition(";")[0].strip().lower() in ("image/png", "image/*", "image/jpeg"):
        return png_with(text)
    return text.encode("utf-8")


def png_with(text: str) -> bytes:
    """Return a picture of one pixel with a text chunk (PNG specification, section 11.3.4.5)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    said = b"Comment\x00\x00\x00\x00\x00" + text.encode("utf-8")
    pixel = zlib.compress(b"\x00\x00")
    return (
        _PNG_START
        + chunk(b"IHDR", header)
        + chunk(b"iTXt", said)
        + chunk(b"IDAT", pixel)
        + chunk(b"IEND", b"")
    )
