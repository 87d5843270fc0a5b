"""Darkroom: rolls of film, the frames on them, and prints of frames. Flask, one SQLite in memory, API keys.

A key reads dk_PUBLIC_SECRET: PUBLIC finds it in the table, SECRET is compared.
"""

import csv
import hashlib
import hmac
import io
import os
import secrets
import sqlite3
import sys
import threading
import uuid
from functools import wraps

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
STATES = ("loaded", "exposed", "developed")
SCHEMA = """
CREATE TABLE photographers (id TEXT PRIMARY KEY, email TEXT UNIQUE, password TEXT);
CREATE TABLE keys (public TEXT PRIMARY KEY, photographer TEXT, secret TEXT, label TEXT);
CREATE TABLE rolls (id TEXT PRIMARY KEY, photographer TEXT, label TEXT, film TEXT, iso INTEGER, state TEXT, notes TEXT,
    removed INTEGER DEFAULT 0, at INTEGER);
CREATE TABLE frames (id TEXT PRIMARY KEY, roll TEXT REFERENCES rolls(id), number INTEGER, subject TEXT, exposure TEXT,
    at INTEGER);
CREATE TABLE prints (id TEXT PRIMARY KEY, photographer TEXT, frame TEXT, paper TEXT, remarks TEXT, at INTEGER);
"""

app = Flask(__name__)
app.json.sort_keys = False
base = sqlite3.connect(":memory:", check_same_thread=False)
base.row_factory = sqlite3.Row
base.executescript(SCHEMA)
lock = threading.RLock()
order = iter(range(1, 1 << 62))


def leaks(name):
    return "all" in LEAKS or name in LEAKS


def rows(sql, *values):
    with lock:
        return base.execute(sql, values).fetchall()


def row(sql, *values):
    found = rows(sql, *values)
    return found[0] if found else None


def write(sql, *values):
    with lock, base:
        return base.execute(sql, values).rowcount


class Refused(Exception):
    def __init__(self, status, message):
        self.status, self.message = status, message


@app.errorhandler(Refused)
def refused(e):
    return jsonify(error=e.message), e.status


@app.errorhandler(HTTPException)
def http_error(e):
    return jsonify(error=e.name), e.code


def hashed(email, password):
    return hashlib.pbkdf2_hmac(
        "sha256", password.encode(), f"darkroom:{email}".encode(), 2000
    ).hex()


def key_holder(key):
    """The photographer whose key this is, or None."""
    prefix, _, rest = (key or "").partition("_")
    public, _, secret = rest.partition("_")
    found = row("SELECT * FROM keys WHERE public = ?", public)
    if prefix != "dk" or found is None:
        return None
    kept, given = found["secret"].encode(), secret.encode()
    if leaks("key-cut"):
        kept = kept[: len(given)]
    return found["photographer"] if hmac.compare_digest(kept, given) else None


def with_key(view):
    @wraps(view)
    def inner(**parts):
        me = key_holder(request.headers.get("X-Darkroom-Key"))
        if me is None:
            raise Refused(401, "X-Darkroom-Key is missing or not valid")
        return view(me, **parts)

    return inner


def body(need=(), **wanted):
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise Refused(400, "a JSON object is expected")
    for name in need:
        if data.get(name) in (None, ""):
            raise Refused(422, f"{name} is missing")
    out = {}
    for name, kind in wanted.items():
        if data.get(name) is None:
            continue
        if not isinstance(data[name], kind) or isinstance(data[name], bool):
            raise Refused(422, f"{name} must be of type {kind.__name__}")
        if kind is str and len(data[name]) > 2000:
            raise Refused(422, f"{name} has 2000 letters at most")
        if kind is int and not 0 <= data[name] <= 1_000_000:
            raise Refused(422, f"{name} must be between 0 and 1000000")
        out[name] = data[name]
    if out.get("state", STATES[0]) not in STATES:
        raise Refused(422, f"state must be one of {', '.join(STATES)}")
    return out


def roll_shown(r):
    return {f: r[f] for f in ("id", "label", "film", "iso", "state", "notes")}


def frame_shown(f):
    return {k: f[k] for k in ("id", "roll_id", "number", "subject", "exposure")}


def print_shown(p):
    return {k: p[k] for k in ("id", "frame_id", "subject", "paper", "remarks")}


def the_roll(me, roll_id, removed=0):
    found = row(
        "SELECT * FROM rolls WHERE id = ? AND photographer = ? AND removed = ?",
        roll_id,
        me,
        removed,
    )
    if found is None:
        raise Refused(404, "no such roll")
    return found


FRAMES = """SELECT f.*, f.roll AS roll_id FROM frames f JOIN rolls r ON r.id = f.roll
    WHERE r.photographer = ? AND r.removed = 0"""


def the_frame(me, frame_id):
    found = row(FRAMES + " AND f.id = ?", me, frame_id)
    if found is None:
        raise Refused(404, "no such frame")
    return found


PRINTS = """SELECT p.*, p.frame AS frame_id, f.subject FROM prints p JOIN frames f ON f.id = p.frame
    WHERE p.photographer = ?"""


@app.post("/accounts")
def sign_up():
    data = body(["email", "password"], email=str, password=str)
    me = str(uuid.uuid4())
    try:
        write("INSERT INTO photographers VALUES (?, ?, ?)", me, data["email"], hashed(**data))
    except sqlite3.IntegrityError:
        raise Refused(409, "this address has an account") from None
    return jsonify(photographer_id=me), 201


@app.post("/keys")
def new_key():
    """A new key, for the account's address and password. It is shown once."""
    data = body(["email", "password"], email=str, password=str, label=str)
    account = row("SELECT * FROM photographers WHERE email = ?", data["email"])
    if account is None or not hmac.compare_digest(
        account["password"], hashed(data["email"], data["password"])
    ):
        raise Refused(401, "wrong address or password")
    public, secret = secrets.token_hex(6), secrets.token_hex(20)
    write(
        "INSERT INTO keys VALUES (?, ?, ?, ?)", public, account["id"], secret, data.get("label", "")
    )
    return jsonify(key=f"dk_{public}_{secret}", photographer_id=account["id"]), 201


@app.get("/keys")
@with_key
def list_keys(me):
    """The caller's keys, without their secrets."""
    found = rows("SELECT * FROM keys WHERE photographer = ? ORDER BY rowid", me)
    return jsonify([{"key": f"dk_{k['public']}_…", "label": k["label"]} for k in found])


@app.post("/rolls")
@with_key
def add_roll(me):
    data = body(["label"], label=str, film=str, iso=int, notes=str)
    roll_id = uuid.uuid4().hex
    fields = [
        data["label"],
        data.get("film", ""),
        data.get("iso", 400),
        "loaded",
        data.get("notes", ""),
    ]
    write(
        "INSERT INTO rolls (id, photographer, label, film, iso, state, notes, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        roll_id, me, *fields, next(order),
    )  # fmt: skip
    return jsonify(roll_shown(the_roll(me, roll_id))), 201


@app.get("/rolls")
@with_key
def list_rolls(me):
    page, state = max(request.args.get("page", 1, int), 1), request.args.get("state")
    sql = "SELECT * FROM rolls WHERE photographer = ? AND removed = 0 AND (? IS NULL OR state = ?) ORDER BY at"
    found = [roll_shown(r) for r in rows(sql, me, state, state)]
    return jsonify(rolls=found[(page - 1) * 10 :][:10], pages=-(-len(found) // 10))


@app.get("/rolls/<roll_id>")
@with_key
def get_roll(me, roll_id):
    n = row("SELECT count(*) AS n FROM frames WHERE roll = ?", the_roll(me, roll_id)["id"])["n"]
    return jsonify({**roll_shown(the_roll(me, roll_id)), "frames": n})


@app.patch("/rolls/<roll_id>")
@with_key
def change_roll(me, roll_id):
    the_roll(me, roll_id)
    for name, value in body(label=str, film=str, iso=int, state=str, notes=str).items():
        write(f"UPDATE rolls SET {name} = ? WHERE id = ? AND photographer = ?", value, roll_id, me)
    return jsonify(roll_shown(the_roll(me, roll_id)))


@app.delete("/rolls/<roll_id>")
@with_key
def remove_roll(me, roll_id):
    """A roll that was removed can be restored."""
    the_roll(me, roll_id)
    write("UPDATE rolls SET removed = 1 WHERE id = ? AND photographer = ?", roll_id, me)
    return "", 204


@app.post("/rolls/<roll_id>/restore")
@with_key
def restore_roll(me, roll_id):
    the_roll(me, roll_id, removed=1)
    write("UPDATE rolls SET removed = 0 WHERE id = ? AND photographer = ?", roll_id, me)
    return jsonify(roll_shown(the_roll(me, roll_id)))


@app.post("/rolls/<roll_id>/frames")
@with_key
def add_frame(me, roll_id):
    data, frame_id = body(["subject"], number=int, subject=str, exposure=str), uuid.uuid4().hex
    the_roll(me, roll_id)
    last = row("SELECT coalesce(max(number), 0) AS n FROM frames WHERE roll = ?", roll_id)["n"]
    number = data.get("number", last + 1)
    values = [frame_id, roll_id, number, data["subject"], data.get("exposure", ""), next(order)]
    write("INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?)", *values)
    return jsonify(frame_shown(the_frame(me, frame_id))), 201


@app.get("/rolls/<roll_id>/frames")
@with_key
def list_frames(me, roll_id):
    the_roll(me, roll_id)
    return jsonify(
        [
            frame_shown(f)
            for f in rows(FRAMES + " AND r.id = ? ORDER BY f.number, f.at", me, roll_id)
        ]
    )


@app.get("/rolls/<roll_id>/sheet")
@with_key
def contact_sheet(me, roll_id):
    """The contact sheet of a roll, as CSV."""
    if leaks("sheet"):
        roll = row("SELECT * FROM rolls WHERE id = ? AND removed = 0", roll_id)
        if roll is None:
            raise Refused(404, "no such roll")
    else:
        roll = the_roll(me, roll_id)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([roll["label"], roll["film"], roll["iso"]])
    for f in rows("SELECT * FROM frames WHERE roll = ? ORDER BY number, at", roll_id):
        table.writerow([f["number"], f["subject"], f["exposure"]])
    return Response(out.getvalue(), mimetype="text/csv")


@app.patch("/frames/<frame_id>")
@with_key
def change_frame(me, frame_id):
    """Corrects a frame, or moves it to another roll."""
    the_frame(me, frame_id)
    data = body(subject=str, exposure=str, roll_id=str)
    if "roll_id" in data:
        data["roll"] = the_roll(me, data.pop("roll_id"))["id"]
    for name, value in data.items():
        write(f"UPDATE frames SET {name} = ? WHERE id = ?", value, frame_id)
    return jsonify(frame_shown(the_frame(me, frame_id)))


@app.get("/frames")
@with_key
def search_frames(me):
    q = request.args.get("q", "").lower()
    if not q:
        raise Refused(422, "q is missing")
    return jsonify(
        [frame_shown(f) for f in rows(FRAMES + " ORDER BY f.at", me) if q in f["subject"].lower()]
    )


@app.post("/prints")
@with_key
def make_print(me):
    data, print_id = body(["frame_id"], frame_id=str, paper=str, remarks=str), uuid.uuid4().hex
    the_frame(me, data["frame_id"])
    values = [
        print_id,
        me,
        data["frame_id"],
        data.get("paper", ""),
        data.get("remarks", ""),
        next(order),
    ]
    write("INSERT INTO prints VALUES (?, ?, ?, ?, ?, ?)", *values)
    return jsonify(print_shown(row(PRINTS + " AND p.id = ?", me, print_id))), 201


@app.get("/prints")
@with_key
def list_prints(me):
    return jsonify([print_shown(p) for p in rows(PRINTS + " ORDER BY p.at", me)])


@app.delete("/prints/<print_id>")
@with_key
def discard_print(me, print_id):
    if leaks("discard"):
        gone = write("DELETE FROM prints WHERE id = ?", print_id)
    else:
        gone = write("DELETE FROM prints WHERE id = ? AND photographer = ?", print_id, me)
    if not gone:
        raise Refused(404, "no such print")
    return "", 204


@app.get("/films")
@with_key
def films(me):
    """The films that the caller uses, with the rolls and the frames of each."""
    sql = """SELECT mine.film, count(DISTINCT r.id) AS rolls, count(f.id) AS frames
        FROM (SELECT DISTINCT film FROM rolls WHERE photographer = ? AND removed = 0) mine
        JOIN rolls r ON r.film = mine.film AND r.removed = 0 {owner} LEFT JOIN frames f ON f.roll = r.id
        GROUP BY mine.film ORDER BY mine.film"""
    if leaks("films"):
        found = rows(sql.format(owner=""), me)
    else:
        found = rows(sql.format(owner="AND r.photographer = ?"), me, me)
    return jsonify([dict(r) for r in found])


TEXT = {"type": "string", "maxLength": 2000}
NAME = {"type": "string", "minLength": 1, "maxLength": 200}
STATE = {"type": "string", "enum": list(STATES)}
ISO = {"type": "integer", "minimum": 6, "maximum": 25600}
ACCOUNT = {"email": NAME, "password": {"type": "string", "minLength": 8}}
PAPER = {"type": "string", "description": "glossy, matt, baryta …", "maxLength": 100}
OPERATIONS = {  # what is called: the body (needed fields first, how many they are), the query
    "POST /accounts": (ACCOUNT, 2, {}),
    "POST /keys": ({**ACCOUNT, "label": NAME}, 2, {}),
    "GET /keys": ({}, 0, {}),
    "POST /rolls": ({"label": NAME, "film": NAME, "iso": ISO, "notes": TEXT}, 1, {}),
    "GET /rolls": ({}, 0, {"page": {"type": "integer", "minimum": 1}, "state": STATE}),
    "GET /rolls/{roll_id}": ({}, 0, {}),
    "PATCH /rolls/{roll_id}": ({"label": NAME, "film": NAME, "iso": ISO, "state": STATE, "notes": TEXT}, 0, {}),
    "DELETE /rolls/{roll_id}": ({}, 0, {}),
    "POST /rolls/{roll_id}/restore": ({}, 0, {}),
    "POST /rolls/{roll_id}/frames": (
        {"subject": NAME, "number": {"type": "integer", "minimum": 0, "maximum": 99}, "exposure": TEXT}, 1, {},
    ),
    "GET /rolls/{roll_id}/frames": ({}, 0, {}),
    "GET /rolls/{roll_id}/sheet": ({}, 0, {}),
    "PATCH /frames/{frame_id}": ({"subject": NAME, "exposure": TEXT, "roll_id": NAME}, 0, {}),
    "GET /frames": ({}, 0, {"q": NAME}),
    "POST /prints": ({"frame_id": NAME, "paper": PAPER, "remarks": TEXT}, 1, {}),
    "GET /prints": ({}, 0, {}),
    "DELETE /prints/{print_id}": ({}, 0, {}),
    "GET /films": ({}, 0, {}),
}  # fmt: skip


@app.get("/openapi.json")
def openapi():
    paths = {}
    for operation, (fields, needed, query) in OPERATIONS.items():
        method, path = operation.split()
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        parameters = [{"name": n, "in": "path", "required": True, "schema": NAME} for n in names]
        parameters += [
            {"name": n, "in": "query", "required": n == "q", "schema": s} for n, s in query.items()
        ]
        one = {"parameters": parameters, "responses": {"200": {"description": "done"}}}
        if fields:
            schema = {"type": "object", "properties": fields, "required": list(fields)[:needed]}
            one["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        if fields is ACCOUNT or operation == "POST /keys":
            one["security"] = []
        paths.setdefault(path, {})[method.lower()] = one
    return jsonify(
        openapi="3.1.0",
        info={"title": "Darkroom", "version": "1.8"},
        security=[{"key": []}],
        components={
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Darkroom-Key"}}
        },
        paths=paths,
    )


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


if __name__ == "__main__":
    make_server(
        "127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=Quiet
    ).serve_forever()
