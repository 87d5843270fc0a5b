# Kitty - a small expense tracker. Session login, JSON in and out, CSV export and import.
import csv
import io
import os
import sqlite3
import sys
import tempfile
import threading
from functools import wraps

from flask import Flask, Response, g, jsonify, request, session
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
app.secret_key = os.urandom(32)
app.json.sort_keys = False
DB = os.path.join(tempfile.mkdtemp(), "kitty.sqlite")
_leaks = os.environ.get("LEAKS", "all")
LEAKS = None if _leaks == "all" else set(_leaks.split(","))
SCHEMA = """
create table users (id integer primary key, email text unique, hash text);
create table expenses (id integer primary key, user_id int, day text, payee text, cents int,
                       category text, reference text, deleted_at real);
create table categories (user_id int, name text, budget int default 0, unique (user_id, name));
"""
SPEC = {
    "openapi": "3.0.3",
    "info": {"title": "Kitty", "version": "0.9"},
    "paths": {},
    "components": {
        "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "session"}}
    },
}


def on(leak):
    return LEAKS is None or leak in LEAKS


def db():
    if "db" not in g:
        g.db = sqlite3.connect(DB, isolation_level=None, timeout=10)
        g.db.row_factory = sqlite3.Row
    return g.db


@app.teardown_appcontext
def close(_):
    if "db" in g:
        g.pop("db").close()


class Problem(Exception):
    def __init__(self, code, text):
        self.code, self.text = code, text


@app.errorhandler(Problem)
def problem(e):
    return jsonify(error=e.text), e.code


def api(method, path, body=None, query=(), public=False, needs=()):
    """Route + entry in the OpenAPI document."""

    def wrap(f):
        op = {
            "summary": (f.__doc__ or f.__name__).strip(),
            "operationId": f.__name__,
            "parameters": [],
            "responses": {"200": {"description": "ok"}},
        }
        for part in path.split("/"):
            if part.startswith("<"):
                kind, name = part[1:-1].split(":")
                op["parameters"].append(
                    {
                        "name": name,
                        "in": "path",
                        "required": True,
                        "schema": {"type": {"int": "integer"}.get(kind, kind)},
                    }
                )
        for name, kind in dict(query).items():
            op["parameters"].append({"name": name, "in": "query", "schema": {"type": kind}})
        if body:
            op["requestBody"] = {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": list(needs or body),
                            "properties": {
                                k: v if isinstance(v, dict) else {"type": v}
                                for k, v in body.items()
                            },
                        }
                    }
                },
            }
        if not public:
            op["security"] = [{"session": []}]
        doc = path.replace("<int:", "{").replace("<string:", "{").replace(">", "}")
        SPEC["paths"].setdefault(doc, {})[method.lower()] = op

        @wraps(f)
        def view(**kw):
            if not public and "uid" not in session:
                raise Problem(401, "please log in")
            data = request.get_json(silent=True) or {}
            for name in needs or body or {}:
                if name not in data:
                    raise Problem(400, f"{name} is missing")
            return f(data, **kw) if body else f(**kw)

        app.add_url_rule(path, f.__name__, view, methods=[method])
        return view

    return wrap


def mine(expense_id, deleted=False):
    row = (
        db()
        .execute(
            "select * from expenses where id=? and user_id=? and (deleted_at is not null)=?",
            (expense_id, session["uid"], deleted),
        )
        .fetchone()
    )
    if row is None:
        raise Problem(404, "no such expense")
    return row


def shown(row):
    return {k: row[k] for k in ("id", "day", "payee", "cents", "category", "reference")}


def ensure(category):
    db().execute(
        "insert or ignore into categories (user_id, name) values (?, ?)", (session["uid"], category)
    )


@api("POST", "/api/register", {"email": "string", "password": "string"}, public=True)
def register(data):
    try:
        cur = db().execute(
            "insert into users (email, hash) values (?, ?)",
            (data["email"], generate_password_hash(data["password"], "pbkdf2:sha256:1000")),
        )
    except sqlite3.IntegrityError:
        raise Problem(409, "this address has an account")
    return {"id": cur.lastrowid, "email": data["email"]}, 201


@api("POST", "/api/login", {"email": "string", "password": "string"}, public=True)
def login(data):
    row = db().execute("select * from users where email=?", (data["email"],)).fetchone()
    if row is None or not check_password_hash(row["hash"], data["password"]):
        raise Problem(401, "wrong address or password")
    session.clear()
    session["uid"] = row["id"]
    return {"id": row["id"], "email": row["email"]}


@api("POST", "/api/logout")
def logout():
    session.clear()
    return {"ok": True}


@api("GET", "/api/me")
def me():
    row = db().execute("select id, email from users where id=?", (session["uid"],)).fetchone()
    return dict(row)


@api("GET", "/api/expenses", query={"category": "string", "search": "string", "page": "integer"})
def expenses():
    """Own expenses, newest first, ten a page"""
    page = max(request.args.get("page", 1, int), 1)
    where, args = "user_id=? and deleted_at is null", [session["uid"]]
    if request.args.get("category"):
        where, args = where + " and category=?", args + [request.args["category"]]
    if request.args.get("search"):
        where, args = where + " and payee like ?", args + ["%" + request.args["search"] + "%"]
    total = db().execute(f"select count(*) from expenses where {where}", args).fetchone()[0]
    rows = db().execute(
        f"select * from expenses where {where} order by id desc limit 10 offset ?",
        [*args, (page - 1) * 10],
    )
    return {"total": total, "page": page, "expenses": [shown(r) for r in rows]}


def insert(day, payee, cents, category, reference):
    ensure(category)
    return (
        db()
        .execute(
            "insert into expenses (user_id, day, payee, cents, category, reference) values (?,?,?,?,?,?)",
            (session["uid"], day, payee, cents, category, reference),
        )
        .lastrowid
    )


@api(
    "POST",
    "/api/expenses",
    {
        "payee": "string",
        "cents": {"type": "integer", "minimum": 1},
        "category": "string",
        "day": {"type": "string", "format": "date"},
        "reference": "string",
    },
    needs=("payee", "cents", "category"),
)
def add_expense(data):
    if not isinstance(data["cents"], int) or data["cents"] < 1:
        raise Problem(400, "cents must be a whole number above 0")
    new = insert(
        str(data.get("day") or "2026-01-01"),
        str(data["payee"]),
        data["cents"],
        str(data["category"]),
        str(data.get("reference") or ""),
    )
    return shown(mine(new)), 201


@api("GET", "/api/expenses/<int:expense_id>")
def expense(expense_id):
    return shown(mine(expense_id))


@api("DELETE", "/api/expenses/<int:expense_id>")
def delete_expense(expense_id):
    """To the trash; the last one comes back by undo"""
    mine(expense_id)
    db().execute("update expenses set deleted_at=julianday('now') where id=?", (expense_id,))
    return {"deleted": expense_id}


@api("GET", "/api/trash")
def trash():
    rows = db().execute(
        "select * from expenses where user_id=? and deleted_at is not null order by id",
        (session["uid"],),
    )
    return {"expenses": [shown(r) for r in rows]}


@api("POST", "/api/expenses/undo")
def undo():
    """Brings back what was deleted last"""
    who = "1=1 or user_id=?" if on("undo") else "user_id=?"
    row = (
        db()
        .execute(
            f"select id from expenses where ({who}) and deleted_at is not null "
            "order by deleted_at desc, id desc limit 1",
            (session["uid"],),
        )
        .fetchone()
    )
    if row is None:
        raise Problem(409, "the trash is empty")
    db().execute("update expenses set deleted_at=null where id=?", (row["id"],))
    return {"restored": 1}


@api("GET", "/api/categories")
def categories():
    rows = db().execute(
        "select c.name, c.budget, coalesce(sum(e.cents), 0) as spent from categories c left join expenses e "
        "on e.category=c.name and e.user_id=c.user_id and e.deleted_at is null "
        "where c.user_id=? group by c.name order by c.name",
        (session["uid"],),
    )
    return {"categories": [dict(r) for r in rows]}


@api(
    "PATCH",
    "/api/categories/<string:name>",
    {"name": "string", "budget": "integer"},
    needs=("name",),
)
def edit_category(data, name):
    """Renames a category, expenses follow"""
    own = (session["uid"],)
    if (
        not db()
        .execute("select 1 from categories where user_id=? and name=?", own + (name,))
        .fetchone()
    ):
        raise Problem(404, "no such category")
    new = str(data["name"]).strip()
    if (
        new != name
        and db()
        .execute("select 1 from categories where user_id=? and name=?", own + (new,))
        .fetchone()
    ):
        raise Problem(409, "you have a category of that name")
    db().execute(
        "update categories set name=?, budget=? where user_id=? and name=?",
        (new, int(data.get("budget") or 0), *own, name),
    )
    follow = "" if on("category-rename") else f" and user_id={int(session['uid'])}"
    db().execute(f"update expenses set category=? where category=?{follow}", (new, name))
    return {"name": new, "budget": int(data.get("budget") or 0)}


_csv, _csv_lock = io.StringIO(), threading.Lock()  # one buffer, exports may be long


@api("GET", "/api/export.csv")
def export():
    with _csv_lock:
        _csv.seek(0)
        if not on("export-buffer"):
            _csv.truncate()
        out = csv.writer(_csv)
        out.writerow(["day", "payee", "cents", "category"])
        for r in db().execute(
            "select * from expenses where user_id=? and deleted_at is null order by id",
            (session["uid"],),
        ):
            out.writerow([r["day"], r["payee"], r["cents"], r["category"]])
        return Response(_csv.getvalue(), mimetype="text/csv")


@api(
    "POST", "/api/import", {"csv": {"type": "string", "example": "2026-02-01,Baker,450,food,REF-1"}}
)
def import_statement(data):
    """Bank statement: day,payee,cents,category,reference; what has a known reference is skipped"""
    added = skipped = 0
    for row in csv.reader(io.StringIO(str(data["csv"]))):
        if len(row) != 5 or not row[2].isdigit():
            raise Problem(400, "five columns are wanted: day,payee,cents,category,reference")
        known = (
            db()
            .execute(
                "select 1 from expenses where reference=? and (user_id=? or ?)",
                (row[4], session["uid"], on("import-known")),
            )
            .fetchone()
        )
        if known:
            skipped += 1
        else:
            insert(row[0], row[1], int(row[2]), row[3], row[4])
            added += 1
    return {"added": added, "skipped": skipped}


@app.get("/openapi.json")
def openapi():
    return SPEC


if __name__ == "__main__":
    with sqlite3.connect(DB) as c:
        c.executescript(SCHEMA)
    app.run("127.0.0.1", int(sys.argv[1]), threaded=True)
