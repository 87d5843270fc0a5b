"""Accord: formulas of perfumes, with the materials they are mixed of, their cost, their lineage and their batches.

Starlette on a temporary SQLite file. Materials come from a phone that is often off the net, so it chooses their ids.
"""

import hashlib
import json
import os
import re
import secrets
import sqlite3
import sys
import tempfile
import uuid

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KNOWN = ["price-by-name", "lot-code", "reparent", "upsert-any"]
asked = os.environ.get("LEAKS", "all")
LEAKS = set(KNOWN if asked == "all" else asked.split(","))

db = sqlite3.connect(
    os.path.join(tempfile.mkdtemp(prefix="accord-"), "accord.db"), isolation_level=None
)
db.row_factory = sqlite3.Row
db.executescript(
    """
    CREATE TABLE perfumer (id TEXT PRIMARY KEY, email TEXT UNIQUE, salt TEXT, digest TEXT);
    CREATE TABLE token (token TEXT PRIMARY KEY, perfumer TEXT);
    CREATE TABLE material (n INTEGER PRIMARY KEY, perfumer TEXT, id TEXT, name TEXT, price REAL, notes TEXT,
                           UNIQUE (perfumer, id));
    CREATE TABLE formula (n INTEGER PRIMARY KEY, id TEXT UNIQUE, perfumer TEXT, name TEXT, notes TEXT, parent_id TEXT);
    CREATE TABLE line (n INTEGER PRIMARY KEY, formula TEXT, material TEXT, ml REAL);
    CREATE TABLE batch (n INTEGER PRIMARY KEY, id TEXT UNIQUE, perfumer TEXT, formula TEXT, code TEXT, ml REAL, remark TEXT);
    """
)


def rows(sql: str, *args) -> list[sqlite3.Row]:
    return db.execute(sql, args).fetchall()


def row(sql: str, *args) -> sqlite3.Row | None:
    return db.execute(sql, args).fetchone()


def who(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = (
        row("SELECT perfumer FROM token WHERE token = ?", token)
        if scheme.lower() == "bearer"
        else None
    )
    if found is None:
        raise HTTPException(401, "log in")
    return found["perfumer"]


async def body(request: Request, needed: tuple = (), **kinds) -> dict:
    try:
        sent = json.loads(await request.body() or b"null")
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise HTTPException(400, "send a JSON object")
    out = {}
    for name, kind in kinds.items():
        value = sent.get(name)
        if value is None:
            if name in needed:
                raise HTTPException(422, f"{name} is missing")
            continue
        if isinstance(value, bool) or not isinstance(
            value, (int, float) if kind is float else kind
        ):
            raise HTTPException(422, f"{name} is of the wrong type")
        if kind is float and not 0 <= value <= 100000:
            raise HTTPException(422, f"{name} is from 0 to 100000")
        if kind is str and (len(value) > 4000 or (name in needed and not value.strip())):
            raise HTTPException(422, f"{name} is empty or too long")
        out[name] = value
    return out


def formula_of(perfumer: str, formula_id: str) -> sqlite3.Row:
    found = row("SELECT * FROM formula WHERE id = ? AND perfumer = ?", formula_id, perfumer)
    if found is None:
        raise HTTPException(404, "no such formula")
    return found


def shown(each: sqlite3.Row) -> dict:
    out = {k: each[k] for k in each.keys() if k not in {"n", "perfumer"}}
    if "parent_id" in out:
        lines = rows("SELECT material, ml FROM line WHERE formula = ? ORDER BY n", each["id"])
        out["lines"] = [dict(each_line) for each_line in lines]
    return out


async def register(request: Request) -> Response:
    sent = await body(request, ("email", "password"), email=str, password=str)
    salt, id = secrets.token_hex(8), str(uuid.uuid4())
    digest = hashlib.sha256((salt + sent["password"]).encode()).hexdigest()
    try:
        rows("INSERT INTO perfumer VALUES (?, ?, ?, ?)", id, sent["email"], salt, digest)
    except sqlite3.IntegrityError:
        raise HTTPException(409, "there is a perfumer of this address") from None
    return JSONResponse({"perfumer_id": id}, 201)


async def log_in(request: Request) -> Response:
    sent = await body(request, ("email", "password"), email=str, password=str)
    found = row("SELECT * FROM perfumer WHERE email = ?", sent["email"])
    if (
        not found
        or hashlib.sha256((found["salt"] + sent["password"]).encode()).hexdigest()
        != found["digest"]
    ):
        raise HTTPException(401, "wrong address or password")
    token = secrets.token_urlsafe(24)
    rows("INSERT INTO token VALUES (?, ?)", token, found["id"])
    return JSONResponse({"token": token, "perfumer_id": found["id"]})


async def put_material(request: Request) -> Response:
    """Writes a material under the id that the phone chose: a new one, or over the one of that id."""
    perfumer, id = who(request), request.path_params["material_id"]
    if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", id):
        raise HTTPException(422, "an id has up to 60 letters, digits and dashes")
    sent = await body(request, ("name", "price"), name=str, price=float, notes=str)
    values = (sent["name"], sent["price"], sent.get("notes", ""))
    change = "UPDATE material SET name = ?, price = ?, notes = ? WHERE id = ?"
    if "upsert-any" in LEAKS:
        changed = db.execute(change, (*values, id)).rowcount
    else:
        changed = db.execute(change + " AND perfumer = ?", (*values, id, perfumer)).rowcount
    if not changed:
        rows(
            "INSERT INTO material (name, price, notes, id, perfumer) VALUES (?, ?, ?, ?, ?)",
            *values,
            id,
            perfumer,
        )
    return JSONResponse(
        dict(zip(("id", "name", "price", "notes"), (id, *values), strict=True)),
        200 if changed else 201,
    )


def material_of(request: Request) -> sqlite3.Row:
    found = row(
        "SELECT * FROM material WHERE id = ? AND perfumer = ?",
        request.path_params["material_id"],
        who(request),
    )
    if found is None:
        raise HTTPException(404, "no such material")
    return found


async def get_material(request: Request) -> Response:
    return JSONResponse(shown(material_of(request)))


async def delete_material(request: Request) -> Response:
    rows("DELETE FROM material WHERE n = ?", material_of(request)["n"])
    return Response(status_code=204)


async def list_materials(request: Request) -> Response:
    found = rows("SELECT * FROM material WHERE perfumer = ? ORDER BY n", who(request))
    word = request.query_params.get("q", "").lower()
    return JSONResponse([shown(m) for m in found if word in f"{m['name']} {m['notes']}".lower()])


async def add_formula(request: Request) -> Response:
    perfumer = who(request)
    sent = await body(request, ("name",), name=str, notes=str, parent_id=str)
    if "parent_id" in sent:
        formula_of(perfumer, sent["parent_id"])
    id = str(uuid.uuid4())
    rows(
        "INSERT INTO formula (id, perfumer, name, notes, parent_id) VALUES (?, ?, ?, ?, ?)",
        id,
        perfumer,
        sent["name"],
        sent.get("notes", ""),
        sent.get("parent_id"),
    )
    return JSONResponse(shown(formula_of(perfumer, id)), 201)


async def list_formulas(request: Request) -> Response:
    perfumer = who(request)
    try:
        page = min(max(int(request.query_params.get("page", 1)), 1), 10000)
    except ValueError:
        raise HTTPException(422, "page is a number") from None
    found = rows(
        "SELECT * FROM formula WHERE perfumer = ? ORDER BY n LIMIT 20 OFFSET ?",
        perfumer,
        20 * (page - 1),
    )
    total = row("SELECT count(*) AS n FROM formula WHERE perfumer = ?", perfumer)["n"]
    return JSONResponse(
        {"formulas": [shown(f) for f in found], "page": page, "pages": -(-total // 20)}
    )


async def get_formula(request: Request) -> Response:
    return JSONResponse(shown(formula_of(who(request), request.path_params["formula_id"])))


async def change_formula(request: Request) -> Response:
    perfumer, id = who(request), request.path_params["formula_id"]
    formula_of(perfumer, id)
    sent = await body(request, (), name=str, notes=str, parent_id=str)
    if "parent_id" in sent and "reparent" not in LEAKS:
        formula_of(perfumer, sent["parent_id"])
    for field, value in sent.items():
        rows(f"UPDATE formula SET {field} = ? WHERE id = ? AND perfumer = ?", value, id, perfumer)
    return JSONResponse(shown(formula_of(perfumer, id)))


async def delete_formula(request: Request) -> Response:
    """Removes a formula; its descendants lose their parent, and its batches go."""
    found = formula_of(who(request), request.path_params["formula_id"])
    rows("DELETE FROM line WHERE formula = ?", found["id"])
    rows("DELETE FROM batch WHERE formula = ?", found["id"])
    rows(
        "UPDATE formula SET parent_id = NULL WHERE parent_id = ? AND perfumer = ?",
        found["id"],
        found["perfumer"],
    )
    rows("DELETE FROM formula WHERE n = ?", found["n"])
    return Response(status_code=204)


async def put_lines(request: Request) -> Response:
    """What a formula is mixed of: materials by their names, and millilitres."""
    found = formula_of(who(request), request.path_params["formula_id"])
    lines = (await body(request, ("lines",), lines=list))["lines"]
    for each in lines:
        good = isinstance(each, dict) and isinstance(each.get("material"), str)
        ml = each.get("ml") if good else None
        if (
            isinstance(ml, bool)
            or not isinstance(ml, (int, float))
            or not 0 < ml <= 100000
            or len(lines) > 60
        ):
            raise HTTPException(422, "lines are up to 60 of {material, ml}")
    rows("DELETE FROM line WHERE formula = ?", found["id"])
    for each in lines:
        rows(
            "INSERT INTO line (formula, material, ml) VALUES (?, ?, ?)",
            found["id"],
            each["material"],
            each["ml"],
        )
    return JSONResponse(shown(found))


async def cost(request: Request) -> Response:
    """What a formula costs, by the newest price of each of its materials."""
    perfumer = who(request)
    found = formula_of(perfumer, request.path_params["formula_id"])
    total, unpriced = 0.0, []
    for line in rows("SELECT * FROM line WHERE formula = ? ORDER BY n", found["id"]):
        if "price-by-name" in LEAKS:
            price = row(
                "SELECT price FROM material WHERE name = ? ORDER BY n DESC", line["material"]
            )
        else:
            price = row(
                "SELECT price FROM material WHERE name = ? AND perfumer = ? ORDER BY n DESC",
                line["material"],
                perfumer,
            )
        if price is None:
            unpriced.append(line["material"])
        else:
            total += price["price"] * line["ml"]
    return JSONResponse({"formula_id": found["id"], "cost": round(total, 2), "unpriced": unpriced})


async def lineage(request: Request) -> Response:
    """The formulas from which this one was derived, the nearest first."""
    at = formula_of(who(request), request.path_params["formula_id"])
    seen, line = {at["id"]}, []
    while at["parent_id"] and at["parent_id"] not in seen:
        at = row("SELECT * FROM formula WHERE id = ?", at["parent_id"])
        if at is None:
            break
        seen.add(at["id"])
        line.append({"id": at["id"], "name": at["name"], "notes": at["notes"]})
    return JSONResponse({"lineage": line})


async def add_batch(request: Request) -> Response:
    """Notes a batch that was mixed, with the lot code that stands on its bottles."""
    perfumer = who(request)
    found = formula_of(perfumer, request.path_params["formula_id"])
    sent = await body(request, ("code", "ml"), code=str, ml=float, remark=str)
    if "lot-code" in LEAKS:
        taken = row("SELECT 1 FROM batch WHERE code = ?", sent["code"])
    else:
        taken = row("SELECT 1 FROM batch WHERE code = ? AND perfumer = ?", sent["code"], perfumer)
    if taken:
        raise HTTPException(409, "there is a batch of this lot code")
    id = str(uuid.uuid4())
    rows(
        "INSERT INTO batch (id, perfumer, formula, code, ml, remark) VALUES (?, ?, ?, ?, ?, ?)",
        id,
        perfumer,
        found["id"],
        sent["code"],
        sent["ml"],
        sent.get("remark", ""),
    )
    return JSONResponse(shown(row("SELECT * FROM batch WHERE id = ?", id)), 201)


async def list_batches(request: Request) -> Response:
    found = rows("SELECT * FROM batch WHERE perfumer = ? ORDER BY n DESC LIMIT 100", who(request))
    return JSONResponse([shown(b) for b in found])


WORD = {"type": "string", "minLength": 1, "maxLength": 200}
TEXT = {"type": "string", "maxLength": 4000}
AMOUNT = {"type": "number", "minimum": 0, "maximum": 100000}
ML = {"type": "number", "exclusiveMinimum": 0, "maximum": 100000}
LINE = {
    "type": "object",
    "properties": {"material": WORD, "ml": ML},
    "required": ["material", "ml"],
}
LINES = {"type": "array", "items": LINE, "maxItems": 60}
ACCOUNT = {"email": WORD, "password": WORD}
OPERATIONS = [  # method, path, what does it, body, how many of its fields are needed, query
    ("POST", "/register", register, ACCOUNT, 2, {}),
    ("POST", "/login", log_in, ACCOUNT, 2, {}),
    (
        "PUT",
        "/materials/{material_id}",
        put_material,
        {"name": WORD, "price": AMOUNT, "notes": TEXT},
        2,
        {},
    ),
    ("GET", "/materials/{material_id}", get_material, None, 0, {}),
    ("DELETE", "/materials/{material_id}", delete_material, None, 0, {}),
    ("GET", "/materials", list_materials, None, 0, {"q": WORD}),
    ("POST", "/formulas", add_formula, {"name": WORD, "notes": TEXT, "parent_id": WORD}, 1, {}),
    (
        "GET",
        "/formulas",
        list_formulas,
        None,
        0,
        {"page": {"type": "integer", "minimum": 1, "maximum": 10000}},
    ),
    ("GET", "/formulas/{formula_id}", get_formula, None, 0, {}),
    (
        "PATCH",
        "/formulas/{formula_id}",
        change_formula,
        {"name": WORD, "notes": TEXT, "parent_id": WORD},
        0,
        {},
    ),
    ("DELETE", "/formulas/{formula_id}", delete_formula, None, 0, {}),
    ("PUT", "/formulas/{formula_id}/lines", put_lines, {"lines": LINES}, 1, {}),
    ("GET", "/formulas/{formula_id}/cost", cost, None, 0, {}),
    ("GET", "/formulas/{formula_id}/lineage", lineage, None, 0, {}),
    (
        "POST",
        "/formulas/{formula_id}/batches",
        add_batch,
        {"code": WORD, "ml": AMOUNT, "remark": TEXT},
        2,
        {},
    ),
    ("GET", "/batches", list_batches, None, 0, {}),
]


async def openapi(request: Request) -> Response:
    paths: dict[str, dict] = {}
    for method, path, _, fields, needed, query in OPERATIONS:
        entry: dict = {
            "parameters": [
                *(
                    {"name": n, "in": "path", "required": True, "schema": WORD}
                    for n in re.findall(r"\{(\w+)\}", path)
                ),
                *({"name": n, "in": "query", "schema": s} for n, s in query.items()),
            ],
            "responses": {"200": {"description": "done"}},
        }
        if fields:
            schema = {"type": "object", "properties": fields, "required": list(fields)[:needed]}
            entry["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        if fields is ACCOUNT:
            entry["security"] = []
        paths.setdefault(path, {})[method.lower()] = entry
    return JSONResponse(
        {
            "openapi": "3.1.0",
            "info": {"title": "Accord", "version": "0.6.2"},
            "security": [{"token": []}],
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "paths": paths,
        }
    )


async def refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code)


app = Starlette(
    routes=[
        *(Route(path, endpoint, methods=[method]) for method, path, endpoint, *_ in OPERATIONS),
        Route("/openapi.json", openapi),
    ],
    exception_handlers={HTTPException: refused},
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
