"""Hearthbox: devices, readings, scenes and rules of smart homes, with backups and undo. aiohttp, all in memory.

Homes sign up and log in; the token travels as `Authorization: Token …`.
"""

import hashlib
import os
import re
import secrets
import sys
import uuid
from copy import deepcopy

from aiohttp import web

LEAKS = os.environ.get("LEAKS", "all").replace(" ", "").split(",")

homes, tokens = {}, {}
devices, readings, scenes, rules = {}, {}, {}, {}
journal = []  # changes of devices that can be undone
KINDS = ["lamp", "heater", "blind", "sensor", "lock"]
routes = web.RouteTableDef()


def leaky(name):
    return "all" in LEAKS or name in LEAKS


class Problem(Exception):
    def __init__(self, status, detail):
        self.status, self.detail = status, detail


@web.middleware
async def guard(request, handler):
    try:
        if request.path.startswith("/api/") and request.path not in ("/api/homes", "/api/tokens"):
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            request["me"] = tokens.get(token) if scheme == "Token" else None
            if request["me"] is None:
                raise Problem(401, "a token is needed")
        return await handler(request)
    except Problem as p:
        return web.json_response({"error": p.detail}, status=p.status)
    except web.HTTPException as e:
        return web.json_response({"error": e.reason}, status=e.status)


def checked(data, needed=(), **kinds):
    if not isinstance(data, dict):
        raise Problem(400, "a JSON object is expected")
    got = {}
    for name, kind in kinds.items():
        value = data.get(name)
        if value is None and name not in needed:
            continue
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind or (name in needed and value in ("", [])):
            raise Problem(422, f"{name} must be of type {kind.__name__}")
        if kind in (str, list) and len(value) > (2000 if kind is str else 50):
            raise Problem(422, f"{name} is too long")
        if kind in (int, float) and not -(10**6) <= value <= 10**6:
            raise Problem(422, f"{name} is out of range")
        if name == "kind" and value not in KINDS:
            raise Problem(422, f"kind must be one of {', '.join(KINDS)}")
        got[name] = value
    return got


async def fields(request, *needed, **kinds):
    try:
        data = await request.json() if request.can_read_body else {}
    except ValueError:
        raise Problem(400, "a JSON object is expected") from None
    return checked(data, needed, **kinds)


def own(table, request, row_id, what):
    row = table.get(row_id)
    if row is None or row["home"] != request["me"]:
        raise Problem(404, f"no such {what}")
    return row


def store(table, request, **values):
    row = {"id": str(uuid.uuid4()), "home": request["me"], **values}
    table[row["id"]] = row
    return row


def mine(table, request):
    return [row for row in table.values() if row["home"] == request["me"]]


def show(row):
    return {k: v for k, v in row.items() if k not in ("home", "log")}


def change(request, device, **values):
    """Changes a device; what it was before is kept for an undo."""
    journal.append(
        {"home": request["me"], "device": device["id"], "before": deepcopy(show(device))}
    )
    device.update(values)


def hashed(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1000)


@routes.post("/api/homes")
async def sign_up(request):
    d = await fields(request, "email", "password", email=str, password=str)
    if d["email"] in homes:
        raise Problem(409, "this address has a home")
    salt = secrets.token_bytes(16)
    homes[d["email"]] = {"id": str(uuid.uuid4()), "salt": salt, "hash": hashed(d["password"], salt)}
    return web.json_response({"home_id": homes[d["email"]]["id"]}, status=201)


@routes.post("/api/tokens")
async def log_in(request):
    d = await fields(request, "email", "password", email=str, password=str)
    home = homes.get(d["email"])
    if home is None or not secrets.compare_digest(
        home["hash"], hashed(d["password"], home["salt"])
    ):
        raise Problem(401, "wrong address or password")
    token = secrets.token_urlsafe(30)
    tokens[token] = home["id"]
    return web.json_response({"token": token, "home_id": home["id"]})


DEVICE = {"name": str, "kind": str, "room": str, "note": str}


@routes.post("/api/devices")
async def add_device(request):
    d = await fields(request, "name", **DEVICE)
    row = store(
        devices, request, **{"kind": "lamp", "room": "", "note": "", "on": False, "level": 0, **d}
    )
    return web.json_response(show(row), status=201)


@routes.get("/api/devices")
async def list_devices(request):
    room, kind = request.query.get("room"), request.query.get("kind")
    found = [
        d for d in mine(devices, request) if room in (None, d["room"]) and kind in (None, d["kind"])
    ]
    return web.json_response([show(d) for d in found])


@routes.get("/api/devices/{device_id}")
async def get_device(request):
    return web.json_response(show(own(devices, request, request.match_info["device_id"], "device")))


@routes.patch("/api/devices/{device_id}")
async def change_device(request):
    row = own(devices, request, request.match_info["device_id"], "device")
    change(request, row, **await fields(request, **DEVICE, on=bool, level=int))
    return web.json_response(show(row))


@routes.delete("/api/devices/{device_id}")
async def delete_device(request):
    row = own(devices, request, request.match_info["device_id"], "device")
    del devices[row["id"]]
    for table in (readings, rules):
        for other in [r for r in table.values() if r["device_id"] == row["id"]]:
            del table[other["id"]]
    return web.Response(status=204)


@routes.post("/api/devices/{device_id}/readings")
async def add_reading(request):
    row = own(devices, request, request.match_info["device_id"], "device")
    d = await fields(request, "value", value=float, unit=str, remark=str)
    return web.json_response(show(store(readings, request, device_id=row["id"], **d)), status=201)


@routes.get("/api/devices/{device_id}/readings")
async def list_readings(request):
    row = own(devices, request, request.match_info["device_id"], "device")
    return web.json_response(
        [show(r) for r in mine(readings, request) if r["device_id"] == row["id"]][-100:]
    )


@routes.post("/api/undo")
async def undo(request):
    """Takes back the last change of a device."""
    while True:
        place = next(
            (
                i
                for i in reversed(range(len(journal)))
                if leaky("undo-last") or journal[i]["home"] == request["me"]
            ),
            None,
        )
        if place is None:
            raise Problem(409, "there is nothing to undo")
        entry = journal.pop(place)
        if entry["device"] in devices:
            devices[entry["device"]].update(entry["before"])
            return web.json_response({"undone": show(devices[entry["device"]])})


@routes.post("/api/scenes")
async def add_scene(request):
    d = await fields(request, "name", "settings", name=str, settings=list)
    settings = [
        checked(s, ("device_id",), device_id=str, on=bool, level=int) for s in d["settings"]
    ]
    for each in settings:
        own(devices, request, each["device_id"], "device")
    return web.json_response(
        show(store(scenes, request, name=d["name"], settings=settings)), status=201
    )


@routes.get("/api/scenes")
async def list_scenes(request):
    return web.json_response([show(s) for s in mine(scenes, request)])


@routes.delete("/api/scenes/{scene_id}")
async def delete_scene(request):
    del scenes[own(scenes, request, request.match_info["scene_id"], "scene")["id"]]
    return web.Response(status=204)


@routes.post("/api/scenes/{scene_id}/activate")
async def activate(request):
    """Sets all devices of a scene as it says."""
    scene = scenes.get(request.match_info["scene_id"])
    if scene is None or not (leaky("scene-activate") or scene["home"] == request["me"]):
        raise Problem(404, "no such scene")
    changed = 0
    for each in scene["settings"]:
        device = devices.get(each["device_id"])
        if device is not None:
            change(request, device, **{k: v for k, v in each.items() if k != "device_id"})
            changed += 1
    return web.json_response({"changed": changed})


@routes.post("/api/rules")
async def add_rule(request):
    d = await fields(
        request, "name", "device_id", "above", name=str, device_id=str, above=float, message=str
    )
    own(devices, request, d["device_id"], "device")
    return web.json_response(
        show(store(rules, request, **{"message": "", **d}, log=[])), status=201
    )


@routes.get("/api/rules")
async def list_rules(request):
    return web.json_response([show(r) for r in mine(rules, request)])


@routes.post("/api/rules/{rule_id}/check")
async def check_rule(request):
    """Looks at the device's last reading, and writes into the rule's log what came of it."""
    rule = own(rules, request, request.match_info["rule_id"], "rule")
    last = [r["value"] for r in mine(readings, request) if r["device_id"] == rule["device_id"]][-1:]
    fired = bool(last) and last[0] > rule["above"]
    rule["log"].append({"fired": fired, "message": rule["message"] or rule["name"]})
    return web.json_response({"fired": fired})


@routes.get("/api/rules/{rule_id}/log")
async def rule_log(request):
    rule_id = request.match_info["rule_id"]
    rule = rules.get(rule_id) if leaky("rule-log") else own(rules, request, rule_id, "rule")
    if rule is None:
        raise Problem(404, "no such rule")
    return web.json_response(rule["log"][-50:])


@routes.get("/api/backup")
async def backup(request):
    return web.json_response({"devices": [show(d) for d in mine(devices, request)]})


@routes.post("/api/backup")
async def restore(request):
    """Brings devices back from a backup: those that are there still are set as they were, the others made anew."""
    d = await fields(request, "devices", devices=list)
    rows = [checked(each, ("name",), id=str, **DEVICE, on=bool, level=int) for each in d["devices"]]
    restored = []
    for row in rows:
        there = devices.get(row.pop("id", None))
        if there is None or not (leaky("restore-upsert") or there["home"] == request["me"]):
            there = store(
                devices, request, name="", kind="lamp", room="", note="", on=False, level=0
            )
        there.update(row)
        restored.append(there["id"])
    return web.json_response({"restored": restored})


@routes.get("/api/stats")
async def stats(request):
    found = mine(devices, request)
    rooms = sorted({d["room"] for d in found if d["room"]})
    return web.json_response(
        {
            "devices": len(found),
            "on": sum(d["on"] for d in found),
            "rooms": {room: sum(d["room"] == room for d in found) for room in rooms},
            "readings": len(mine(readings, request)),
        }
    )


WORD = {"type": "string", "minLength": 1, "maxLength": 200}
TEXT = {"type": "string", "maxLength": 2000}
FLAG, NUMBER, LEVEL = (
    {"type": "boolean"},
    {"type": "number"},
    {"type": "integer", "minimum": 0, "maximum": 100},
)
ACCOUNT = {"email": WORD, "password": WORD}
PLAIN = {"name": WORD, "kind": {"type": "string", "enum": KINDS}, "room": WORD, "note": TEXT}
STATE = {"on": FLAG, "level": LEVEL}


def several(needed, **properties):
    return {"type": "array", "minItems": 1, "maxItems": 50,
            "items": {"type": "object", "properties": properties, "required": [needed]}}  # fmt: skip


DESCRIBED = {  # fields of the body, and how many of them are needed; all others have none
    "POST /api/homes": (ACCOUNT, 2),
    "POST /api/tokens": (ACCOUNT, 2),
    "POST /api/devices": (PLAIN, 1),
    "PATCH /api/devices/{device_id}": ({**PLAIN, **STATE}, 0),
    "POST /api/devices/{device_id}/readings": ({"value": NUMBER, "unit": WORD, "remark": TEXT}, 1),
    "POST /api/scenes": (
        {"name": WORD, "settings": several("device_id", device_id=WORD, **STATE)},
        2,
    ),
    "POST /api/rules": ({"name": WORD, "device_id": WORD, "above": NUMBER, "message": TEXT}, 3),
    "POST /api/backup": ({"devices": several("name", id=WORD, **PLAIN, **STATE)}, 1),
}


@routes.get("/openapi.json")
async def openapi(request):
    paths = {}
    for route in routes:
        if not route.path.startswith("/api/"):
            continue
        names = [(n, "path") for n in re.findall(r"{(\w+)}", route.path)]
        names += [(n, "query") for n in ("room", "kind") if route.handler is list_devices]
        parameters = [
            {"name": n, "in": where, "required": where == "path", "schema": WORD}
            for n, where in names
        ]
        entry = {
            "summary": route.handler.__doc__ or "",
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
        }
        body, needed = DESCRIBED.get(f"{route.method} {route.path}", ({}, 0))
        if body:
            schema = {"type": "object", "properties": body, "required": list(body)[:needed]}
            entry["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        if body is ACCOUNT:
            entry["security"] = []
        paths.setdefault(route.path, {})[route.method.lower()] = entry
    scheme = {
        "token": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token …",
        }
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Hearthbox", "version": "3.1"},
        "paths": paths,
    }
    return web.json_response(
        {**document, "security": [{"token": []}], "components": {"securitySchemes": scheme}}
    )


if __name__ == "__main__":
    app = web.Application(middlewares=[guard])
    app.add_routes(routes)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
