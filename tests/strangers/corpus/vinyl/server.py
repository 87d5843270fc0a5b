"""Collections of records: what stands in which crate, and what was played."""

import os
import re
import secrets
import sys
from collections import Counter, defaultdict
from functools import wraps

from flask import Flask, abort, g, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

LEAKS = os.environ.get("LEAKS", "all").split(",")
MEMBERS = {"maud": "lp-maud-33", "niko": "lp-niko-45", "ola": "lp-ola-78"}
SORTS = {
    "added": lambda r: 0,  # sorting is stable
    "artist": lambda r: (r["artist"].lower(), r["title"].lower()),
    "title": lambda r: r["title"].lower(),
    "year": lambda r: r["year"] or 0,
}
PREFERENCES = {"sort": "added", "per_page": 50}

app = Flask(__name__)
sessions, preferences = {}, {}
records, crates = {}, {}
artists = defaultdict(set)  # for the suggestions while one types
deleted, paths = defaultdict(list), {}


def leaks(name):
    return "all" in LEAKS or name in LEAKS


def api(method, path, summary, query=None, body=None, required=(), status="200"):
    """A route for members, with its entry in the OpenAPI document."""

    def decorate(function):
        @wraps(function)
        def guarded(**names):
            g.me = sessions.get(request.cookies.get("sid", ""))
            if g.me is None:
                abort(401, "log in first")
            g.data = read_body(body, required) if body else {}
            return function(**names)

        parameters = [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
            for n in re.findall(r"<(\w+)>", path)
        ] + [{"name": n, "in": "query", "schema": s} for n, s in (query or {}).items()]
        entry = {"summary": summary, "parameters": parameters}
        entry["responses"] = {status: {"description": summary}}
        if body:
            schema = {"type": "object", "properties": body}
            schema |= {"required": list(required)} if required else {}
            entry["requestBody"] = {"content": {"application/json": {"schema": schema}}}
        document = re.sub(r"<(\w+)>", r"{\1}", path)
        paths.setdefault(document, {})[method.lower()] = entry
        app.add_url_rule(path, function.__name__, guarded, methods=[method])
        return function

    return decorate


def read_body(fields, required):
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        abort(400, "a JSON object is expected")
    kinds, out = {"string": str, "integer": int}, {}
    if any(data.get(name) is None for name in required):
        abort(422, f"required: {', '.join(required)}")
    for name, schema in fields.items():
        value = data.get(name)
        if value is None:
            continue
        if type(value) is not kinds[schema["type"]] or value not in schema.get("enum", [value]):
            abort(422, f"{name} is not a valid {schema['type']}")
        if "minimum" in schema and not schema["minimum"] <= value <= schema["maximum"]:
            abort(422, f"{name} is out of range")
        out[name] = value
    return out


def own(table, id, what):
    if id not in table or table[id]["member"] != g.me:
        abort(404, f"no such {what}")
    return table[id]


def mine(table):
    return [row for row in list(table.values()) if row["member"] == g.me]


def shown(row):
    return {name: value for name, value in row.items() if name != "member"}


def settings():
    return preferences.setdefault(g.me, PREFERENCES if leaks("default-sort") else {**PREFERENCES})


TEXT = {"type": "string"}
YEAR = {"type": "integer", "minimum": 1900, "maximum": 2100}
SORT = {"type": "string", "enum": list(SORTS)}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 200}
RECORD = {"artist": TEXT, "title": TEXT, "year": YEAR, "notes": TEXT, "crate_id": TEXT}


@app.post("/api/session")
def log_in():
    data = request.get_json(silent=True) or {}
    name = str(data.get("name"))
    if name not in MEMBERS or MEMBERS[name] != data.get("password"):
        abort(401, "wrong name or password")
    answer, sid = make_response(jsonify(name=name)), secrets.token_urlsafe(24)
    sessions[sid] = name
    answer.set_cookie("sid", sid, httponly=True, samesite="Strict")
    return answer


@api("GET", "/api/records", "Your records", {"sort": SORT, "q": TEXT})
def list_records():
    choice = settings()
    sort = request.args.get("sort", choice["sort"])
    if sort not in SORTS:
        abort(422, "sort is not known")
    q = request.args.get("q", "").lower()
    found = [r for r in mine(records) if q in f"{r['artist']} {r['title']} {r['notes']}".lower()]
    found = sorted(found, key=SORTS[sort])[: choice["per_page"]]
    return jsonify(sorted_by=sort, records=[shown(r) for r in found])


@api("POST", "/api/records", "A new record", None, RECORD, ("artist", "title"), status="201")
def add_record():
    if g.data.get("crate_id"):
        own(crates, g.data["crate_id"], "crate")
    record = {"id": secrets.token_hex(8), "year": None, "notes": "", "crate_id": None, **g.data}
    records[record["id"]] = record | {"member": g.me, "plays": []}
    artists[None if leaks("suggest") else g.me].add(record["artist"])
    return jsonify(shown(records[record["id"]])), 201


@api("GET", "/api/records/<record_id>", "One record")
def get_record(record_id):
    if record_id in records and leaks("record-read"):
        return jsonify(shown(records[record_id]))
    return jsonify(shown(own(records, record_id, "record")))


@api("PATCH", "/api/records/<record_id>", "Change a record", None, RECORD)
def change_record(record_id):
    record = own(records, record_id, "record")
    if g.data.get("crate_id"):
        own(crates, g.data["crate_id"], "crate")
    record.update(g.data)
    artists[None if leaks("suggest") else g.me].add(record["artist"])
    return jsonify(shown(record))


@api("DELETE", "/api/records/<record_id>", "Take a record out; it can be undone")
def remove_record(record_id):
    own(records, record_id, "record")
    deleted["last" if leaks("undo") else g.me].append(records.pop(record_id))
    return jsonify(removed=record_id)


@api("POST", "/api/undo", "Bring back what was removed last")
def undo():
    stack = deleted["last" if leaks("undo") else g.me]
    if not stack:
        abort(409, "there is nothing to undo")
    record = stack.pop()
    if record["crate_id"] not in crates:
        record["crate_id"] = None
    records[record["id"]] = record
    return jsonify(shown(record))


@api("POST", "/api/records/<record_id>/plays", "Note that it was played", None, {"remark": TEXT})
def play(record_id):
    record = own(records, record_id, "record")
    record["plays"].append(g.data.get("remark", ""))
    return jsonify(plays=len(record["plays"]))


@api("GET", "/api/crates", "Your crates, with how many records are in each")
def list_crates():
    inside = Counter(r["crate_id"] for r in mine(records))
    return jsonify(crates=[shown(c) | {"records": inside[c["id"]]} for c in mine(crates)])


@api("POST", "/api/crates", "A new crate", None, {"label": TEXT}, ("label",), status="201")
def add_crate():
    crate = {"id": secrets.token_hex(8), "label": g.data["label"], "member": g.me}
    crates[crate["id"]] = crate
    return jsonify(shown(crate)), 201


@api("DELETE", "/api/crates/<crate_id>", "Remove a crate; its records stay")
def remove_crate(crate_id):
    own(crates, crate_id, "crate")
    for record in mine(records):
        if record["crate_id"] == crate_id:
            record["crate_id"] = None
    del crates[crate_id]
    return jsonify(removed=crate_id)


@api("GET", "/api/suggest", "Artists that begin so", {"prefix": TEXT})
def suggest():
    prefix = request.args.get("prefix", "").lower()
    known = artists[None if leaks("suggest") else g.me]
    return jsonify(artists=sorted(a for a in list(known) if a.lower().startswith(prefix))[:10])


@api("GET", "/api/preferences", "How lists are shown")
def get_preferences():
    return jsonify(settings())


@api("PUT", "/api/preferences", "Set how lists are shown", None, {"sort": SORT, "per_page": NUMBER})
def set_preferences():
    settings().update(g.data)
    return jsonify(settings())


@api("GET", "/api/stats", "Records and plays, by decade")
def stats():
    decades = Counter(f"{r['year'] // 10 * 10}s" if r["year"] else "?" for r in mine(records))
    return jsonify(decades=decades, plays=sum(len(r["plays"]) for r in mine(records)))


@app.get("/openapi.json")
def document():
    scheme = {"session": {"type": "apiKey", "in": "cookie", "name": "sid"}}
    body = {"type": "object", "properties": {"name": TEXT, "password": TEXT}}
    login = {"summary": "Log in; sets the cookie sid", "security": []}
    login["responses"] = {"200": {"description": "logged in"}}
    login["requestBody"] = {"content": {"application/json": {"schema": body}}}
    more = {"components": {"securitySchemes": scheme}, "security": [{"session": []}]}
    paths["/api/session"] = {"post": login}
    return jsonify(openapi="3.0.3", info={"title": "Vinyl", "version": "1"}, paths=paths, **more)


@app.errorhandler(HTTPException)
def failed(e):
    return jsonify(error=e.description), e.code


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
