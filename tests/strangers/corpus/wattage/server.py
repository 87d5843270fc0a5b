"""Wattage: the electricity meters of a household, readings, tariffs and bills, with a sync for the app. Bottle, in memory.

Households sign up and log in; a cookie holds the session.
"""

import copy
import hashlib
import json
import os
import re
import secrets
import sys
import threading
import uuid
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from bottle import Bottle, HTTPResponse, request, response

LEAKS = os.environ.get("LEAKS", "all").replace(" ", "").split(",")

app = Bottle()
lock = threading.RLock()
households, sessions = {}, {}
meters, readings, tariffs, bills, settings = {}, {}, {}, {}, {}
changes = []  # what was changed, for the sync of the app
DEFAULTS = {"currency": "EUR", "labels": {"day": "day", "night": "night"}}
CURRENCIES = ["EUR", "USD", "GBP", "CHF"]


def leaky(name):
    return "all" in LEAKS or name in LEAKS


def answer(status, body=None):
    if body is None:
        return HTTPResponse(status=status)
    return HTTPResponse(json.dumps(body), status, {"Content-Type": "application/json"})


def refuse(status, detail):
    raise answer(status, {"error": detail})


def body(needed=(), **kinds):
    try:
        data = json.loads(request.body.read() or b"{}")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        refuse(400, "a JSON object is expected")
    got = {}
    for name, kind in kinds.items():
        value = data.get(name)
        if value is None and name not in needed:
            continue
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            refuse(422, f"{name} is of the wrong type")
        if kind is str and (len(value) > 2000 or (name in needed and not value.strip())):
            refuse(422, f"{name} is empty or too long")
        if kind is float and not 0 <= value <= 10**6:
            refuse(422, f"{name} must be from 0 to 1000000")
        got[name] = value
    return got


def me():
    found = sessions.get(request.get_cookie("session") or "")
    if found is None:
        refuse(401, "log in first")
    return found


def own(rows, row_id, what):
    caller, row = me(), rows.get(row_id)
    if row is None or row["household"] != caller:
        refuse(404, f"no such {what}")
    return row


def mine(rows):
    caller = me()
    return [row for row in rows.values() if row["household"] == caller]


def note(kind, row, what):
    number = len(changes) if leaky("sync-cursor") else sum(c["household"] == me() for c in changes)
    changes.append(
        {"number": number + 1, "household": me(), "kind": kind, "id": row["id"], "what": what}
    )


def store(rows, kind, **values):
    row = {"id": str(uuid.uuid4()), "household": me(), **values}
    rows[row["id"]] = row
    note(kind, row, "added")
    return row


def remove(rows, kind, row):
    del rows[row["id"]]
    note(kind, row, "deleted")


def show(row):
    return {k: v for k, v in row.items() if k != "household"}


def hashed(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1000)


@app.post("/api/households")
def sign_up():
    d = body(("email", "password"), email=str, password=str)
    if d["email"] in households:
        refuse(409, "this address has an account")
    salt = secrets.token_bytes(16)
    household = {"id": str(uuid.uuid4()), "salt": salt, "hash": hashed(d["password"], salt)}
    households[d["email"]] = household
    settings[household["id"]] = (
        DEFAULTS.copy() if leaky("shared-defaults") else copy.deepcopy(DEFAULTS)
    )
    return answer(201, {"household_id": household["id"]})


@app.post("/api/session")
def log_in():
    d = body(("email", "password"), email=str, password=str)
    household = households.get(d["email"])
    if household is None or not secrets.compare_digest(
        household["hash"], hashed(d["password"], household["salt"])
    ):
        refuse(401, "wrong address or password")
    token = secrets.token_urlsafe(30)
    sessions[token] = household["id"]
    response.set_cookie("session", token, httponly=True, samesite="lax", path="/")
    return {"household_id": household["id"]}


METER = {"name": str, "place": str, "note": str}


@app.post("/api/meters")
def add_meter():
    me()
    d = body(("name",), **METER)
    return answer(201, show(store(meters, "meter", **{"place": "", "note": "", **d})))


@app.get("/api/meters")
def list_meters():
    return {"meters": [show(m) for m in mine(meters)]}


@app.patch("/api/meters/<meter_id>")
def change_meter(meter_id):
    row = own(meters, meter_id, "meter")
    row.update(body(**METER))
    note("meter", row, "changed")
    return show(row)


@app.delete("/api/meters/<meter_id>")
def delete_meter(meter_id):
    remove(meters, "meter", own(meters, meter_id, "meter"))
    for rows, kind in ((readings, "reading"), (bills, "bill")):
        for row in [r for r in mine(rows) if r["meter_id"] == meter_id]:
            remove(rows, kind, row)
    return answer(204)


@app.post("/api/readings")
def add_reading():
    me()
    d = body(("meter_id", "kwh"), meter_id=str, kwh=float, remark=str)
    own(meters, d["meter_id"], "meter")
    return answer(201, show(store(readings, "reading", **{"remark": "", **d})))


@app.get("/api/readings")
def list_readings():
    """The readings of all meters, or of one."""
    found, meter_id = mine(readings), request.query.get("meter_id")
    if meter_id:
        source = list(readings.values()) if leaky("readings-filter") else found
        found = [r for r in source if r["meter_id"] == meter_id]
    return {"readings": [show(r) for r in found[-100:]]}


@app.post("/api/tariffs")
def add_tariff():
    me()
    d = body(("name", "per_kwh"), name=str, per_kwh=float, provider=str)
    return answer(201, show(store(tariffs, "tariff", **{"provider": "", **d})))


@app.get("/api/tariffs")
def list_tariffs():
    return {"tariffs": [show(t) for t in mine(tariffs)]}


@app.delete("/api/tariffs/<tariff_id>")
def delete_tariff(tariff_id):
    me()
    row = tariffs.get(tariff_id) if leaky("tariff-delete") else own(tariffs, tariff_id, "tariff")
    if row is None:
        refuse(404, "no such tariff")
    remove(tariffs, "tariff", row)
    return answer(204)


@app.post("/api/bills")
def add_bill():
    """What the last two readings of a meter come to."""
    caller, d = me(), body(("meter_id", "tariff_id"), meter_id=str, tariff_id=str, title=str)
    meter, tariff = own(meters, d["meter_id"], "meter"), own(tariffs, d["tariff_id"], "tariff")
    values = [0.0, 0.0, *(r["kwh"] for r in mine(readings) if r["meter_id"] == meter["id"])]
    used, wanted = max(0.0, values[-1] - values[-2]), settings[caller]
    total = round(used * tariff["per_kwh"], 2)
    row = store(bills, "bill", meter_id=meter["id"], title=d.get("title", meter["name"]), provider=tariff["provider"],
                used=used, total=total, currency=wanted["currency"], label=wanted["labels"]["day"])  # fmt: skip
    return answer(201, show(row))


@app.get("/api/bills")
def list_bills():
    return {"bills": [show(b) for b in mine(bills)]}


@app.get("/api/settings")
def get_settings():
    return settings[me()]


@app.patch("/api/settings")
def change_settings():
    row, d = settings[me()], body(currency=str, day_label=str, night_label=str)
    if d.get("currency", "EUR") not in CURRENCIES:
        refuse(422, f"currency must be one of {', '.join(CURRENCIES)}")
    row["currency"] = d.get("currency", row["currency"])
    for name in ("day", "night"):
        if f"{name}_label" in d:
            row["labels"][name] = d[f"{name}_label"]
    return row


@app.get("/api/sync")
def sync():
    """What has changed since the app asked last; `cursor` is sent as `since` the next time."""
    caller, since = me(), request.query.get("since") or "0"
    if not re.fullmatch(r"\d{1,9}", since):
        refuse(422, "since must be a cursor")
    found = [c for c in changes if c["household"] == caller]
    last = changes if leaky("sync-cursor") else found
    news = [{k: c[k] for k in ("kind", "id", "what")} for c in found if c["number"] > int(since)]
    return {"changes": news, "cursor": str(last[-1]["number"] if last else 0)}


WORD = {"type": "string", "minLength": 1, "maxLength": 200}
TEXT = {"type": "string", "maxLength": 2000}
NUMBER = {"type": "number", "minimum": 0, "maximum": 100000}
ACCOUNT = {"email": WORD, "password": WORD}
M, T = (
    {"name": WORD, "place": TEXT, "note": TEXT},
    {"name": WORD, "per_kwh": NUMBER, "provider": TEXT},
)
DESCRIBED = {  # fields of the body, and how many of them are needed
    "POST /api/households": (ACCOUNT, 2),
    "POST /api/session": (ACCOUNT, 2),
    "POST /api/meters": (M, 1),
    "PATCH /api/meters/{meter_id}": (M, 0),
    "POST /api/readings": ({"meter_id": WORD, "kwh": NUMBER, "remark": TEXT}, 2),
    "POST /api/tariffs": (T, 2),
    "POST /api/bills": ({"meter_id": WORD, "tariff_id": WORD, "title": WORD}, 2),
    "PATCH /api/settings": (
        {
            "currency": {"type": "string", "enum": CURRENCIES},
            "day_label": WORD,
            "night_label": WORD,
        },
        0,
    ),
}
QUERY = {"GET /api/readings": "meter_id", "GET /api/sync": "since"}


@app.get("/openapi.json")
def openapi():
    paths = {}
    for route in app.routes:
        path = route.rule.replace("<", "{").replace(">", "}")
        name = f"{route.method} {path}"
        if not path.startswith("/api/"):
            continue
        parameters = [
            {"name": n, "in": "path", "required": True, "schema": WORD}
            for n in re.findall(r"{(\w+)}", path)
        ]
        if name in QUERY:
            parameters.append({"name": QUERY[name], "in": "query", "schema": WORD})
        entry = {
            "summary": route.callback.__doc__ or "",
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
        }
        fields, needed = DESCRIBED.get(name, ({}, 0))
        if fields:
            schema = {"type": "object", "properties": fields, "required": list(fields)[:needed]}
            entry["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        if fields is ACCOUNT:
            entry["security"] = []
        paths.setdefault(path, {})[route.method.lower()] = entry
    scheme = {"session": {"type": "apiKey", "in": "cookie", "name": "session"}}
    return {"openapi": "3.0.3", "info": {"title": "Wattage", "version": "1.1"}, "paths": paths,
            "security": [{"session": []}], "components": {"securitySchemes": scheme}}  # fmt: skip


def one_by_one(environ, start_response):
    with lock:
        return app.wsgi(environ, start_response)


if __name__ == "__main__":
    app.default_error_handler = lambda e: json.dumps({"error": e.body})
    Server = type(
        "Server", (ThreadingMixIn, WSGIServer), {"daemon_threads": True, "request_queue_size": 64}
    )
    Quiet = type("Quiet", (WSGIRequestHandler,), {"log_message": lambda *args: None})
    make_server("127.0.0.1", int(sys.argv[1]), one_by_one, Server, Quiet).serve_forever()
