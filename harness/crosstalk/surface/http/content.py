"""Bodies in other media types than JSON, as values in which identifiers can be searched.

A marker may be inside a spreadsheet, an archive, a PDF or a picture that one user is given of
another. What is read here is bounded, because a hostile server chooses what it sends.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from crosstalk.surface.http.json_text import loads

_MAX_TEXT = 1_000_000
_MAX_MEMBERS = 200
_MAX_PAGES = 100
_MAX_DEPTH = 3
# They differ between any two files.
_PDF_TIMES = frozenset({"/CreationDate", "/ModDate"})
_LINES = ("ndjson", "jsonl", "jsonlines", "json-seq")
_FIELD = re.compile(r"[A-Za-z_][\w .-]{0,60}")
# What `strings` prints: text in a format that is not known, such as a picture's metadata.
_PRINTABLE = re.compile(rb"[\t\x20-\x7e]{6,}")
_BINARY = ("image/", "audio/", "video/", "font/", "application/")
_TEXTUAL = re.compile(
    r"^(?:text/.*|application/(?:.*\+)?(?:json|xml|yaml|x-yaml|javascript|ecmascript|graphql|sql"
    r"|x-www-form-urlencoded|x-ndjson|jsonl|jsonlines|problem))$"
)


def value_of(content: bytes, media_type: str, text: Callable[[], str]) -> Any:
    """Return what a body holds.

    JSON is decoded whatever the media type says. Rows of CSV under a line of names become objects,
    and lines that are JSON each a list. An archive is its members by name, of a PDF the text is
    returned, of every other binary format the runs of printable characters.

    Args:
        content: The body's bytes.
        media_type: `Content-Type`, parameters included; empty where there is none.
        text: Decodes the body by the charset that the response names.
    """
    kind = media_type.partition(";")[0].strip().lower()
    if kind == "text/csv":
        return _rows(text())
    binary = kind.startswith(_BINARY) and not _TEXTUAL.match(kind)
    if not binary and not content.startswith((b"%PDF-", b"PK\x03\x04")):
        found = loads(text())
        return _lines(found) if isinstance(found, str) and kind.endswith(_LINES) else found
    return _inside(content, 0)


def _inside(content: bytes, depth: int) -> Any:
    """The text inside a file, by how it begins."""
    if depth < _MAX_DEPTH:
        if content.startswith(b"PK\x03\x04"):
            return _members(content, depth)
        if content.startswith(b"\x1f\x8b"):
            return _inside(_unpacked(content), depth + 1)
        if content.startswith(b"%PDF-"):
            return _pdf(content)
    try:
        return loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        runs = _PRINTABLE.findall(content[: 20 * _MAX_TEXT])
        return "\n".join(run.decode("ascii") for run in runs)[:_MAX_TEXT]


def _members(content: bytes, depth: int) -> Any:
    found: dict[str, Any] = {}
    left = _MAX_TEXT
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for each in archive.infolist()[:_MAX_MEMBERS]:
                if each.is_dir() or left <= 0:
                    found[each.filename] = ""
                    continue
                with archive.open(each) as member:
                    read = member.read(left)
                left -= len(read)
                found[each.filename] = _inside(read, depth + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, ValueError):
        # Encrypted, damaged, or packed in a way that is not known: the names are in clear.
        return {**found, "": _inside(content, _MAX_DEPTH)}
    return found


def _unpacked(content: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(content, _MAX_TEXT)
    except zlib.error:
        return b""


def _pdf(content: bytes) -> Any:
    # Few systems answer with it, and to load it takes longer than a call.
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        about = {
            str(key): str(value)
            for key, value in (reader.metadata or {}).items()
            if key not in _PDF_TIMES
        }
        pages = [page.extract_text() for page in reader.pages[:_MAX_PAGES]]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
        return _inside(content, _MAX_DEPTH)
    return {"about": about, "text": "\n".join(pages)[:_MAX_TEXT]}


def _rows(text: str) -> Any:
    """The rows of a table with names in its first line; the text where it has none."""
    text = text.removeprefix("\ufeff")
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return text
    if not rows or not all(map(_FIELD.fullmatch, rows[0])) or len(set(rows[0])) < len(rows[0]):
        return text
    names = rows[0]
    found: list[Mapping[str, Any]] = []
    for row in rows[1:]:
        if row:
            more = {"": row[len(names) :]} if len(row) > len(names) else {}
            found.append({**dict(zip(names, row, strict=False)), **more})
    return found


def _lines(text: str) -> Any:
    return [loads(line) for line in re.split(r"[\r\n\x1e]+", text) if line.strip()]
