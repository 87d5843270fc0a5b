"""Casefile: a lawyer's matters with their documents, hours and CSV export; Flask and SQLite."""

import csv
import hashlib
import io
import os
import re
import secrets
import sqlite3
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, g, jsonify, request, session
from werkzeug.exceptions import HTTPException
from werkzeug.security import check_password_hash, generate_password_hash

on = os.environ.get("LEAKS", "all")
LEAKS = {"upload-duplicate", "export-status", "restore-any", "usage-total"}
if on != "all":
    LEAKS &= set(on.split(","))

FILES = Path(tempfile.mkdtemp(prefix="casefile-"))
STATUSES = ("open", "waiting", "closed")
app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)
app.config["MAX_CONTENT_LENGTH"] = 2_000_000

SCHEMA = """
CREATE TABLE lawyer (id TEXT PRIMARY KEY, email TEXT UNIQUE, hash TEXT);
CREATE TABLE matter (id TEXT PRIMARY KEY, lawyer TEXT, title TEXT, client TEXT, status TEXT,
    summary TEXT);
CREATE TABLE document (id TEXT PRIMARY KEY, lawyer TEXT, matter TEXT, filename TEXT, digest TEXT,
    size INTEGER, caption TEXT, binned INTEGER DEFAULT 0);
CREATE TABLE hour (id TEXT PRIMARY KEY, lawyer TEXT, matter TEXT, minutes INTEGER, work TEXT);
"""


def db() -> sqlite3.Connection:
    if "db" not in g:
        g.db = sqlite3.connect(FILES / "casefile.db", timeout=10)
        g.db.row_factory = sqlite3.Row
    connection: sqlite3.Connection = g.db
    return connection


@app.teardown_appcontext
def close(_: BaseException | None) -> None:
    if "db" in g:
        g.pop("db").close()


def rows(query: str, *values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in db().execute(query, values)]


def change(query: str, *values: Any) -> None:
    with db() as con:
        con.execute(query, values)


@app.errorhandler(HTTPException)
def problem(error: HTTPException) -> tuple[Response, int]:
    return jsonify(error=error.description), error.code or 500


def me() -> str:
    lawyer = session.get("lawyer")
    if not lawyer:
        abort(401, "sign in first")
    return str(lawyer)


def field(name: str, *, required: bool = True, longest: int = 2000) -> str:
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        abort(400, "send a JSON object")
    value = data.get(name, "" if not required else None)
    if not isinstance(value, str) or len(value) > longest or (required and not value.strip()):
        abort(400, f"{name} is missing or not a text of at most {longest} characters")
    return value


def the_matter(matter_id: str) -> dict[str, Any]:
    found = rows("SELECT * FROM matter WHERE id = ? AND lawyer = ?", matter_id, me())
    if not found:
        abort(404, "no such matter")
    return found[0]


def the_document(document_id: str, binned: int = 0) -> dict[str, Any]:
    query = "SELECT * FROM document WHERE id = ? AND lawyer = ? AND binned = ?"
    found = rows(query, document_id, me(), binned)
    if not found:
        abort(404, "no such document")
    return found[0]


def public(record: dict[str, Any]) -> dict[str, Any]:
    hidden = ("lawyer", "binned", "digest")
    return {key: value for key, value in record.items() if key not in hidden}


@app.post("/auth/sign-up")
def sign_up() -> tuple[Response, int]:
    email, password = field("email", longest=120), field("password", longest=120)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email) or len(password) < 8:
        abort(400, "an email address and a password of 8 characters or more are needed")
    try:
        lawyer_id = uuid.uuid4().hex
        hashed = generate_password_hash(password, method="pbkdf2:sha256:1000")
        change("INSERT INTO lawyer VALUES (?, ?, ?)", lawyer_id, email.lower(), hashed)
    except sqlite3.IntegrityError:
        abort(409, "this email address is registered")
    return jsonify(ok=True), 201


@app.post("/auth/login")
def login() -> Response:
    found = rows("SELECT * FROM lawyer WHERE email = ?", field("email").lower())
    if not found or not check_password_hash(found[0]["hash"], field("password")):
        abort(401, "wrong email address or password")
    session["lawyer"] = found[0]["id"]
    return jsonify(ok=True)


@app.get("/matters")
def matters() -> Response:
    status = request.args.get("status")
    mine = rows("SELECT * FROM matter WHERE lawyer = ? ORDER BY title, id", me())
    return jsonify(matters=[public(m) for m in mine if status in (None, m["status"])])


@app.post("/matters")
def open_matter() -> tuple[Response, int]:
    lawyer, matter_id = me(), uuid.uuid4().hex
    values = field("title"), field("client", required=False), field("summary", required=False)
    query = "INSERT INTO matter VALUES (?, ?, ?, ?, 'open', ?)"
    change(query, matter_id, lawyer, *values)
    return jsonify(public(the_matter(matter_id))), 201


@app.get("/matters/<matter_id>")
def show_matter(matter_id: str) -> Response:
    matter = the_matter(matter_id)
    query = "SELECT id, minutes, work FROM hour WHERE matter = ? AND lawyer = ?"
    return jsonify({**public(matter), "hours": rows(query, matter_id, me())})


@app.patch("/matters/<matter_id>")
def change_matter(matter_id: str) -> Response:
    the_matter(matter_id)
    status = field("status", required=False)
    if status and status not in STATUSES:
        abort(400, f"status is one of {', '.join(STATUSES)}")
    for name in ("status", "summary", "title"):
        if value := field(name, required=False):
            change(f"UPDATE matter SET {name} = ? WHERE id = ?", value, matter_id)
    return jsonify(public(the_matter(matter_id)))


@app.post("/matters/<matter_id>/hours")
def add_hours(matter_id: str) -> tuple[Response, int]:
    the_matter(matter_id)
    work = field("work")
    minutes = request.get_json().get("minutes")
    if not isinstance(minutes, int) or not 1 <= minutes <= 1440:
        abort(400, "minutes is from 1 to 1440")
    hour_id = uuid.uuid4().hex
    change("INSERT INTO hour VALUES (?, ?, ?, ?, ?)", hour_id, me(), matter_id, minutes, work)
    return jsonify(id=hour_id, minutes=minutes, work=work), 201


@app.get("/matters/export.csv")
def export() -> Response:
    status = request.args.get("status")
    query, values = "SELECT * FROM matter WHERE lawyer = ?", [me()]
    if status and "export-status" in LEAKS:
        query, values = "SELECT * FROM matter WHERE status = ?", [status]
    elif status:
        query, values = f"{query} AND status = ?", [*values, status]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["title", "client", "status", "minutes", "summary"])
    for row in rows(query, *values):
        spent = rows("SELECT COALESCE(SUM(minutes), 0) AS n FROM hour WHERE matter = ?", row["id"])
        cells = [row["title"], row["client"], row["status"], spent[0]["n"], row["summary"]]
        writer.writerow(cells)
    return Response(out.getvalue(), mimetype="text/csv")


@app.post("/matters/<matter_id>/documents")
def upload(matter_id: str) -> tuple[Response, int]:
    the_matter(matter_id)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        abort(400, "send the document as the part named file")
    content = sent.read()
    digest = hashlib.sha256(content).hexdigest()
    query = "SELECT id FROM document WHERE digest = ?"
    if "upload-duplicate" in LEAKS:
        twins = rows(query, digest)
    else:
        twins = rows(f"{query} AND lawyer = ?", digest, me())
    document_id = uuid.uuid4().hex
    (FILES / document_id).write_bytes(content)
    name = re.sub(r"[^\w.-]+", "_", Path(sent.filename).name)
    change(
        "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
        *(document_id, me(), matter_id, name, digest, len(content)),
        request.form.get("caption", ""),
    )
    return jsonify({**public(the_document(document_id)), "duplicate": bool(twins)}), 201


@app.get("/matters/<matter_id>/documents")
def documents(matter_id: str) -> Response:
    the_matter(matter_id)
    query = "SELECT * FROM document WHERE matter = ? AND lawyer = ? AND binned = 0"
    return jsonify([public(row) for row in rows(query, matter_id, me())])


@app.get("/documents/<document_id>")
def download(document_id: str) -> Response:
    document = the_document(document_id)
    answer = Response((FILES / document_id).read_bytes(), mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{document["filename"]}"'
    return answer


@app.delete("/documents/<document_id>")
def bin_document(document_id: str) -> tuple[str, int]:
    the_document(document_id)
    change("UPDATE document SET binned = 1 WHERE id = ?", document_id)
    return "", 204


@app.get("/documents/bin")
def binned_documents() -> Response:
    query = "SELECT * FROM document WHERE lawyer = ? AND binned = 1"
    return jsonify([public(row) for row in rows(query, me())])


@app.post("/documents/<document_id>/restore")
def restore(document_id: str) -> Response:
    lawyer = me()
    if "restore-any" in LEAKS:
        change("UPDATE document SET binned = 0 WHERE id = ?", document_id)
        found = rows("SELECT * FROM document WHERE id = ? AND lawyer = ?", document_id, lawyer)
        if not found:
            abort(404, "no such document")
        return jsonify(public(found[0]))
    the_document(document_id, binned=1)
    change("UPDATE document SET binned = 0 WHERE id = ?", document_id)
    return jsonify(public(the_document(document_id)))


@app.get("/documents/search")
def search() -> Response:
    words = request.args.get("words", "").lower()
    mine = rows("SELECT * FROM document WHERE lawyer = ? AND binned = 0", me())
    found = [d for d in mine if words in f"{d['filename']} {d['caption']}".lower()]
    return jsonify(found=[public(document) for document in found])


@app.get("/account/usage")
def usage() -> Response:
    query, values = "SELECT COUNT(*) AS n, COALESCE(SUM(size), 0) AS b FROM document", [me()]
    if "usage-total" in LEAKS:
        mine = rows(query)[0]
    else:
        mine = rows(f"{query} WHERE lawyer = ?", *values)[0]
    return jsonify(documents=mine["n"], bytes=mine["b"], allowed_bytes=500_000_000)


TEXT = {"type": "string"}
FIELDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "sign_up": ({"email": TEXT, "password": {**TEXT, "minLength": 8}}, ["email", "password"]),
    "login": ({"email": TEXT, "password": TEXT}, ["email", "password"]),
    "open_matter": ({"title": TEXT, "client": TEXT, "summary": TEXT}, ["title"]),
    "change_matter": (
        {"title": TEXT, "summary": TEXT, "status": {"type": "string", "enum": [*STATUSES]}},
        [],
    ),
    "add_hours": ({"minutes": {"type": "integer"}, "work": TEXT}, ["minutes", "work"]),
    "upload": ({"file": {**TEXT, "format": "binary"}, "caption": TEXT}, ["file"]),
}
QUERIES = {"matters": "status", "export": "status", "search": "words"}


@app.get("/openapi.json")
def openapi() -> Response:
    paths: dict[str, dict[str, Any]] = {}
    for rule in app.url_map.iter_rules():
        name = rule.endpoint
        if name in ("static", "openapi"):
            continue
        parameters = [
            {"name": each, "in": "path", "required": True, "schema": TEXT}
            for each in rule.arguments
        ]
        if name in QUERIES:
            parameters.append({"name": QUERIES[name], "in": "query", "schema": TEXT})
        operation: dict[str, Any] = {
            "operationId": name,
            "parameters": parameters,
            "responses": {"default": {"description": "the answer, or an error"}},
        }
        if name in FIELDS:
            properties, required = FIELDS[name]
            schema = {"type": "object", "properties": properties, "required": required}
            kind = "multipart/form-data" if name == "upload" else "application/json"
            operation["requestBody"] = {"content": {kind: {"schema": schema}}}
        path = rule.rule.replace("<", "{").replace(">", "}")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            paths.setdefault(path, {})[method.lower()] = operation
    scheme = {"type": "apiKey", "in": "cookie", "name": "session"}
    return jsonify(
        openapi="3.0.3",
        info={"title": "Casefile", "version": "5"},
        components={"securitySchemes": {"session": scheme}},
        security=[{"session": []}],
        paths=paths,
    )


if __name__ == "__main__":
    with sqlite3.connect(FILES / "casefile.db") as fresh:
        fresh.executescript(SCHEMA)
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
