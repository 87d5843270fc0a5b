"""Invoices with lines: Flask over SQLite, a number series for each user, row numbers for all."""

import sqlite3
import sys
from datetime import UTC, datetime

from flask import Flask, abort, g, jsonify, request

app = Flask(__name__)
FILE = f"{sys.argv[2]}/invoices.db"
SCHEMA = """
CREATE TABLE IF NOT EXISTS invoice (id INTEGER PRIMARY KEY AUTOINCREMENT, issuer TEXT NOT NULL,
  number TEXT NOT NULL, customer TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'draft',
  updated_at TEXT NOT NULL, UNIQUE (issuer, number));
CREATE TABLE IF NOT EXISTS line (id INTEGER PRIMARY KEY, invoice INTEGER NOT NULL
  REFERENCES invoice (id) ON DELETE CASCADE, text TEXT NOT NULL, cents INTEGER NOT NULL);
"""


def db() -> sqlite3.Connection:
    """Return this request's connection."""
    if "db" not in g:
        g.db = sqlite3.connect(FILE, timeout=20)
        g.db.row_factory = sqlite3.Row
        g.db.execute("PRAGMA foreign_keys = ON")
    return g.db


@app.teardown_appcontext
def close(_: object) -> None:
    """Close it."""
    if "db" in g:
        g.pop("db").close()


@app.errorhandler(400)
@app.errorhandler(401)
@app.errorhandler(404)
@app.errorhandler(409)
def failed(error: object) -> object:
    """Say what is wrong, and when."""
    when = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S.%f")
    return jsonify(error=f"[{when}] {error.description}"), error.code


@app.before_request
def authenticate() -> None:
    """Look at the token."""
    if request.path == "/openapi.json":
        return
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not (token.startswith("inv_") and token.endswith("_83ad")):
        abort(401, "sign in first")
    g.user = token[4:-5]


def now() -> str:
    """Return the time."""
    return datetime.now(UTC).isoformat()


def invoice_of(invoice_id: int) -> sqlite3.Row:
    """Return one's own invoice."""
    row = (
        db()
        .execute("SELECT * FROM invoice WHERE id = ? AND issuer = ?", (invoice_id, g.user))
        .fetchone()
    )
    if row is None:
        abort(404, "no such invoice")
    return row


def shown(row: sqlite3.Row) -> dict[str, object]:
    """Return an invoice with its lines."""
    lines = db().execute(
        "SELECT id, text, cents FROM line WHERE invoice = ? ORDER BY id", (row["id"],)
    )
    found = {name: row[name] for name in ("id", "number", "customer", "state", "updated_at")}
    return {**found, "lines": [dict(each) for each in lines]}


def text_of(name: str) -> str:
    """Return a text of the body."""
    value = (request.get_json(silent=True) or {}).get(name)
    if not isinstance(value, str) or not value:
        abort(400, f"{name} must be a text")
    return value


@app.post("/invoices")
def issue() -> object:
    """Make a draft with the next number of one's own series."""
    customer = text_of("customer")
    with db():
        last = (
            db()
            .execute(
                "SELECT COALESCE(MAX(CAST(substr(number, 6) AS INTEGER)), 0) FROM invoice"
                " WHERE issuer = ?",
                (g.user,),
            )
            .fetchone()[0]
        )
        made = db().execute(
            "INSERT INTO invoice (issuer, number, customer, updated_at) VALUES (?, ?, ?, ?)",
            (g.user, f"2026-{last + 1:04d}", customer, now()),
        )
    return jsonify(shown(invoice_of(made.lastrowid))), 201


@app.get("/invoices")
def overview() -> object:
    """List one's own, without lines."""
    rows = db().execute(
        "SELECT id, number, customer, state FROM invoice WHERE issuer = ? ORDER BY id", (g.user,)
    )
    return jsonify(invoices=[dict(each) for each in rows])


@app.get("/invoices/<int:invoice_id>")
def view(invoice_id: int) -> object:
    """Show one."""
    return jsonify(shown(invoice_of(invoice_id)))


@app.post("/invoices/<int:invoice_id>/lines")
def add_line(invoice_id: int) -> object:
    """Add a line."""
    invoice_of(invoice_id)
    cents = (request.get_json(silent=True) or {}).get("cents", 100)
    if not isinstance(cents, int) or isinstance(cents, bool) or not 0 < cents < 10**9:
        abort(400, "cents must be a number")
    with db():
        made = db().execute(
            "INSERT INTO line (invoice, text, cents) VALUES (?, ?, ?)",
            (invoice_id, text_of("text"), cents),
        )
        db().execute("UPDATE invoice SET updated_at = ? WHERE id = ?", (now(), invoice_id))
    return jsonify(line_id=made.lastrowid, invoice=shown(invoice_of(invoice_id))), 201


@app.delete("/invoices/<int:invoice_id>/lines/<int:line_id>")
def drop_line(invoice_id: int, line_id: int) -> object:
    """Delete a line."""
    invoice_of(invoice_id)
    with db():
        gone = db().execute("DELETE FROM line WHERE id = ? AND invoice = ?", (line_id, invoice_id))
    if not gone.rowcount:
        abort(404, "no such line")
    return jsonify(shown(invoice_of(invoice_id)))


@app.post("/invoices/<int:invoice_id>/send")
def send(invoice_id: int) -> object:
    """Send a draft."""
    if invoice_of(invoice_id)["state"] == "sent":
        abort(409, "it has been sent")
    with db():
        db().execute(
            "UPDATE invoice SET state = 'sent', updated_at = ? WHERE id = ?", (now(), invoice_id)
        )
    return jsonify(shown(invoice_of(invoice_id)))


@app.delete("/invoices/<int:invoice_id>")
def discard(invoice_id: int) -> object:
    """Delete one."""
    invoice_of(invoice_id)
    with db():
        db().execute("DELETE FROM invoice WHERE id = ?", (invoice_id,))
    return "", 204


@app.get("/openapi.json")
def document() -> object:
    """Describe the API."""
    number = {"type": "integer"}

    def path(name: str) -> dict[str, object]:
        return {"name": name, "in": "path", "required": True, "schema": number}

    def body(**properties: object) -> dict[str, object]:
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        return {"required": True, "content": {"application/json": {"schema": schema}}}

    done = {"responses": {"200": {"description": "done"}}}
    text = {"type": "string", "maxLength": 200}
    one, line = path("invoice_id"), path("line_id")
    return {
        "openapi": "3.0.3",
        "info": {"title": "invoices", "version": "1"},
        "paths": {
            "/invoices": {
                "post": {**done, "requestBody": body(customer=text)},
                "get": done,
            },
            "/invoices/{invoice_id}": {"parameters": [one], "get": done, "delete": done},
            "/invoices/{invoice_id}/send": {"parameters": [one], "post": done},
            "/invoices/{invoice_id}/lines": {
                "parameters": [one],
                "post": {**done, "requestBody": body(text=text, cents={**number, "minimum": 1})},
            },
            "/invoices/{invoice_id}/lines/{line_id}": {
                "parameters": [one, line],
                "delete": done,
            },
        },
    }


with sqlite3.connect(FILE) as setup:
    setup.executescript(SCHEMA)
app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
