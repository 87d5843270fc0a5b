"""Answers of an API: in every media type searchable, and with the ids that headers name."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from typing import Any

import pytest

from crosstalk.core.history import Outcome
from crosstalk.core.identifiers import identifiers_of
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface import Role
from crosstalk.surface.rest.bodies import png_with
from tests.unit.crosstalk.histories import ALICE, Writer
from tests.unit.crosstalk.surface.loopback import Said, as_json
from tests.unit.crosstalk.surface.rest.api import NOTE, TEXT, api, gets, parameter, posts

SECRET = "xtalicez0000000a"
NOTE_ID = "01a1fc95-41f3-7131-b962-eac9f4851703"
PATHS = {**posts(NOTE), **gets(parameter("note_id", "path"), path="/notes/{note_id}")}


def zipped(content: bytes) -> bytes:
    """An archive with one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/notes.csv", content)
    return buffer.getvalue()


def pdf_with(text: str) -> bytes:
    """A document of one page."""
    stream = f"BT /F1 12 Tf 10 10 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(out)
    )


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text/plain", f"a note {SECRET}"),
        ("text/html; charset=utf-8", f"<p>a note <b>{SECRET}</b></p>"),
        ("application/xml", f"<note>{SECRET}</note>"),
        ("text/csv; charset=utf-8", f"text\r\n{SECRET}\r\n"),
        ("application/x-ndjson", f'{{"text": "{SECRET}"}}\n{{"text": "b"}}\n'),
        ("application/pdf", pdf_with(f"note {SECRET}")),
        ("application/octet-stream", pdf_with(f"note {SECRET}")),
        ("application/zip", zipped(f"text\n{SECRET}".encode())),
        ("application/vnd.openxmlformats-officedocument", zipped(f"<v>{SECRET}</v>".encode())),
        ("application/zip", zipped(zipped(SECRET.encode()))),
        ("application/gzip", gzip.compress(f'{{"a": "{SECRET}"}}'.encode())),
        ("image/png", png_with(SECRET)),
        ("image/jpeg", b"\xff\xd8\xff\xe1" + SECRET.encode() + b"\x00\xff\xd9"),
        ("", f"a note {SECRET}"),
    ],
    # Compressed contents hold the time: as names they would differ between two workers.
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_answer_is_searched_whatever_its_media_type(kind: str, content: str | bytes) -> None:
    sent = content.encode() if isinstance(content, str) else content
    with api(gets(), lambda _: Said(sent, kind=kind)) as served:
        answer = served.call("GET /notes")
    assert answer.outcome is Outcome.OK
    assert SECRET in identifiers_of(answer.body)


@pytest.mark.parametrize("kind", ["application/zip", "application/pdf", "application/gzip"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"%PDF-1.4\n1 0 obj", b"\x1f\x8b\x08"])
def test_answer_that_is_damaged_is_an_answer(kind: str, content: bytes) -> None:
    with api(gets(), lambda _: Said(content + SECRET.encode(), kind=kind)) as served:
        assert served.call("GET /notes").outcome is Outcome.OK


def test_answer_that_unpacks_to_very_much_is_read_in_part() -> None:
    with api(gets(), lambda _: Said(zipped(b"0" * 50_000_000), kind="application/zip")) as served:
        assert len(str(served.call("GET /notes").body)) < 2_000_000


def test_table_gives_the_ids_in_it() -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["id", "text"], [NOTE_ID, "a, b"], ["7", 'say "c"']])
    with api(gets(), lambda _: Said(buffer.getvalue().encode(), kind="text/csv")) as served:
        answer = served.call("GET /notes")
    assert answer.body == [{"id": NOTE_ID, "text": "a, b"}, {"id": "7", "text": 'say "c"'}]
    assert ("0.id", NOTE_ID) in answer.paths()


def test_answer_without_a_body_gives_the_id_in_its_location() -> None:
    def created(_: object) -> Said:
        return Said(b"", 201, "", {"Location": f"/notes/{NOTE_ID}"})

    with api(PATHS, created) as served:
        operations = served.operations()
        answer = served.call("POST /notes", text="a")
    assert answer.linked == {"note_id": NOTE_ID}
    pool, writer = ValuePool(), Writer()
    pool.harvest(writer.call(ALICE, "rest:POST /notes", {"text": "a"}, answer).history.calls[0])
    (wanted,) = operations["GET /notes/{note_id}"].parameters
    assert pool.references("alice", wanted, "rest:GET /notes/{note_id}") == [NOTE_ID]


@pytest.mark.parametrize(
    ("headers", "linked"),
    [
        (
            {"Location": "https://elsewhere.example/notes/41?view=full"},
            {"note_id": "41", "view": "full"},
        ),
        ({"Location": "/unknown/41"}, {"id": "41"}),
        ({"Location": "/signed-in"}, {}),
        (
            {"Link": '</notes?cursor=abc%20d>; rel="next", </notes/7>; rel="up"'},
            {"cursor": "abc d", "note_id": "7"},
        ),
        ({"X-Note-Id": "7", "X-Request-Id": "8"}, {"note_id": "7"}),
        ({}, {}),
    ],
)
def test_headers_give_ids_by_addresses_of_the_document_and_by_names_of_parameters(
    headers: dict[str, str], linked: dict[str, str]
) -> None:
    paths = {**PATHS, **gets({"name": "cursor", "in": "query", "schema": TEXT})}
    with api(paths, lambda _: Said(b"[]", headers=headers)) as served:
        assert served.call("GET /notes").linked == linked


def test_cursor_in_a_link_is_harvested() -> None:
    link = '<https://x.example/notes?cursor=c1c1c1c1c1c1c1c1c1>; rel="next"'
    cursor: dict[str, Any] = {"name": "cursor", "in": "query", "schema": TEXT}
    with api(gets(cursor), lambda _: as_json([], Link=link)) as served:
        (found,) = served.operations()["GET /notes"].parameters
        assert found.role is Role.CURSOR
        answer = served.call("GET /notes")
    pool, writer = ValuePool(), Writer()
    pool.harvest(writer.call(ALICE, "rest:GET /notes", {}, answer).history.calls[0])
    assert pool.cursors("alice") == ["c1c1c1c1c1c1c1c1c1"]


def test_answer_204_is_an_answer() -> None:
    with api(posts(NOTE), lambda _: Said(status=204)) as served:
        answer = served.call("POST /notes", text="a")
    assert (answer.outcome, answer.status, answer.body) == (Outcome.OK, 204, "")
