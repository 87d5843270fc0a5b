"""An archive of letters that says what it takes in the rarer ways of OpenAPI.

Filters are objects in the query (deepObject) and lists with bars, a header and a cookie must be
there, schemas stand in a second document, bodies are JSON:API, and what is stored comes back as
an archive and as a PDF. Run as `python archive_server.py PORT LEAKS`; leaks: `filter`, `labels`,
`zip`, `pdf`, `item`.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

LEAKS = set(filter(None, sys.argv[2].split(","))) if len(sys.argv) > 2 else set[str]()
KIND = "application/vnd.api+json"
HEAD = {"name": "X-Archive", "in": "header", "required": True, "schema": {"enum": ["main"]}}
COOKIE = {"name": "edition", "in": "cookie", "required": True, "schema": {"enum": ["second"]}}
letters: dict[str, dict[str, str]] = {}


def operation(media: str = KIND, *parameters: Any, **more: Any) -> dict[str, Any]:
    """Return the description of an operation with an answer of one media type."""
    answers = {"200": {"description": "ok", "content": {media: {"schema": {}}}}}
    return {"parameters": [HEAD, COOKIE, *parameters], "responses": answers, **more}


ID = {"name": "letter_id", "in": "path", "required": True, "schema": {"type": "string"}}
FILTER = {
    "name": "filter",
    "in": "query",
    "style": "deepObject",
    "schema": {"type": "object", "properties": {"shelf": {"enum": ["east", "west"]}}},
}
LABELS = {
    "name": "labels",
    "in": "query",
    "style": "pipeDelimited",
    "explode": False,
    "schema": {"type": "array", "minItems": 2, "items": {"enum": ["red", "blue"]}},
}
BODY = {"required": True, "content": {KIND: {"schema": {"$ref": "schemas.json#/$defs/Letter"}}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Archive", "version": "1"},
    "security": [{"token": []}],
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/letters": {"post": operation(requestBody=BODY), "get": operation(KIND, FILTER, LABELS)},
        "/letters/{letter_id}": {"get": operation(KIND, ID)},
        "/letters.zip": {"get": operation("application/zip")},
        "/letters.pdf": {"get": operation("application/pdf")},
    },
}
TEXT = {"type": "string", "maxLength": 200}
ATTRIBUTES = {"type": "object", "required": ["text"], "properties": {"text": TEXT}}
DATA = {
    "type": "object",
    "required": ["type", "attributes"],
    "properties": {"type": {"const": "letters"}, "attributes": ATTRIBUTES},
}
SCHEMAS = {
    "$defs": {"Letter": {"type": "object", "required": ["data"], "properties": {"data": DATA}}}
}


def shown(name: str) -> dict[str, Any]:
    """Return a letter as JSON:API shows it."""
    return {"type": "letters", "id": name, "attributes": {"text": letters[name]["text"]}}


def pdf_of(lines: list[str]) -> bytes:
    """Return a PDF of one page with these lines (PDF 1.4)."""
    shows = "".join(f"({each}) Tj 0 -14 Td " for each in lines)
    stream = f"BT /F1 12 Tf 40 780 Td {shows}ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    whole, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % each for each in places)
    end = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(whole)
    return whole + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def zip_of(texts: dict[str, str]) -> bytes:
    """Return an archive with a member for each letter."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.txt"), text)
    return packed.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Serves each caller's own letters, but for the leaks."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, status: int, body: Any, media: str = KIND) -> None:
        """Send an answer."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def fail(self, status: int, title: str) -> None:
        """Send an error as JSON:API writes it."""
        self.answer(status, {"errors": [{"status": str(status), "title": title}]})

    def caller(self) -> str:
        """Return who calls; empty, and answered, where the call is not taken."""
        begun, _, user = self.headers.get("Authorization", "").partition("t-")
        user = user if begun == "Bearer " else ""
        cookies = SimpleCookie(self.headers.get("Cookie", ""))
        edition = cookies["edition"].value if "edition" in cookies else ""
        if not user:
            self.fail(401, "no token")
        elif self.headers.get("X-Archive") != "main" or edition != "second":
            self.fail(400, "which archive, and which edition?")
        else:
            return user
        return ""

    def do_POST(self) -> None:
        """Store a letter."""
        said = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        user = self.caller()
        if not user:
            return
        try:
            text = json.loads(said)["data"]["attributes"]["text"]
        except (ValueError, KeyError, TypeError):
            text = None
        if not isinstance(text, str) or self.headers.get("Content-Type") != KIND:
            self.fail(422, "a letter has a text, and is JSON:API")
            return
        name = str(uuid4())
        letters[name] = {"owner": user, "text": text}
        self.answer(201, {"data": shown(name)})

    def do_GET(self) -> None:
        """Show the documents, or the caller's letters."""
        asked = urlsplit(self.path)
        if asked.path in ("/openapi.json", "/schemas.json"):
            found = DOCUMENT if asked.path == "/openapi.json" else SCHEMAS
            self.answer(200, found, "application/json")
            return
        user = self.caller()
        if not user:
            return
        query = parse_qs(asked.query)
        everyone = (
            ("filter" in LEAKS and "filter[shelf]" in query)
            or ("labels" in LEAKS and "|" in "".join(query.get("labels", [])))
            or ("zip" in LEAKS and asked.path == "/letters.zip")
            or ("pdf" in LEAKS and asked.path == "/letters.pdf")
        )
        mine = [k for k, each in letters.items() if everyone or each["owner"] == user]
        if asked.path == "/letters":
            self.answer(200, {"data": [shown(each) for each in mine]})
        elif asked.path == "/letters.zip":
            self.answer(200, zip_of({k: letters[k]["text"] for k in mine}), "application/zip")
        elif asked.path == "/letters.pdf":
            self.answer(200, pdf_of([letters[k]["text"] for k in mine]), "application/pdf")
        else:
            name = asked.path.rpartition("/")[2]
            known = letters if "item" in LEAKS else mine
            if name in known:
                self.answer(200, {"data": shown(name)})
            else:
                self.fail(404, "no such letter")


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
