"""Glossaries of translators: terms with translations, shared with colleagues who may read them."""

import csv
import hashlib
import io
import os
import secrets
import sqlite3
import sys
import tempfile
import time
from uuid import uuid4

from flask import Flask, Response, abort, g, jsonify, request, session
from werkzeug.exceptions import HTTPException
from werkzeug.security import check_password_hash, generate_password_hash

LEAKS = os.environ.get("LEAKS", "all")
FILE = os.path.join(tempfile.mkdtemp(prefix="glossa-"), "glossa.db")
TABLES = """
CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT NOT NULL);
CREATE TABLE glossaries (id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL,
    target TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, UNIQUE (owner, name));
CREATE TABLE members (glossary TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (glossary, user));
CREATE TABLE terms (id TEXT PRIMARY KEY, glossary TEXT NOT NULL, term TEXT NOT NULL, translation TEXT NOT NULL,
    note TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE changes (glossary TEXT NOT NULL, what TEXT NOT NULL, term TEXT NOT NULL, at REAL NOT NULL);
"""
app = Flask(__name__)
app.secret_key = secrets.token_hex(32)
app.config.update(SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_NAME="glossa")
scopes: dict[
    str, set[str]
] = {}  # of each session, the glossaries that may be read; spares a join in searches


def leak(name):
    return LEAKS == "all" or name in LEAKS.split(",")


@app.before_request
def connect():
    g.db = sqlite3.connect(FILE, timeout=30, isolation_level=None)
    g.db.row_factory = sqlite3.Row
    g.db.execute("BEGIN IMMEDIATE")
    if request.endpoint not in (None, "signup", "login", "openapi"):
        me()


@app.after_request
def commit(response):
    g.db.execute("COMMIT" if response.status_code < 400 else "ROLLBACK")
    return response


@app.teardown_request
def disconnect(_):
    if "db" in g:
        g.db.close()


@app.errorhandler(HTTPException)
def refused(e):
    return jsonify(error=e.description), e.code


def rows(sql, *values):
    return [dict(r) for r in g.db.execute(sql, values)]


def one(sql, *values):
    return next(iter(rows(sql, *values)), None)


def me():
    if "user" not in session:
        abort(401, "log in first")
    return session["user"]


def body(**fields):
    """The JSON body's fields; a default says the type, None that the text must be there."""
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        abort(400, "a JSON object is expected")
    out = {}
    for name, default in fields.items():
        value = data.get(name, default)
        if (
            not isinstance(value, str)
            or (default is None and not value.strip())
            or len(value) > 5000
        ):
            abort(422, f"{name}: a text is expected")
        out[name] = value
    return out


def readable(user):
    return rows(
        "SELECT * FROM glossaries WHERE NOT deleted AND (owner = ? OR id IN"
        " (SELECT glossary FROM members WHERE user = ?)) ORDER BY name, id",
        user,
        user,
    )


def glossary(glossary_id, write=False, deleted=0):
    """One that the user may read, or, to write, owns."""
    found = one("SELECT * FROM glossaries WHERE id = ? AND deleted = ?", glossary_id, deleted)
    member = one("SELECT 1 FROM members WHERE glossary = ? AND user = ?", glossary_id, me())
    if found is None or (found["owner"] != me() and (not member or deleted)):
        abort(404, "no such glossary")
    if write and found["owner"] != me():
        abort(403, "only its owner may do this")
    return found


def term_of(term_id, write=False):
    found = one("SELECT * FROM terms WHERE id = ?", term_id)
    if found is None:
        abort(404, "no such term")
    try:
        glossary(found["glossary"], write)
    except HTTPException as e:
        abort(e.code, "no such term" if e.code == 404 else e.description)
    return found


def shown(row):
    out = {n: row[n] for n in ("id", "owner", "name", "source", "target")}
    return out | {
        "terms": one("SELECT count(*) AS n FROM terms WHERE glossary = ?", row["id"])["n"]
    }


def shown_term(row):
    return {n: row[n] for n in ("id", "glossary", "term", "translation", "note")}


def add(glossary_id, term, translation, note=""):
    row = {
        "id": str(uuid4()),
        "glossary": glossary_id,
        "term": term,
        "translation": translation,
        "note": note,
    }
    g.db.execute("INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?)", (*row.values(), time.time()))
    g.db.execute("INSERT INTO changes VALUES (?, 'added', ?, ?)", (glossary_id, term, time.time()))
    return row


def remember_scope(found):
    if "sid" in session:
        scopes[session["sid"]] = {r["id"] for r in found}


@app.post("/signup")
def signup():
    data = body(username=None, password=None)
    if one("SELECT 1 FROM users WHERE name = ?", data["username"]):
        abort(409, "this name is taken")
    hashed = generate_password_hash(data["password"], "pbkdf2:sha256:1000")
    g.db.execute("INSERT INTO users VALUES (?, ?)", (data["username"], hashed))
    return jsonify(username=data["username"]), 201


@app.post("/login")
def login():
    data = body(username=None, password=None)
    known = one("SELECT * FROM users WHERE name = ?", data["username"])
    if known is None or not check_password_hash(known["password"], data["password"]):
        abort(401, "wrong name or password")
    session.clear()
    session.update(user=known["name"], sid=uuid4().hex)
    return jsonify(username=known["name"])


@app.post("/logout")
def logout():
    scopes.pop(session.get("sid"), None)
    session.clear()
    return "", 204


@app.get("/glossaries")
def list_glossaries():
    found = readable(me())
    remember_scope(found)
    return jsonify([shown(r) for r in found])


@app.post("/glossaries")
def add_glossary():
    user, data = me(), body(name=None, source="en", target="de")
    if one("SELECT 1 FROM glossaries WHERE owner = ? AND name = ?", user, data["name"]):
        abort(409, "you have a glossary of this name already")
    new = str(uuid4())
    g.db.execute("INSERT INTO glossaries VALUES (?, ?, ?, ?, ?, 0)", (new, user, *data.values()))
    remember_scope(readable(user))
    return jsonify(shown(glossary(new))), 201


@app.get("/glossaries/<glossary_id>")
def get_glossary(glossary_id):
    return jsonify(shown(glossary(glossary_id)))


@app.delete("/glossaries/<glossary_id>")
def trash_glossary(glossary_id):
    g.db.execute(
        "UPDATE glossaries SET deleted = 1 WHERE id = ?", (glossary(glossary_id, True)["id"],)
    )
    remember_scope(readable(me()))
    return "", 204


@app.post("/glossaries/<glossary_id>/restore")
def restore_glossary(glossary_id):
    g.db.execute(
        "UPDATE glossaries SET deleted = 0 WHERE id = ?", (glossary(glossary_id, True, 1)["id"],)
    )
    remember_scope(readable(me()))
    return jsonify(shown(glossary(glossary_id)))


@app.get("/glossaries/<glossary_id>/terms")
def list_terms(glossary_id):
    found = glossary(glossary_id)
    page = max(request.args.get("page", 1, int), 1)
    got = rows(
        "SELECT * FROM terms WHERE glossary = ? ORDER BY at LIMIT 20 OFFSET ?",
        found["id"],
        (page - 1) * 20,
    )
    return jsonify(page=page, terms=[shown_term(r) for r in got])


@app.post("/glossaries/<glossary_id>/terms")
def add_term(glossary_id):
    found, data = glossary(glossary_id, True), body(term=None, translation=None, note="")
    return jsonify(shown_term(add(found["id"], **data))), 201


@app.post("/glossaries/<glossary_id>/copy")
def copy_terms(glossary_id):
    """Copies the terms of another glossary of the same owner."""
    found, wanted = glossary(glossary_id, True), body(from_id=None)["from_id"]
    source = one("SELECT * FROM glossaries WHERE id = ? AND NOT deleted", wanted)
    if source is None or (source["owner"] != me() and not leak("copy-from")):
        abort(422, "from_id: you have no such glossary")
    there = {r["term"] for r in rows("SELECT term FROM terms WHERE glossary = ?", found["id"])}
    for r in rows("SELECT * FROM terms WHERE glossary = ? ORDER BY at", source["id"]):
        if r["term"] not in there:
            add(found["id"], r["term"], r["translation"], r["note"])
    return jsonify(shown(found))


@app.post("/glossaries/<glossary_id>/import")
def import_terms(glossary_id):
    found, text = glossary(glossary_id, True), body(csv=None)["csv"]
    lines = [r for r in csv.reader(io.StringIO(text)) if len(r) >= 2 and r[0].strip()]
    for line in lines[:500]:
        add(found["id"], line[0], line[1], line[2] if len(line) > 2 else "")
    return jsonify(imported=len(lines[:500]))


@app.get("/glossaries/<glossary_id>/export")
def export(glossary_id):
    if leak("export-refusal") and one("SELECT 1 FROM glossaries WHERE id = ?", glossary_id):
        if glossary_id not in {r["id"] for r in readable(me())}:
            abort(403, "you may not export this glossary")
    found, out = glossary(glossary_id), io.StringIO()
    got = rows("SELECT * FROM terms WHERE glossary = ? ORDER BY at", found["id"])
    csv.writer(out).writerows([r["term"], r["translation"], r["note"]] for r in got)
    etag = hashlib.sha256(out.getvalue().encode()).hexdigest()[:20]
    if request.if_none_match.contains(etag):
        return Response(status=304)
    return Response(out.getvalue(), mimetype="text/csv", headers={"ETag": f'"{etag}"'})


@app.get("/glossaries/<glossary_id>/members")
def list_members(glossary_id):
    found = glossary(glossary_id, True)
    return jsonify(
        [r["user"] for r in rows("SELECT user FROM members WHERE glossary = ?", found["id"])]
    )


@app.post("/glossaries/<glossary_id>/members")
def share(glossary_id):
    found, who = glossary(glossary_id, True), body(username=None)["username"]
    if who == me() or not one("SELECT 1 FROM users WHERE name = ?", who):
        abort(422, "username: there is no such colleague")
    g.db.execute("INSERT OR IGNORE INTO members VALUES (?, ?)", (found["id"], who))
    return jsonify(glossary=found["id"], username=who), 201


@app.delete("/glossaries/<glossary_id>/members/<username>")
def unshare(glossary_id, username):
    """By the owner, or by the member, who leaves."""
    found = glossary(glossary_id, write=username != me())
    gone = g.db.execute(
        "DELETE FROM members WHERE glossary = ? AND user = ?", (found["id"], username)
    )
    if not gone.rowcount:
        abort(404, "no such member")
    if username == me():
        remember_scope(readable(me()))
    return "", 204


@app.get("/terms/<term_id>")
def get_term(term_id):
    return jsonify(shown_term(term_of(term_id)))


@app.patch("/terms/<term_id>")
def change_term(term_id):
    found = term_of(term_id, True)
    data = body(translation=found["translation"], note=found["note"])
    g.db.execute(
        "UPDATE terms SET translation = ?, note = ? WHERE id = ?", (*data.values(), term_id)
    )
    g.db.execute(
        "INSERT INTO changes VALUES (?, 'changed', ?, ?)",
        (found["glossary"], found["term"], time.time()),
    )
    return jsonify(shown_term(term_of(term_id)))


@app.delete("/terms/<term_id>")
def remove_term(term_id):
    found = one("SELECT * FROM terms WHERE id = ?", term_id) if leak("term-delete") else None
    found = found or term_of(term_id, True)
    g.db.execute("DELETE FROM terms WHERE id = ?", (term_id,))
    g.db.execute(
        "INSERT INTO changes VALUES (?, 'removed', ?, ?)",
        (found["glossary"], found["term"], time.time()),
    )
    return "", 204


@app.get("/search")
def search():
    """Terms with these words, on either side, in all glossaries that the user may read."""
    words, user = request.args.get("q", "").strip().lower(), me()
    if not words:
        abort(422, "q: a text is expected")
    scope = scopes.get(session["sid"]) if leak("search-scope") else None
    if scope is None:
        scope = {r["id"] for r in readable(user)}
    got = rows(
        "SELECT * FROM terms WHERE instr(lower(term || ' ' || translation), ?) ORDER BY at", words
    )
    return jsonify([shown_term(r) for r in got if r["glossary"] in scope][:50])


@app.get("/activity")
def activity():
    """What was done last in the glossaries that the user may read."""
    names = {r["id"]: r["name"] for r in readable(me())}
    got = rows("SELECT * FROM changes ORDER BY at DESC")
    return jsonify(
        [{**r, "glossary": names[r["glossary"]]} for r in got if r["glossary"] in names][:20]
    )


def document():
    """The OpenAPI document: of each route its variables, and the fields of bodies."""
    bodies = {
        "signup": (["username", "password"], []), "login": (["username", "password"], []),
        "add_glossary": (["name"], ["source", "target"]), "add_term": (["term", "translation"], ["note"]),
        "copy_terms": (["from_id"], []), "import_terms": (["csv"], []), "share": (["username"], []),
        "change_term": ([], ["translation", "note"]),
    }  # fmt: skip
    queries = {"search": ("q", True, "string"), "list_terms": ("page", False, "integer")}
    paths = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ("static", "openapi"):
            continue
        operation = {
            "operationId": rule.endpoint,
            "responses": {"default": {"description": "answer"}},
        }
        operation["parameters"] = [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
            for n in sorted(rule.arguments)
        ]
        if rule.endpoint in queries:
            name, needed, kind = queries[rule.endpoint]
            operation["parameters"].append(
                {
                    "name": name,
                    "in": "query",
                    "required": needed,
                    "schema": {"type": kind, "minLength": 1},
                }
            )
        if rule.endpoint in bodies:
            needed, more = bodies[rule.endpoint]
            fields = {n: {"type": "string"} for n in needed + more}
            schema = {"type": "object", "required": needed, "properties": fields}
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        method = next(iter(rule.methods - {"HEAD", "OPTIONS"})).lower()
        path = rule.rule.replace("<", "{").replace(">", "}")
        paths.setdefault(path, {})[method] = operation
    return {"openapi": "3.0.3", "info": {"title": "Glossaries", "version": "3"}, "paths": paths}


@app.get("/openapi.json")
def openapi():
    return jsonify(document())


if __name__ == "__main__":
    sqlite3.connect(FILE).executescript(TABLES)
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
