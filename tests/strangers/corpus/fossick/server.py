"""Fossick: finds, localities and loans of collectors of minerals and fossils. Flask, SQLite in memory."""

import csv
import hashlib
import io
import os
import secrets
import sqlite3
import sys
import threading
import uuid
from functools import wraps

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

LEAKS = os.environ.get("LEAKS", "all").replace(" ", "").split(",")

app = Flask(__name__)
lock = threading.RLock()
db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
db.row_factory = sqlite3.Row
db.executescript("""
CREATE TABLE collectors (id TEXT PRIMARY KEY, email TEXT UNIQUE, name TEXT, salt BLOB, hash BLOB);
CREATE TABLE tokens (token TEXT PRIMARY KEY, collector TEXT);
CREATE TABLE localities (id TEXT PRIMARY KEY, owner TEXT, name TEXT, lat REAL, lon REAL, access TEXT);
CREATE TABLE finds (id TEXT PRIMARY KEY, owner TEXT, locality TEXT, species TEXT, label TEXT, notes TEXT,
    weight INTEGER, tag TEXT DEFAULT '', binned INTEGER DEFAULT 0);
CREATE TABLE loans (id TEXT PRIMARY KEY, owner TEXT, find TEXT, borrower TEXT, terms TEXT, returned INTEGER DEFAULT 0);
""")


def leaky(name):
    return "all" in LEAKS or name in LEAKS


class Problem(Exception):
    def __init__(self, status, detail):
        self.status, self.detail = status, detail


@app.errorhandler(Problem)
def problem(p):
    return jsonify(error=p.detail), p.status


@app.errorhandler(HTTPException)
def http_problem(p):
    return jsonify(error=p.description), p.code


def query(sql, *values):
    with lock:
        return db.execute(sql, values).fetchall()


def execute(sql, *values):
    with lock:
        return db.execute(sql, values).rowcount


def signed_in(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        found = query("SELECT collector FROM tokens WHERE token = ?", token)
        if scheme.lower() != "bearer" or not found:
            raise Problem(401, "please log in")
        g.me = found[0]["collector"]
        return view(*args, **kwargs)

    return guarded


def fields(*needed, **kinds):
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise Problem(400, "a JSON object is expected")
    got = {}
    for name, kind in kinds.items():
        value = data.get(name)
        if value is None:
            if name in needed:
                raise Problem(422, f"{name} is missing")
            continue
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind or (kind is str and len(value) > 4000):
            raise Problem(422, f"{name} must be of type {kind.__name__}")
        if kind is int and abs(value) > 10**9:
            raise Problem(422, f"{name} is too large")
        if name in needed and value == "":
            raise Problem(422, f"{name} is empty")
        got[name] = value
    return got


def new_id():
    return str(uuid.uuid4())


def own(table, row_id, what):
    found = query(f"SELECT * FROM {table} WHERE id = ? AND owner = ?", row_id, g.me)
    if not found:
        raise Problem(404, f"{what} not found")
    return found[0]


def live_find(find_id):
    row = own("finds", find_id, "find")
    if row["binned"]:
        raise Problem(404, "find not found")
    return row


def locality_json(r):
    return {k: r[k] for k in ("id", "name", "lat", "lon", "access")}


def find_json(r):
    place = query("SELECT * FROM localities WHERE id = ? AND owner = ?", r["locality"], r["owner"])
    return {
        **{k: r[k] for k in ("id", "species", "label", "notes", "weight", "tag")},
        "locality": locality_json(place[0]) if place else None,
    }


def loan_json(r):
    out = {k: r[k] for k in ("id", "borrower", "terms")}
    return {**out, "find_id": r["find"], "returned": bool(r["returned"])}


def hashed(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1000)


@app.post("/api/register")
def register():
    data = fields("email", "password", email=str, password=str, name=str)
    salt, collector = secrets.token_bytes(16), new_id()
    try:
        execute(
            "INSERT INTO collectors VALUES (?, ?, ?, ?, ?)",
            collector, data["email"], data.get("name", ""), salt, hashed(data["password"], salt),
        )  # fmt: skip
    except sqlite3.IntegrityError:
        raise Problem(409, "this address is registered") from None
    return jsonify(id=collector), 201


@app.post("/api/login")
def login():
    data = fields("email", "password", email=str, password=str)
    found = query("SELECT * FROM collectors WHERE email = ?", data["email"])
    if not found or hashed(data["password"], found[0]["salt"]) != found[0]["hash"]:
        raise Problem(401, "wrong address or password")
    token = secrets.token_urlsafe(24)
    execute("INSERT INTO tokens VALUES (?, ?)", token, found[0]["id"])
    return jsonify(token=token, id=found[0]["id"])


@app.post("/api/localities")
@signed_in
def add_locality():
    d = fields("name", name=str, lat=float, lon=float, access=str)
    row_id = new_id()
    execute(
        "INSERT INTO localities VALUES (?, ?, ?, ?, ?, ?)",
        row_id, g.me, d["name"], d.get("lat", 0.0), d.get("lon", 0.0), d.get("access", ""),
    )  # fmt: skip
    return jsonify(locality_json(own("localities", row_id, "locality"))), 201


@app.get("/api/localities")
@signed_in
def localities():
    rows = query("SELECT * FROM localities WHERE owner = ? ORDER BY rowid", g.me)
    return jsonify([locality_json(r) for r in rows])


@app.get("/api/localities/<locality_id>")
@signed_in
def locality(locality_id):
    return jsonify(locality_json(own("localities", locality_id, "locality")))


@app.delete("/api/localities/<locality_id>")
@signed_in
def delete_locality(locality_id):
    own("localities", locality_id, "locality")
    execute("DELETE FROM localities WHERE id = ?", locality_id)
    execute("UPDATE finds SET locality = NULL WHERE locality = ? AND owner = ?", locality_id, g.me)
    return "", 204


@app.post("/api/finds")
@signed_in
def add_find():
    d = fields("label", label=str, species=str, notes=str, weight=int, locality_id=str)
    if "locality_id" in d:
        own("localities", d["locality_id"], "locality")
    row_id = new_id()
    execute(
        "INSERT INTO finds (id, owner, locality, species, label, notes, weight) VALUES (?, ?, ?, ?, ?, ?, ?)",
        row_id, g.me, d.get("locality_id"), d.get("species", ""), d["label"], d.get("notes", ""), d.get("weight", 0),
    )  # fmt: skip
    return jsonify(find_json(live_find(row_id))), 201


@app.get("/api/finds")
@signed_in
def finds():
    """The collection; by species, sorted by label or weight, fifty a page."""
    sort = request.args.get("sort", "label")
    page = request.args.get("page", "1")
    if sort not in ("label", "weight") or not page.isdecimal() or not 1 <= int(page) <= 1000:
        raise Problem(422, "sort is label or weight, page from 1")
    species = request.args.get("species")
    rows = query(
        f"""SELECT * FROM finds WHERE owner = ? AND binned = 0 AND (? IS NULL OR species = ?)
        ORDER BY {sort}, rowid LIMIT 50 OFFSET ?""",
        g.me, species, species, (int(page) - 1) * 50,
    )  # fmt: skip
    return jsonify(finds=[find_json(r) for r in rows])


@app.get("/api/finds/search")
@signed_in
def search():
    q = request.args.get("q", "")
    if not q:
        raise Problem(422, "q is missing")
    if leaky("search-or"):
        where = "owner = ? AND binned = 0 AND instr(lower(label), ?) OR instr(lower(notes), ?)"
    else:
        where = "owner = ? AND binned = 0 AND (instr(lower(label), ?) OR instr(lower(notes), ?))"
    rows = query(f"SELECT * FROM finds WHERE {where} ORDER BY rowid", g.me, q.lower(), q.lower())
    return jsonify([{k: r[k] for k in ("id", "label", "species", "notes")} for r in rows])


@app.get("/api/finds/<find_id>")
@signed_in
def get_find(find_id):
    return jsonify(find_json(live_find(find_id)))


@app.patch("/api/finds/<find_id>")
@signed_in
def change_find(find_id):
    live_find(find_id)
    d = fields(label=str, species=str, notes=str, weight=int, locality_id=str)
    if "locality_id" in d:
        if not leaky("csv-join"):
            own("localities", d["locality_id"], "locality")
        d["locality"] = d.pop("locality_id")
    for column, value in d.items():
        execute(f"UPDATE finds SET {column} = ? WHERE id = ?", value, find_id)
    return jsonify(find_json(live_find(find_id)))


@app.post("/api/finds/tag")
@signed_in
def tag_finds():
    """Gives several finds a tag; ids that are not there are passed over."""
    data = request.get_json(silent=True)
    ids, tag = (data.get("ids"), data.get("tag")) if isinstance(data, dict) else (None, None)
    if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids) or len(ids) > 100:
        raise Problem(422, "ids is a list of up to 100 ids")
    if not isinstance(tag, str) or not 0 < len(tag) <= 60:
        raise Problem(422, "tag is a word")
    if leaky("bulk-tag"):
        for find_id in ids:
            execute("UPDATE finds SET tag = ? WHERE id = ?", tag, find_id)
    else:
        for find_id in ids:
            execute("UPDATE finds SET tag = ? WHERE id = ? AND owner = ?", tag, find_id, g.me)
    return jsonify(tag=tag)


@app.delete("/api/finds/<find_id>")
@signed_in
def bin_find(find_id):
    """Puts a find into the bin."""
    live_find(find_id)
    execute("UPDATE finds SET binned = 1 WHERE id = ?", find_id)
    return "", 204


@app.get("/api/bin")
@signed_in
def binned():
    rows = query("SELECT * FROM finds WHERE owner = ? AND binned = 1 ORDER BY rowid", g.me)
    return jsonify([find_json(r) for r in rows])


@app.post("/api/bin/<find_id>/restore")
@signed_in
def restore(find_id):
    if not own("finds", find_id, "find")["binned"]:
        raise Problem(409, "this find is not in the bin")
    execute("UPDATE finds SET binned = 0 WHERE id = ?", find_id)
    return jsonify(find_json(live_find(find_id)))


@app.get("/api/finds.csv")
@signed_in
def export():
    """The collection with its localities, as CSV."""
    join = "LEFT JOIN localities l ON l.id = f.locality"
    if not leaky("csv-join"):
        join += " AND l.owner = f.owner"
    rows = query(
        f"""SELECT f.*, l.name AS place, l.lat, l.lon, l.access FROM finds f {join}
        WHERE f.owner = ? AND f.binned = 0 ORDER BY f.rowid""",
        g.me,
    )
    out = io.StringIO()
    columns = ["label", "species", "weight", "tag", "place", "lat", "lon", "access"]
    table = csv.writer(out)
    table.writerow(columns)
    table.writerows([[r[c] for c in columns] for r in rows])
    return Response(out.getvalue(), mimetype="text/csv")


@app.get("/api/species")
@signed_in
def species():
    """How many finds of each species, and the heaviest."""
    rows = query(
        """SELECT species, count(*) AS finds, max(weight) AS heaviest FROM finds WHERE owner = ? AND binned = 0
        GROUP BY species ORDER BY species""",
        g.me,
    )
    return jsonify([dict(r) for r in rows])


@app.post("/api/loans")
@signed_in
def lend():
    d = fields("find_id", "borrower", find_id=str, borrower=str, terms=str)
    live_find(d["find_id"])
    row_id = new_id()
    execute(
        "INSERT INTO loans (id, owner, find, borrower, terms) VALUES (?, ?, ?, ?, ?)",
        row_id, g.me, d["find_id"], d["borrower"], d.get("terms", ""),
    )  # fmt: skip
    return jsonify(loan_json(own("loans", row_id, "loan"))), 201


@app.get("/api/loans")
@signed_in
def loans():
    rows = query("SELECT * FROM loans WHERE owner = ? ORDER BY rowid", g.me)
    wanted = {"true": 0, "false": 1}.get(request.args.get("open", ""))
    return jsonify([loan_json(r) for r in rows if wanted is None or r["returned"] == wanted])


@app.post("/api/loans/<loan_id>/return")
@signed_in
def give_back(loan_id):
    """The find is back; with `everything`, all that this borrower has."""
    loan = own("loans", loan_id, "loan")
    data = request.get_json(silent=True)
    if isinstance(data, dict) and data.get("everything") is True:
        sql = "UPDATE loans SET returned = 1 WHERE borrower = ?"
        if leaky("return-everything"):
            execute(sql, loan["borrower"])
        else:
            execute(sql + " AND owner = ?", loan["borrower"], g.me)
    else:
        execute("UPDATE loans SET returned = 1 WHERE id = ?", loan_id)
    return jsonify(loan_json(own("loans", loan_id, "loan")))


WORD = {"type": "string", "minLength": 1, "maxLength": 200}
TEXT = {"type": "string", "maxLength": 4000}
NUMBER = {"type": "number"}
GRAMS = {"type": "integer", "minimum": 0, "maximum": 1000000}
ACCOUNT = {"email": WORD, "password": WORD}
FIND = {"label": WORD, "species": WORD, "notes": TEXT, "weight": GRAMS, "locality_id": WORD}
DESCRIBED = {  # fields of the body, how many of them are needed, parameters of the query
    "POST /api/register": ({**ACCOUNT, "name": WORD}, 2, {}),
    "POST /api/login": (ACCOUNT, 2, {}),
    "POST /api/localities": ({"name": WORD, "lat": NUMBER, "lon": NUMBER, "access": TEXT}, 1, {}),
    "GET /api/localities": ({}, 0, {}),
    "GET /api/localities/{locality_id}": ({}, 0, {}),
    "DELETE /api/localities/{locality_id}": ({}, 0, {}),
    "POST /api/finds": (FIND, 1, {}),
    "GET /api/finds": ({}, 0, {
        "species": WORD, "sort": {"type": "string", "enum": ["label", "weight"]},
        "page": {"type": "integer", "minimum": 1, "maximum": 1000},
    }),
    "GET /api/finds/search": ({}, 0, {"q": WORD}),
    "GET /api/finds/{find_id}": ({}, 0, {}),
    "PATCH /api/finds/{find_id}": (FIND, 0, {}),
    "POST /api/finds/tag": ({"ids": {"type": "array", "items": WORD, "maxItems": 100}, "tag": {**WORD, "maxLength": 60}}, 2, {}),
    "DELETE /api/finds/{find_id}": ({}, 0, {}),
    "GET /api/bin": ({}, 0, {}),
    "POST /api/bin/{find_id}/restore": ({}, 0, {}),
    "GET /api/finds.csv": ({}, 0, {}),
    "GET /api/species": ({}, 0, {}),
    "POST /api/loans": ({"find_id": WORD, "borrower": WORD, "terms": TEXT}, 2, {}),
    "GET /api/loans": ({}, 0, {"open": {"type": "boolean"}}),
    "POST /api/loans/{loan_id}/return": ({"everything": {"type": "boolean"}}, 0, {}),
}  # fmt: skip


@app.get("/openapi.json")
def openapi():
    paths = {}
    for operation, (body, needed, params) in DESCRIBED.items():
        method, path = operation.split()
        parameters = [
            {"name": p[1:-1], "in": "path", "required": True, "schema": WORD}
            for p in path.split("/") if p.startswith("{")
        ] + [
            {"name": n, "in": "query", "required": n == "q", "schema": s} for n, s in params.items()
        ]  # fmt: skip
        entry = {"parameters": parameters, "responses": {"200": {"description": "OK"}}}
        if body:
            schema = {"type": "object", "properties": body, "required": list(body)[:needed]}
            entry["requestBody"] = {
                "required": needed > 0,
                "content": {"application/json": {"schema": schema}},
            }
        if path in ("/api/register", "/api/login"):
            entry["security"] = []
        paths.setdefault(path, {})[method.lower()] = entry
    return jsonify(
        openapi="3.0.3",
        info={"title": "Fossick", "version": "0.9"},
        security=[{"token": []}],
        components={"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        paths=paths,
    )


class Silent(WSGIRequestHandler):
    def log(self, *_):
        pass


if __name__ == "__main__":
    make_server(
        "127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=Silent
    ).serve_forever()
