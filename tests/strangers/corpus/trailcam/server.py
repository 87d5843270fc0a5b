"""Trailcam: pictures of wildlife cameras, with tags, a monthly summary, imports and suggestions of species.

Flask, in memory; pictures are kept once per content. Wardens have a key, sent as Authorization: Bearer.
"""

import csv
import hashlib
import io
import os
import re
import sys
import uuid
from collections import Counter

from flask import Blueprint, Flask, abort, g, jsonify, request

IDS = ["blob-dedupe", "suggest-everyone", "tag-rename", "summary-cache"]
setting = os.environ.get("LEAKS", "all")
LEAKS = IDS if setting == "all" else setting.split(",")

KEYS = {"cam-orla-5512": "orla", "cam-piet-0937": "piet", "cam-quim-7284": "quim"}
SPECIES = [
    "badger",
    "beech marten",
    "fallow deer",
    "hedgehog",
    "pine marten",
    "polecat",
    "red fox",
    "roe deer",
]

cameras: dict[str, dict] = {}
captures: dict[str, dict] = {}
blobs: dict[str, bytes] = {}
summaries: dict[str, dict] = {}  # made once, until something changes

api = Blueprint("api", __name__, url_prefix="/api")


@api.before_request
def authenticate():
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    g.warden = KEYS.get(key.strip()) if scheme.lower() == "bearer" else None
    if g.warden is None:
        abort(401, "a warden's key is needed")


def body(**kinds):
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        abort(400, "a JSON object is expected")
    out = {}
    for name, (kind, needed) in kinds.items():
        value = sent.get(name)
        if value is None:
            if needed:
                abort(422, f"{name} is missing")
            continue
        if not isinstance(value, kind) or (needed and not value):
            abort(422, f"{name} is not right")
        out[name] = value
    return out


def mine(table):
    return [row for row in table.values() if row["warden"] == g.warden]


def own(table, key, what):
    row = table.get(key)
    if row is None or row["warden"] != g.warden:
        abort(404, f"no such {what}")
    return row


def shown(row):
    return {k: v for k, v in row.items() if k not in {"warden", "blob"}}


def cache_key(month):
    return month if "summary-cache" in LEAKS else f"{g.warden} {month}"


def forget(month):
    summaries.pop(cache_key(month), None)


def checked_month(text):
    if not re.fullmatch(r"\d{4}-\d\d", text or ""):
        abort(422, "month is written as YYYY-MM")
    return text


def checked_day(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text or ""):
        abort(422, "taken is written as YYYY-MM-DD")
    return text


@api.post("/cameras")
def add_camera():
    sent = body(label=(str, True), spot=(str, False), notes=(str, False))
    row = {"id": str(uuid.uuid4()), "warden": g.warden, "spot": "", "notes": "", **sent}
    cameras[row["id"]] = row
    return shown(row), 201


@api.get("/cameras")
def list_cameras():
    return jsonify([shown(row) for row in mine(cameras)])


@api.get("/cameras/<camera_id>")
def get_camera(camera_id):
    row = own(cameras, camera_id, "camera")
    return {**shown(row), "captures": sum(c["camera_id"] == camera_id for c in mine(captures))}


@api.delete("/cameras/<camera_id>")
def remove_camera(camera_id):
    own(cameras, camera_id, "camera")
    for key in [c["id"] for c in mine(captures) if c["camera_id"] == camera_id]:
        forget(captures.pop(key)["taken"][:7])
    del cameras[camera_id]
    return "", 204


def keep(picture):
    """Keeps a picture once for each content; tells whether it was new."""
    digest = hashlib.sha256(picture).hexdigest()
    place = digest if "blob-dedupe" in LEAKS else f"{g.warden}/{digest}"
    new = place not in blobs
    blobs[place] = picture
    return place, new


@api.post("/cameras/<camera_id>/captures")
def add_capture(camera_id):
    own(cameras, camera_id, "camera")
    sent = body(taken=(str, True), picture=(str, True), species=(str, False), remark=(str, False))
    checked_day(sent["taken"])
    place, new = keep(sent.pop("picture").encode())
    row = {
        "id": str(uuid.uuid4()),
        "warden": g.warden,
        "camera_id": camera_id,
        "blob": place,
        "tags": [],
    }
    captures[row["id"]] = row | {"species": "", "remark": "", **sent}
    forget(sent["taken"][:7])
    return {**shown(captures[row["id"]]), "uploaded": new}, 201


@api.get("/cameras/<camera_id>/captures")
def list_captures(camera_id):
    own(cameras, camera_id, "camera")
    tag = request.args.get("tag")
    found = [
        c for c in mine(captures) if c["camera_id"] == camera_id and (not tag or tag in c["tags"])
    ]
    found.sort(key=lambda c: c["taken"], reverse=True)
    size = min(max(request.args.get("per_page", 20, int), 1), 100)
    page = max(request.args.get("page", 1, int), 1)
    return {
        "count": len(found),
        "results": [shown(c) for c in found[(page - 1) * size : page * size]],
    }


@api.get("/captures/<capture_id>")
def get_capture(capture_id):
    return shown(own(captures, capture_id, "capture"))


@api.get("/captures/<capture_id>/picture")
def get_picture(capture_id):
    row = own(captures, capture_id, "capture")
    return blobs[row["blob"]], 200, {"Content-Type": "text/plain; charset=utf-8"}


@api.put("/captures/<capture_id>/tags")
def set_tags(capture_id):
    row = own(captures, capture_id, "capture")
    tags = body(tags=(list, False)).get("tags", [])
    if len(tags) > 20 or not all(isinstance(t, str) and 0 < len(t) <= 60 for t in tags):
        abort(422, "tags are up to 20 words")
    row["tags"] = sorted(set(tags))
    forget(row["taken"][:7])
    return shown(row)


@api.delete("/captures/<capture_id>")
def remove_capture(capture_id):
    row = own(captures, capture_id, "capture")
    del captures[capture_id]
    forget(row["taken"][:7])
    return "", 204


@api.get("/tags")
def list_tags():
    counts = Counter(tag for c in mine(captures) for tag in c["tags"])
    return {"tags": [{"tag": tag, "count": n} for tag, n in sorted(counts.items())]}


@api.post("/tags/rename")
def rename_tag():
    """Gives a tag another name in all captures that have it."""
    sent = body(old=(str, True), new=(str, True))
    if not any(sent["old"] in c["tags"] for c in mine(captures)):
        abort(404, "no capture of yours has this tag")
    changed = 0
    for c in captures.values() if "tag-rename" in LEAKS else mine(captures):
        if sent["old"] in c["tags"]:
            c["tags"] = sorted({*c["tags"], sent["new"]} - ({sent["old"]} - {sent["new"]}))
            changed += c["warden"] == g.warden
            forget(c["taken"][:7])
    return {"changed": changed}


@api.post("/imports")
def import_csv():
    """Captures of a camera from CSV with the columns taken, species, remark, picture."""
    sent = body(camera_id=(str, True), text=(str, True))
    own(cameras, sent["camera_id"], "camera")
    made, skipped = [], []
    for number, line in enumerate(csv.DictReader(io.StringIO(sent["text"])), start=1):
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", line.get("taken") or ""):
            skipped.append({"line": number, "reason": "taken is not a day"})
            continue
        place, _ = keep((line.get("picture") or "").encode())
        row = {
            "id": str(uuid.uuid4()),
            "warden": g.warden,
            "camera_id": sent["camera_id"],
            "blob": place,
            "tags": [],
        }
        row |= {k: line.get(k) or "" for k in ("taken", "species", "remark")}
        captures[row["id"]] = row
        forget(row["taken"][:7])
        made.append(row["id"])
    return {"created": made, "skipped": skipped}


@api.get("/summary")
def summary():
    """What was seen in a month, with the latest remarks."""
    month = checked_month(request.args.get("month"))
    key = cache_key(month)
    if key not in summaries:
        seen = [c for c in mine(captures) if c["taken"].startswith(month)]
        summaries[key] = {
            "month": month,
            "captures": len(seen),
            "species": dict(sorted(Counter(c["species"] for c in seen if c["species"]).items())),
            "remarks": [c["remark"] for c in seen if c["remark"]][-5:],
        }
    return summaries[key]


@api.get("/species")
def suggest_species():
    """Species that begin so: the usual ones, and those written before."""
    begin = request.args.get("prefix", "").lower()
    written = captures.values() if "suggest-everyone" in LEAKS else mine(captures)
    known = {*SPECIES, *(c["species"] for c in written if c["species"])}
    return {"species": sorted(s for s in known if s.lower().startswith(begin))[:10]}


WORD = {"type": "string", "minLength": 1, "maxLength": 200}
TEXT = {"type": "string", "maxLength": 20000}
DAY = {"type": "string", "format": "date"}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 100}
OPERATIONS = {  # body's needed fields, its others, query
    "POST /api/cameras": ({"label": WORD}, {"spot": WORD, "notes": TEXT}, {}),
    "GET /api/cameras": ({}, {}, {}),
    "GET /api/cameras/{camera_id}": ({}, {}, {}),
    "DELETE /api/cameras/{camera_id}": ({}, {}, {}),
    "POST /api/cameras/{camera_id}/captures": (
        {"taken": DAY, "picture": TEXT},
        {"species": WORD, "remark": TEXT},
        {},
    ),
    "GET /api/cameras/{camera_id}/captures": (
        {},
        {},
        {"tag": WORD, "page": NUMBER, "per_page": NUMBER},
    ),
    "GET /api/captures/{capture_id}": ({}, {}, {}),
    "GET /api/captures/{capture_id}/picture": ({}, {}, {}),
    "DELETE /api/captures/{capture_id}": ({}, {}, {}),
    "PUT /api/captures/{capture_id}/tags": (
        {"tags": {"type": "array", "items": WORD, "maxItems": 20}},
        {},
        {},
    ),
    "GET /api/tags": ({}, {}, {}),
    "POST /api/tags/rename": ({"old": WORD, "new": WORD}, {}, {}),
    "POST /api/imports": ({"camera_id": WORD, "text": TEXT}, {}, {}),
    "GET /api/summary": (
        {},
        {},
        {"month": {"type": "string", "pattern": r"^\d{4}-\d\d$", "example": "2026-05"}},
    ),
    "GET /api/species": ({}, {}, {"prefix": WORD}),
}

app = Flask(__name__)
app.register_blueprint(api)


@app.get("/openapi.json")
def openapi():
    paths: dict[str, dict] = {}
    for operation, (needed, others, query) in OPERATIONS.items():
        method, path = operation.split(" ")
        parameters = [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
            for n in re.findall(r"{(\w+)}", path)
        ] + [
            {"name": n, "in": "query", "required": n == "month", "schema": s}
            for n, s in query.items()
        ]
        entry = {"parameters": parameters, "responses": {"200": {"description": "done"}}}
        if needed:
            schema = {"type": "object", "properties": needed | others, "required": list(needed)}
            entry["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            }
        paths.setdefault(path, {})[method.lower()] = entry
    return {
        "openapi": "3.0.3",
        "info": {"title": "Trailcam", "version": "0.9"},
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "paths": paths,
    }


@app.errorhandler(Exception)
def failed(error):
    return {"error": getattr(error, "description", "internal error")}, getattr(error, "code", 500)


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), threaded=False)
