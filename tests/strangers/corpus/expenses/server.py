"""Expense claims: employees file claims with lines and receipts, submit them and get reports."""

import csv
import io
import os
import secrets
import sqlite3
import sys
import tempfile
from functools import wraps

from flask import Flask, Response, g, jsonify, request, session

LEAKS = set(os.environ.get("LEAKS", "all").split(","))
if "all" in LEAKS:
    LEAKS = {"receipt-by-name", "line-moves", "category-totals", "vendor-suggest"}

app = Flask(__name__)
app.secret_key = secrets.token_bytes(24)
DB_FILE = os.path.join(tempfile.mkdtemp(prefix="expenses-"), "claims.sqlite3")

STAFF = {
    "ines@corp.example": ("marigold-7", "Ines"),
    "jonas@corp.example": ("thistle-3", "Jonas"),
    "katya@corp.example": ("foxglove-9", "Katya"),
}
CATEGORIES = ["travel", "meals", "lodging", "equipment", "other"]


def db():
    if "db" not in g:
        g.db = sqlite3.connect(DB_FILE, timeout=10)
        g.db.row_factory = sqlite3.Row
    return g.db


@app.teardown_appcontext
def close_db(_error):
    if "db" in g:
        g.pop("db").close()


with sqlite3.connect(DB_FILE) as first:
    first.executescript(
        """
        create table claim (employee text, number integer, purpose text, status text,
                            primary key (employee, number));
        create table line (id text primary key, employee text, claim integer, vendor text,
                           category text, cents integer, day text);
        create table receipt (name text primary key, employee text, claim integer, content text);
        """
    )


def problem(code, text):
    return jsonify(error={"code": code, "message": text}), code


def employee_only(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if "email" not in session:
            return problem(401, "please log in")
        return view(session["email"], *args, **kwargs)

    return inner


def claim_row(me, number):
    return (
        db()
        .execute("select * from claim where employee = ? and number = ?", (me, number))
        .fetchone()
    )


def claim_json(row):
    lines = db().execute(
        "select id, vendor, category, cents, day from line where employee = ? and claim = ?"
        " order by day, id",
        (row["employee"], row["number"]),
    )
    lines = [dict(each) for each in lines]
    return {
        "number": row["number"],
        "purpose": row["purpose"],
        "status": row["status"],
        "lines": lines,
        "total_cents": sum(each["cents"] for each in lines),
    }


@app.post("/login")
def login():
    email = request.form.get("email", "").strip().lower()
    known = STAFF.get(email)
    if known is None or known[0] != request.form.get("password"):
        return problem(401, "wrong e-mail or password")
    session["email"] = email
    return jsonify(name=known[1])


@app.post("/logout")
def logout():
    session.clear()
    return "", 204


@app.post("/claims")
@employee_only
def file_claim(me):
    purpose = str((request.get_json(silent=True) or {}).get("purpose", "")).strip()
    if not purpose:
        return problem(400, "purpose is needed")
    last = db().execute("select max(number) from claim where employee = ?", (me,)).fetchone()[0]
    number = (last or 0) + 1
    db().execute("insert into claim values (?, ?, ?, 'draft')", (me, number, purpose))
    db().commit()
    return jsonify(claim=claim_json(claim_row(me, number))), 201


@app.get("/claims")
@employee_only
def my_claims(me):
    rows = db().execute("select * from claim where employee = ? order by number", (me,)).fetchall()
    return jsonify(claims=[claim_json(row) for row in rows])


@app.get("/claims/<int:number>")
@employee_only
def one_claim(me, number):
    row = claim_row(me, number)
    return jsonify(claim=claim_json(row)) if row else problem(404, "no such claim")


@app.delete("/claims/<int:number>")
@employee_only
def drop_claim(me, number):
    row = claim_row(me, number)
    if row is None:
        return problem(404, "no such claim")
    for table, column in (("receipt", "claim"), ("line", "claim"), ("claim", "number")):
        db().execute(f"delete from {table} where employee = ? and {column} = ?", (me, number))
    db().commit()
    return "", 204


@app.post("/claims/<int:number>/submit")
@employee_only
def submit(me, number):
    row = claim_row(me, number)
    if row is None:
        return problem(404, "no such claim")
    if row["status"] != "draft":
        return problem(409, "this claim was submitted already")
    db().execute(
        "update claim set status = 'submitted' where employee = ? and number = ?", (me, number)
    )
    db().commit()
    return jsonify(claim=claim_json(claim_row(me, number)))


def line_problem(given):
    if given.get("category") not in CATEGORIES:
        return "category is one of " + ", ".join(CATEGORIES)
    if not isinstance(given.get("cents"), int) or given["cents"] <= 0:
        return "cents is a positive whole number"
    if not str(given.get("vendor", "")).strip():
        return "vendor is needed"
    return None


@app.post("/claims/<int:number>/lines")
@employee_only
def add_line(me, number):
    given = request.get_json(silent=True) or {}
    wrong = line_problem(given)
    if wrong:
        return problem(400, wrong)
    if claim_row(me, number) is None:
        return problem(404, "no such claim")
    line_id = secrets.token_hex(5)
    values = (line_id, me, number, given["vendor"], given["category"], given["cents"])
    db().execute("insert into line values (?, ?, ?, ?, ?, ?, ?)", (*values, given.get("day", "")))
    db().commit()
    return jsonify(line={"id": line_id}, claim=claim_json(claim_row(me, number))), 201


@app.post("/lines/<line_id>/move")
@employee_only
def move_line(me, line_id):
    """Moves a line into another of the employee's claims."""
    to = (request.get_json(silent=True) or {}).get("claim")
    if not isinstance(to, int) or claim_row(me, to) is None:
        return problem(404, "no such claim")
    where, values = "id = ?", [line_id]
    if "line-moves" not in LEAKS:
        where, values = "id = ? and employee = ?", [line_id, me]
    moved = db().execute(
        f"update line set claim = ?, employee = ? where {where}", [to, me, *values]
    )
    db().commit()
    if not moved.rowcount:
        return problem(404, "no such line")
    return jsonify(claim=claim_json(claim_row(me, to)))


@app.post("/claims/<int:number>/receipts")
@employee_only
def attach(me, number):
    given = request.get_json(silent=True) or {}
    content = str(given.get("content", ""))
    if not content:
        return problem(400, "content is needed")
    if claim_row(me, number) is None:
        return problem(404, "no such claim")
    have = db().execute(
        "select count(*) from receipt where employee = ? and claim = ?", (me, number)
    )
    name = f"{me.split('@')[0]}-{number}-{have.fetchone()[0] + 1}.txt"
    db().execute("insert into receipt values (?, ?, ?, ?)", (name, me, number, content))
    db().commit()
    return jsonify(name=name, url=f"/receipts/{name}"), 201


@app.get("/receipts/<name>")
@employee_only
def receipt(me, name):
    row = db().execute("select * from receipt where name = ?", (name,)).fetchone()
    if row is None or (row["employee"] != me and "receipt-by-name" not in LEAKS):
        return problem(404, "no such receipt")
    return Response(row["content"], mimetype="text/plain")


@app.get("/reports/categories")
@employee_only
def by_category(me):
    """The employee's spending by category."""
    rows = db().execute(
        "select category, sum(cents) as cents from line where employee = ? or ? group by category",
        (me, "category-totals" in LEAKS),
    )
    spent = {row["category"]: row["cents"] for row in rows}
    return jsonify({category: spent.get(category, 0) for category in CATEGORIES})


@app.get("/vendors")
@employee_only
def vendors(me):
    """Completes the name of a vendor from earlier lines."""
    typed = request.args.get("q", "")
    if not typed:
        return problem(400, "q is needed")
    rows = db().execute(
        "select distinct vendor from line where vendor like ? and (employee = ? or ?)"
        " order by vendor limit 10",
        (typed.replace("%", "") + "%", me, "vendor-suggest" in LEAKS),
    )
    return jsonify([row["vendor"] for row in rows])


@app.get("/reports/claims.csv")
@employee_only
def as_csv(me):
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["claim", "purpose", "day", "vendor", "category", "cents"])
    for row in db().execute(
        "select claim, purpose, day, vendor, category, cents from line join claim"
        " on claim.employee = line.employee and claim.number = line.claim"
        " where line.employee = ? order by claim, day",
        (me,),
    ):
        sheet.writerow(list(row))
    return Response(out.getvalue(), mimetype="text/csv")


def operation(summary, path=(), query=(), body=None, form=False, ok="200"):
    parameters = [
        {
            "name": name,
            "in": place,
            "required": True,
            "schema": {"type": "integer" if name == "number" else "string"},
        }
        for place, names in (("path", path), ("query", query))
        for name in names
    ]
    described = {
        "summary": summary,
        "parameters": parameters,
        "responses": {ok: {"description": "ok"}},
    }
    if body:
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        schema = {"type": "object", "properties": body, "required": [n for n in body if n != "day"]}
        described["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
    return described


STRING, NUMBER = {"type": "string"}, {"type": "integer", "minimum": 1}
LINE = {
    "vendor": STRING,
    "category": {"type": "string", "enum": CATEGORIES},
    "cents": NUMBER,
    "day": {"type": "string", "format": "date"},
}
WHICH = ("number",)


@app.get("/openapi.json")
def openapi():
    credentials = {"email": STRING, "password": STRING}
    paths = {
        "/login": {"post": operation("Log in", body=credentials, form=True)},
        "/logout": {"post": operation("Log out", ok="204")},
        "/claims": {
            "get": operation("My claims"),
            "post": operation("File a claim", body={"purpose": STRING}, ok="201"),
        },
        "/claims/{number}": {
            "get": operation("One claim", WHICH),
            "delete": operation("Drop a claim", WHICH, ok="204"),
        },
        "/claims/{number}/submit": {"post": operation("Submit", WHICH)},
        "/claims/{number}/lines": {"post": operation("Add a line", WHICH, body=LINE, ok="201")},
        "/lines/{line_id}/move": {
            "post": operation("Move a line to a claim", ("line_id",), body={"claim": NUMBER})
        },
        "/claims/{number}/receipts": {
            "post": operation("Attach a receipt", WHICH, body={"content": STRING}, ok="201")
        },
        "/receipts/{name}": {"get": operation("Read a receipt", ("name",))},
        "/reports/categories": {"get": operation("Spending by category")},
        "/reports/claims.csv": {"get": operation("All lines as CSV")},
        "/vendors": {"get": operation("Complete a vendor", query=("q",))},
    }
    return jsonify(openapi="3.0.3", info={"title": "Expenses", "version": "3"}, paths=paths)


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
