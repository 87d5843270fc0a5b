"""Flats that small landlords let: units, payments of rent, documents; Flask with a login form."""

import os
import re
import secrets
import signal
import sqlite3
import sys
import tempfile
from functools import wraps
from pathlib import Path

from apispec import UNIT_FIELDS, document
from flask import Flask, g, jsonify, make_response, redirect, request, session
from werkzeug.security import check_password_hash, generate_password_hash

LEAKS = os.environ.get("LEAKS", "all")
LEAKS = (
    {"archive-first-only", "shared-documents", "forbidden-or-missing", "overdue-total"}
    if LEAKS == "all"
    else set(filter(None, LEAKS.split(",")))
)

app = Flask(__name__)
app.config.update(SECRET_KEY=secrets.token_bytes(24), SESSION_COOKIE_NAME="lettings_session")
app.json.sort_keys = False

DATA = tempfile.TemporaryDirectory(prefix="lettings-")
DB_FILE = Path(DATA.name) / "lettings.sqlite3"
UPLOADS = Path(DATA.name) / "documents"
UPLOADS.mkdir()

LANDLORDS = {
    login: generate_password_hash(password, method="pbkdf2:sha256:1000")
    for login, password in {
        "hartmann": "roof-and-wall",
        "oyelaran": "blue-door-22",
        "petrov": "third-floor",
        "quispe": "garden-flat",
    }.items()
}

SCHEMA = """
CREATE TABLE unit (code TEXT PRIMARY KEY, landlord TEXT NOT NULL, address TEXT NOT NULL,
                   tenant TEXT, rent INTEGER NOT NULL, archived INTEGER NOT NULL DEFAULT 0);
CREATE TABLE payment (unit TEXT NOT NULL, no INTEGER NOT NULL, month TEXT NOT NULL,
                      amount INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (unit, no));
CREATE TABLE doc (landlord TEXT NOT NULL, filename TEXT NOT NULL, stored TEXT NOT NULL,
                  PRIMARY KEY (landlord, filename));
"""


def db():
    if "db" not in g:
        g.db = sqlite3.connect(DB_FILE, timeout=20, isolation_level=None)
        g.db.row_factory = sqlite3.Row
        g.db.execute("PRAGMA synchronous=OFF")
    return g.db


@app.teardown_appcontext
def close_db(_error):
    if "db" in g:
        g.pop("db").close()


def problem(status, text):
    return make_response(jsonify({"status": status, "error": text}), status)


def landlord_only(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        g.landlord = session.get("landlord")
        if g.landlord is None:
            return problem(401, "please log in")
        return view(*args, **kwargs)

    return guarded


@app.get("/openapi.json")
def openapi():
    return jsonify(document())


@app.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return (
            "<form method=post><input name=login><input name=password type=password>"
            "<button>Log in</button></form>"
        )
    known = LANDLORDS.get(request.form.get("login", ""))
    if known is None or not check_password_hash(known, request.form.get("password", "")):
        return problem(401, "wrong login or password")
    session["landlord"] = request.form["login"]
    return redirect("/")


@app.post("/logout")
def logout():
    session.clear()
    return redirect("/login")


@app.get("/")
@landlord_only
def dashboard():
    q = "SELECT count(*), coalesce(sum(rent), 0) FROM unit WHERE landlord = ? AND archived = 0"
    units, rent = db().execute(q, [g.landlord]).fetchone()
    q = "SELECT count(*) FROM payment p JOIN unit u ON u.code = p.unit WHERE p.state = 'overdue'"
    if "overdue-total" in LEAKS:
        overdue = db().execute(q).fetchone()[0]
    else:
        overdue = db().execute(q + " AND u.landlord = ?", [g.landlord]).fetchone()[0]
    return jsonify(landlord=g.landlord, units=units, monthly_rent=rent, overdue_payments=overdue)


def shown(row):
    return {
        "code": row["code"],
        "address": row["address"],
        "tenant": row["tenant"],
        "rent": row["rent"],
        "archived": bool(row["archived"]),
    }


def checked_unit(given, partial=False):
    """The fields of a unit that were sent, or a text on what is wrong with them."""
    fields = {}
    for name, kind in UNIT_FIELDS.items():
        if name not in given:
            if name != "tenant" and not partial:
                return f"{name} is required"
            continue
        value = given[name]
        if kind == "integer" and (not isinstance(value, int) or not 0 < value < 1_000_000):
            return f"{name} must be a number of euros"
        if kind == "string" and (not isinstance(value, str) or not 0 < len(value.strip()) <= 200):
            return f"{name} must be a text of up to 200 characters"
        fields[name] = value
    return fields


def unit_of(code):
    """The caller's unit and no error, or no unit and the error."""
    row = db().execute("SELECT * FROM unit WHERE code = ?", [code]).fetchone()
    if row is None or row["landlord"] != g.landlord:
        return None, problem(404, f"no unit {code}")
    return row, None


@app.get("/api/units")
@landlord_only
def units():
    archived = request.args.get("archived", "no")
    if archived not in ("yes", "no", "any"):
        return problem(400, "archived is yes, no or any")
    q = "SELECT * FROM unit WHERE landlord = ?"
    if archived != "any":
        q += f" AND archived = {int(archived == 'yes')}"
    rows = db().execute(q + " ORDER BY address, code", [g.landlord]).fetchall()
    return jsonify(units=[shown(row) for row in rows])


@app.post("/api/units")
@landlord_only
def add_unit():
    fields = checked_unit(request.get_json(silent=True) or {})
    if isinstance(fields, str):
        return problem(422, fields)
    code = "U-" + "".join(secrets.choice("23456789BCDFGHJKMNPQRSTVWXZ") for _ in range(7))
    db().execute(
        "INSERT INTO unit (code, landlord, address, tenant, rent) VALUES (?, ?, ?, ?, ?)",
        [code, g.landlord, fields["address"], fields.get("tenant"), fields["rent"]],
    )
    return jsonify(shown(unit_of(code)[0])), 201


@app.get("/api/units/<code>")
@landlord_only
def unit(code):
    row, error = unit_of(code)
    return error or jsonify(shown(row))


@app.patch("/api/units/<code>")
@landlord_only
def change_unit(code):
    row, error = unit_of(code)
    if error:
        return error
    fields = checked_unit(request.get_json(silent=True) or {}, partial=True)
    if isinstance(fields, str):
        return problem(422, fields)
    for name, value in fields.items():
        db().execute(f"UPDATE unit SET {name} = ? WHERE code = ?", [value, code])
    return jsonify(shown(unit_of(row["code"])[0]))


@app.delete("/api/units/<code>")
@landlord_only
def delete_unit(code):
    _, error = unit_of(code)
    if error:
        return error
    db().execute("DELETE FROM payment WHERE unit = ?", [code])
    db().execute("DELETE FROM unit WHERE code = ?", [code])
    return "", 204


@app.post("/api/units/archive")
@landlord_only
def archive():
    codes = (request.get_json(silent=True) or {}).get("codes")
    if not isinstance(codes, list) or not codes or not all(isinstance(c, str) for c in codes):
        return problem(422, "codes must be a list of codes of units")
    for code in codes[:1] if "archive-first-only" in LEAKS else codes:
        _, error = unit_of(code)
        if error:
            return error
    marks = ",".join("?" * len(codes))
    db().execute(f"UPDATE unit SET archived = 1 WHERE code IN ({marks})", codes)
    return jsonify(archived=len(codes))


@app.get("/api/units/<code>/payments")
@landlord_only
def payments(code):
    row, error = unit_of(code)
    if error and "forbidden-or-missing" in LEAKS:
        known = db().execute("SELECT 1 FROM unit WHERE code = ?", [code]).fetchone()
        return problem(403, f"not allowed to see unit {code}") if known else error
    if error:
        return error
    found = db().execute("SELECT * FROM payment WHERE unit = ? ORDER BY no", [row["code"]])
    paid = [{key: p[key] for key in ("no", "month", "amount", "state")} for p in found]
    return jsonify(unit=code, payments=paid, received=sum(p["amount"] for p in paid))


@app.post("/api/units/<code>/payments")
@landlord_only
def book_payment(code):
    row, error = unit_of(code)
    if error:
        return error
    given = request.get_json(silent=True) or {}
    month, amount = str(given.get("month")), given.get("amount")
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        return problem(422, "month must be written YYYY-MM")
    if not isinstance(amount, int) or amount < 0 or amount > 1_000_000:
        return problem(422, "amount must be a number of euros")
    state = "overdue" if amount < row["rent"] else "paid"
    db().execute(
        "INSERT INTO payment SELECT ?, coalesce(max(no), 0) + 1, ?, ?, ?"
        " FROM payment WHERE unit = ?",
        [code, month, amount, state, code],
    )
    return jsonify(month=month, amount=amount, state=state), 201


@app.get("/api/documents")
@landlord_only
def documents():
    rows = db().execute(
        "SELECT filename FROM doc WHERE landlord = ? ORDER BY filename", [g.landlord]
    )
    return jsonify([row["filename"] for row in rows])


@app.put("/api/documents/<filename>")
@landlord_only
def put_document(filename):
    if not re.fullmatch(r"[\w-]{1,60}\.(txt|md|csv)", filename):
        return problem(422, "a filename has letters, digits, - and _ and ends in .txt, .md or .csv")
    content = request.get_data()
    if len(content) > 200_000:
        return problem(413, "documents have 200 kB at most")
    stored = f"{secrets.token_hex(8)}-{filename}"
    (UPLOADS / stored).write_bytes(content)
    db().execute("INSERT OR REPLACE INTO doc VALUES (?, ?, ?)", [g.landlord, filename, stored])
    return jsonify(filename=filename, size=len(content))


def stored_document(filename):
    q = "SELECT stored FROM doc WHERE filename = ? AND landlord = ?"
    row = db().execute(q, [filename, g.landlord]).fetchone()
    if row is None and "shared-documents" in LEAKS:
        row = db().execute("SELECT stored FROM doc WHERE filename = ?", [filename]).fetchone()
    return row and UPLOADS / row["stored"]


@app.get("/api/documents/<filename>")
@landlord_only
def get_document(filename):
    path = stored_document(filename)
    if path is None:
        return problem(404, f"no document {filename}")
    return path.read_bytes(), 200, {"Content-Type": "text/plain; charset=utf-8"}


@app.delete("/api/documents/<filename>")
@landlord_only
def delete_document(filename):
    q = "DELETE FROM doc WHERE filename = ? AND landlord = ?"
    if not db().execute(q, [filename, g.landlord]).rowcount:
        return problem(404, f"no document {filename}")
    return "", 204


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with app.app_context():
        db().execute("PRAGMA journal_mode=WAL")
        db().executescript(SCHEMA)
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
