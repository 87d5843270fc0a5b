"""Feature flags as a service: flags with rules, evaluation, a change log with undo. One file, one SQLite."""

import hashlib
import json
import os
import secrets
import sqlite3
import sys
import tempfile
import uuid
from functools import wraps

from flask import Flask, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

LEAKS = os.environ.get("LEAKS", "all")


def leaking(name):
    return LEAKS == "all" or name in [part.strip() for part in LEAKS.split(",")]


SCHEMA = """
CREATE TABLE accounts (id TEXT PRIMARY KEY, email TEXT UNIQUE, password TEXT);
CREATE TABLE api_keys (key TEXT PRIMARY KEY, account TEXT);
CREATE TABLE flags (account TEXT, key TEXT, description TEXT, enabled INTEGER, country TEXT, percentage INTEGER,
    archived INTEGER DEFAULT 0, at INTEGER, PRIMARY KEY (account, key));
CREATE TABLE changes (id TEXT PRIMARY KEY, account TEXT, flag TEXT, was TEXT, became TEXT, at INTEGER);
CREATE TABLE idempotency (account TEXT, key TEXT, answer TEXT, PRIMARY KEY (account, key));
CREATE TABLE usage (account TEXT, flag TEXT, served INTEGER, on_count INTEGER, PRIMARY KEY (account, flag));
"""
FIELDS = ("description", "enabled", "country", "percentage")
file = os.path.join(tempfile.mkdtemp(prefix="flagpole-"), "flags.db")
app = Flask(__name__)
evaluated = {}  # what was evaluated, until a flag changes: {key: (account, answer)}
count = iter(range(1, 1 << 62))  # the order of rows


def db():
    if "db" not in g:
        g.db = sqlite3.connect(file, timeout=20)
        g.db.row_factory = sqlite3.Row
    return g.db


@app.teardown_appcontext
def close(_):
    if "db" in g:
        g.db.close()


class Refused(Exception):
    pass


def refuse(status, message):
    raise Refused(status, message)


@app.errorhandler(Refused)
def refused(e):
    return jsonify(error=e.args[1]), e.args[0]


@app.errorhandler(HTTPException)
def http_error(e):
    return jsonify(error=e.name), e.code


def with_key(view):
    @wraps(view)
    def inner(*args, **kwargs):
        row = (
            db()
            .execute(
                "SELECT account FROM api_keys WHERE key = ?", [request.headers.get("X-API-Key")]
            )
            .fetchone()
        )
        if row is None:
            refuse(401, "X-API-Key is missing or not valid")
        return view(row["account"], *args, **kwargs)

    return inner


def body(**wanted):
    """The fields of the JSON body, each of its type; those whose wish is a tuple may be left out."""
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        refuse(400, "a JSON object is expected")
    out = {}
    for name, kind in wanted.items():
        optional = isinstance(kind, tuple)
        kind = kind[0] if optional else kind
        if name not in data or (optional and data[name] is None):
            if not optional:
                refuse(422, f"{name} is missing")
            continue
        if not isinstance(data[name], kind) or (kind is int and isinstance(data[name], bool)):
            refuse(422, f"{name} must be of type {kind.__name__}")
        out[name] = data[name]
    return out


def shown(row):
    return {"key": row["key"], **{f: row[f] for f in FIELDS}, "enabled": bool(row["enabled"])}


def the_flag(account, key, archived=0):
    row = (
        db()
        .execute(
            "SELECT * FROM flags WHERE account = ? AND key = ? AND archived = ?",
            [account, key, archived],
        )
        .fetchone()
    )
    return row or refuse(404, "no such flag")


def write(account, key, became, log=True):
    """Sets the fields of a flag, notes the change, and forgets what was evaluated before."""
    was = shown(the_flag(account, key))
    sets = ", ".join(f"{name} = ?" for name in became)
    db().execute(
        f"UPDATE flags SET {sets} WHERE account = ? AND key = ?", [*became.values(), account, key]
    )
    if log:
        old = {name: was[name] for name in became}
        row = [str(uuid.uuid4()), account, key, json.dumps(old), json.dumps(became), next(count)]
        db().execute("INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)", row)
    db().commit()
    forget(account)


def forget(account):
    for key in [k for k, (whose, _) in list(evaluated.items()) if whose == account]:
        evaluated.pop(key, None)


def hashed(email, password):
    return hashlib.pbkdf2_hmac(
        "sha256", password.encode(), f"flagpole:{email}".encode(), 1000
    ).hex()


def checked(fields):
    if not 0 <= fields.get("percentage", 0) <= 100:
        refuse(422, "percentage must be between 0 and 100")
    if len(fields.get("description", "")) > 2000 or len(fields.get("country", "")) > 2:
        refuse(422, "description has 2000 letters at most, country 2")
    return fields


@app.post("/accounts")
def create_account():
    data = body(email=str, password=str)
    try:
        account = str(uuid.uuid4())
        row = [account, data["email"], hashed(**data)]
        db().execute("INSERT INTO accounts VALUES (?, ?, ?)", row)
        db().commit()
    except sqlite3.IntegrityError:
        refuse(409, "this address has an account")
    return jsonify(account_id=account), 201


@app.post("/keys")
def issue_key():
    data = body(email=str, password=str)
    row = db().execute("SELECT * FROM accounts WHERE email = ?", [data["email"]]).fetchone()
    if row is None or row["password"] != hashed(**data):
        refuse(401, "wrong address or password")
    key = "fp_" + secrets.token_hex(20)
    db().execute("INSERT INTO api_keys VALUES (?, ?)", [key, row["id"]])
    db().commit()
    return jsonify(api_key=key, account_id=row["id"]), 201


@app.get("/flags")
@with_key
def list_flags(account):
    limit = min(max(request.args.get("limit", 20, int), 1), 100)
    after = request.args.get("after", 0, int)
    rows = (
        db()
        .execute(
            "SELECT * FROM flags WHERE account = ? AND archived = 0 ORDER BY at LIMIT ? OFFSET ?",
            [account, limit + 1, max(after, 0)],
        )
        .fetchall()
    )
    following = after + limit if len(rows) > limit else None
    return jsonify(flags=[shown(r) for r in rows[:limit]], next=following)


def insert(account, key, fields):
    if not key or len(key) > 80 or "/" in key:
        refuse(422, "key has 1 to 80 letters, and no slash")
    row = {"description": "", "enabled": False, "country": "", "percentage": 100, **fields}
    try:
        db().execute(
            "INSERT INTO flags (account, key, description, enabled, country, percentage, at) VALUES (?,?,?,?,?,?,?)",
            [account, key, *(row[f] for f in FIELDS), next(count)],
        )
    except sqlite3.IntegrityError:
        refuse(409, "a flag of this key is there, or archived")
    forget(account)


@app.post("/flags")
@with_key
def create_flag(account):
    """With Idempotency-Key, a repeated request is answered as the first was."""
    again = request.headers.get("Idempotency-Key")
    if again:
        if leaking("idempotency"):
            row = db().execute("SELECT answer FROM idempotency WHERE key = ?", [again]).fetchone()
        else:
            row = (
                db()
                .execute(
                    "SELECT answer FROM idempotency WHERE key = ? AND account = ?", [again, account]
                )
                .fetchone()
            )
        if row:
            return jsonify(json.loads(row["answer"])), 201
    data = body(key=str, description=(str,), enabled=(bool,), country=(str,), percentage=(int,))
    key = data.pop("key")
    insert(account, key, checked(data))
    answer = shown(the_flag(account, key))
    if again:
        db().execute(
            "INSERT INTO idempotency VALUES (?, ?, ?)", [account, again, json.dumps(answer)]
        )
    db().commit()
    return jsonify(answer), 201


@app.get("/flags/<key>")
@with_key
def get_flag(account, key):
    answer = jsonify(shown(the_flag(account, key)))
    answer.add_etag()
    return answer.make_conditional(request)


@app.patch("/flags/<key>")
@with_key
def change_flag(account, key):
    data = checked(body(description=(str,), enabled=(bool,), country=(str,), percentage=(int,)))
    the_flag(account, key)
    if data:
        write(account, key, data)
    return jsonify(shown(the_flag(account, key)))


@app.delete("/flags/<key>")
@with_key
def archive_flag(account, key):
    the_flag(account, key)
    db().execute("UPDATE flags SET archived = 1 WHERE account = ? AND key = ?", [account, key])
    db().commit()
    forget(account)
    return "", 204


@app.post("/flags/<key>/unarchive")
@with_key
def unarchive_flag(account, key):
    the_flag(account, key, archived=1)
    db().execute("UPDATE flags SET archived = 0 WHERE account = ? AND key = ?", [account, key])
    db().commit()
    forget(account)
    return jsonify(shown(the_flag(account, key)))


@app.get("/flags/<key>/usage")
@with_key
def usage(account, key):
    """How often a flag was evaluated, and was on."""
    the_flag(account, key)
    sql = "SELECT coalesce(sum(served), 0) AS served, coalesce(sum(on_count), 0) AS was_on FROM usage WHERE flag = ?"
    if leaking("usage"):
        row = db().execute(sql, [key]).fetchone()
    else:
        row = db().execute(sql + " AND account = ?", [key, account]).fetchone()
    return jsonify(key=key, served=row["served"], was_on=row["was_on"])


@app.post("/flags/bulk")
@with_key
def bulk(account):
    """Switches several flags at once, all of them or none."""
    data = body(keys=list, enabled=bool)
    keys = [key for key in data["keys"] if isinstance(key, str)][:100]
    for key in keys:
        the_flag(account, key)
    for key in keys:
        write(account, key, {"enabled": data["enabled"]})
    return jsonify(changed=len(keys))


@app.post("/evaluate")
@with_key
def evaluate(account):
    """Which flags are on for a visitor (of the caller's application) from a country."""
    data = body(visitor=str, country=(str,))
    context = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    cached = context if leaking("evaluate-cache") else f"{account}:{context}"
    _, answer = evaluated.get(cached, (None, None))
    if answer is None:
        answer = {}
        rows = db().execute(
            "SELECT * FROM flags WHERE account = ? AND archived = 0 ORDER BY at", [account]
        )
        for row in rows.fetchall():
            bucket = (
                int(hashlib.sha256(f"{row['key']}:{data['visitor']}".encode()).hexdigest(), 16)
                % 100
            )
            there = row["country"] in ("", data.get("country"))
            answer[row["key"]] = bool(row["enabled"]) and there and bucket < row["percentage"]
        evaluated[cached] = (account, answer)
    for key, on in answer.items():
        db().execute(
            "INSERT INTO usage VALUES (?, ?, 1, ?) ON CONFLICT (account, flag) DO UPDATE "
            "SET served = served + 1, on_count = on_count + excluded.on_count",
            [account, key, int(on)],
        )
    db().commit()
    return jsonify(flags=answer)


@app.get("/changes")
@with_key
def changes(account):
    """The log of changes, the latest first."""
    limit = min(max(request.args.get("limit", 20, int), 1), 100)
    rows = db().execute(
        "SELECT * FROM changes WHERE account = ? ORDER BY at DESC LIMIT ?", [account, limit]
    )
    return jsonify(
        [
            {
                "id": r["id"],
                "flag": r["flag"],
                "was": json.loads(r["was"]),
                "became": json.loads(r["became"]),
            }
            for r in rows.fetchall()
        ]
    )


@app.post("/changes/<change_id>/undo")
@with_key
def undo(account, change_id):
    """Sets the fields of a flag to what they were before a change."""
    row = db().execute("SELECT * FROM changes WHERE id = ?", [change_id]).fetchone()
    if row is None or (row["account"] != account and not leaking("undo")):
        refuse(404, "no such change")
    write(row["account"], row["flag"], json.loads(row["was"]), log=False)
    db().execute("DELETE FROM changes WHERE id = ?", [change_id])
    db().commit()
    return jsonify(shown(the_flag(row["account"], row["flag"])))


@app.get("/search")
@with_key
def search(account):
    q = request.args.get("q", "").lower() or refuse(400, "q is missing")
    rows = db().execute(
        "SELECT * FROM flags WHERE account = ? AND archived = 0 ORDER BY at", [account]
    )
    return jsonify(
        [shown(r) for r in rows.fetchall() if q in f"{r['key']} {r['description']}".lower()]
    )


@app.get("/export")
@with_key
def export(account):
    rows = db().execute(
        "SELECT * FROM flags WHERE account = ? AND archived = 0 ORDER BY at", [account]
    )
    answer = jsonify(flags=[shown(r) for r in rows.fetchall()])
    answer.headers["Content-Disposition"] = "attachment; filename=flags.json"
    return answer


@app.get("/openapi.json")
def openapi():
    return jsonify(json.loads(DOCUMENT))


def field(kind, **more):
    return {"type": kind, **more}


def operation(body=None, need=(), query=(), headers=(), key=True, status="200"):
    out = {"responses": {status: {"description": "done"}}, "parameters": []}
    out["parameters"] += [
        {"name": n, "in": "query", "schema": s, "required": n == "q"} for n, s in query
    ]
    out["parameters"] += [{"name": n, "in": "header", "schema": field("string")} for n in headers]
    if body:
        schema = {"type": "object", "properties": body, "required": list(need)}
        out["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if not key:
        out["security"] = []
    return out


def document():
    text, limit = (
        field("string", maxLength=2000),
        ("limit", field("integer", minimum=1, maximum=100)),
    )
    name = field("string", minLength=1, maxLength=80)
    fields = {
        "description": text,
        "enabled": field("boolean"),
        "country": field("string", maxLength=2, description="where it is on; empty for everywhere"),
        "percentage": field("integer", minimum=0, maximum=100),
    }
    account = {"email": field("string"), "password": field("string", minLength=6)}
    keys = field("array", items=name, minItems=1, maxItems=100)
    paths = {
        "/accounts": {"post": operation(account, account, key=False, status="201")},
        "/keys": {"post": operation(account, account, key=False, status="201")},
        "/flags": {
            "get": operation(query=[limit, ("after", field("integer", minimum=0))]),
            "post": operation(
                {"key": name, **fields}, ["key"], headers=["Idempotency-Key"], status="201"
            ),
        },
        "/flags/bulk": {
            "post": operation({"keys": keys, "enabled": field("boolean")}, ["keys", "enabled"])
        },
        "/flags/{key}": {
            "get": operation(),
            "patch": operation(fields),
            "delete": operation(status="204"),
        },
        "/flags/{key}/unarchive": {"post": operation()},
        "/flags/{key}/usage": {"get": operation()},
        "/evaluate": {
            "post": operation({"visitor": name, "country": fields["country"]}, ["visitor"])
        },
        "/changes": {"get": operation(query=[limit])},
        "/changes/{change_id}/undo": {"post": operation()},
        "/search": {"get": operation(query=[("q", field("string", minLength=1))])},
        "/export": {"get": operation()},
    }
    for path, methods in paths.items():
        for part in [p[1:-1] for p in path.split("/") if p.startswith("{")]:
            for one in methods.values():
                one["parameters"].append(
                    {"name": part, "in": "path", "required": True, "schema": field("string")}
                )
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Flagpole", "version": "3"},
        "components": {"securitySchemes": schemes},
        "security": [{"key": []}],
        "paths": paths,
    }


DOCUMENT = json.dumps(document())

if __name__ == "__main__":
    sqlite3.connect(file).executescript(SCHEMA)
    make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True).serve_forever()
