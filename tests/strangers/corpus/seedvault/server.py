"""Seedvault: accessions of seed savers, their germination tests and storage log. Bottle, SQLite in memory.

Every saver has an API key, which goes into X-API-Key.
"""

import csv
import io
import json
import os
import re
import sqlite3
import sys
from socketserver import ThreadingMixIn
from threading import RLock
from uuid import uuid4
from wsgiref.simple_server import WSGIServer

import bottle
from bottle import Bottle, HTTPError, request, response

LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
KEYS = {
    "sv-rosa-5d1e8f40a7": "rosa",
    "sv-emil-92c07b3d16": "emil",
    "sv-lena-e8b4416f0c": "lena",
    "sv-otto-30fd9a27c5": "otto",
}
PAGE = 10


def leak(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


lock = RLock()
db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
db.row_factory = sqlite3.Row
db.executescript(f"""
create table accession (pk integer primary key {"" if leak("leftover") else "autoincrement"}, id text unique not null,
  owner text not null, species text not null, name text not null, origin text not null default '',
  notes text not null default '', grams integer not null default 0, archived integer not null default 0);
create table test (id text primary key, accession_id text not null, sown integer, sprouted integer, remarks text);
create table storage (accession_pk integer not null, text text not null);
create table tag (accession_pk integer not null, tag text not null);
""")

TEXT = {"type": "string", "maxLength": 2000}
NAME = {"type": "string", "minLength": 1, "maxLength": 120}
GRAMS = {"type": "integer", "minimum": 0, "maximum": 100000}
ONE = {"type": "integer", "minimum": 1, "maximum": 100000}
IDS = {"type": "array", "items": {"type": "string"}, "maxItems": 50}
ROW = {
    "id": {"type": "string", "maxLength": 64},
    "species": NAME,
    "name": NAME,
    "origin": TEXT,
    "notes": TEXT,
}


def objects(properties: dict, *required: str) -> dict:
    return {"type": "object", "properties": properties, "required": list(required)}


NEW = objects(
    {"species": NAME, "name": NAME, "origin": TEXT, "notes": TEXT, "grams": GRAMS},
    "species",
    "name",
)
CHANGE = objects({"species": NAME, "name": NAME, "origin": TEXT, "notes": TEXT})
TEST = objects({"sown": ONE, "sprouted": GRAMS, "remarks": TEXT}, "sown", "sprouted")
ENTRY = objects({"text": {**TEXT, "minLength": 1}}, "text")
TAGS = objects(
    {
        "tags": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 60},
            "maxItems": 10,
        }
    },
    "tags",
)
SPLIT = objects({"grams": ONE, "name": NAME}, "grams", "name")
TAKE = objects({"grams": ONE}, "grams")
RESTORE = objects({"ids": IDS}, "ids")
IMPORT = objects(
    {
        "rows": {
            "type": "array",
            "items": objects(ROW, "species", "name"),
            "minItems": 1,
            "maxItems": 50,
        }
    },
    "rows",
)

app = Bottle()
paths: dict[str, dict] = {}


def fits(value, schema: dict, where: str = "body") -> None:
    kinds = {"string": str, "integer": int, "array": list, "object": dict}
    if not isinstance(value, kinds[schema["type"]]) or isinstance(value, bool):
        raise HTTPError(422, f"{where}: {schema['type']} wanted")
    if schema["type"] == "string" and not schema.get("minLength", 0) <= len(value) <= schema.get(
        "maxLength", 10**6
    ):
        raise HTTPError(
            422, f"{where}: {schema.get('minLength', 0)} to {schema.get('maxLength')} characters"
        )
    if schema["type"] == "integer" and not schema["minimum"] <= value <= schema["maximum"]:
        raise HTTPError(422, f"{where}: {schema['minimum']} to {schema['maximum']}")
    if schema["type"] == "array":
        if not schema.get("minItems", 0) <= len(value) <= schema["maxItems"]:
            raise HTTPError(422, f"{where}: at most {schema['maxItems']}")
        for n, item in enumerate(value):
            fits(item, schema["items"], f"{where}[{n}]")
    if schema["type"] == "object":
        for name in schema["required"]:
            if name not in value:
                raise HTTPError(422, f"{where}.{name} is missing")
        for name, part in value.items():
            if name in schema["properties"]:
                fits(part, schema["properties"][name], f"{where}.{name}")


def op(method: str, path: str, body: dict | None = None, query: dict | None = None):
    """Registers a handler that is given the caller, the path's parts and the body, and describes it."""

    def register(handler):
        def call(**parts):
            who = KEYS.get(request.get_header("X-API-Key", ""))
            if who is None:
                raise HTTPError(401, "a key is needed")
            given = {}
            if body is not None:
                try:
                    given = json.loads(request.body.read())
                except ValueError:
                    raise HTTPError(400, "JSON is wanted") from None
                fits(given, body)
                given = {k: v for k, v in given.items() if k in body["properties"]}
            with lock:
                answer = handler(who, *parts.values(), *([given] if body is not None else []))
            if answer is None:
                response.status = 204
                return ""
            if isinstance(answer, str):
                return answer
            response.content_type = "application/json"
            return json.dumps(answer)

        app.route(re.sub(r"{(\w+)}", r"<\1>", path), method, call)
        said = {
            "operationId": handler.__name__,
            "summary": handler.__doc__ or handler.__name__,
            "responses": {"200": {"description": "done"}},
        }
        said["parameters"] = [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
            for n in re.findall(r"{(\w+)}", path)
        ]
        said["parameters"] += [
            {"name": n, "in": "query", "required": n == "q", "schema": s}
            for n, s in (query or {}).items()
        ]
        if body is not None:
            said["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": body}},
            }
        paths.setdefault(path, {})[method.lower()] = said
        return handler

    return register


def show(row: sqlite3.Row) -> dict:
    shown = {k: row[k] for k in ("id", "species", "name", "origin", "notes", "grams")}
    tags = [
        r["tag"]
        for r in db.execute("select tag from tag where accession_pk = ? order by tag", (row["pk"],))
    ]
    return {**shown, "archived": bool(row["archived"]), "tags": tags}


def own(who: str, accession_id: str) -> sqlite3.Row:
    row = db.execute(
        "select * from accession where id = ? and owner = ?", (accession_id, who)
    ).fetchone()
    if row is None:
        raise HTTPError(404, "no such accession")
    return row


def insert(who: str, given: dict) -> str:
    new = uuid4().hex
    values = {"origin": "", "notes": "", "grams": 0, **given, "id": new, "owner": who}
    db.execute(
        "insert into accession (id, owner, species, name, origin, notes, grams)"
        " values (:id, :owner, :species, :name, :origin, :notes, :grams)",
        values,
    )
    return new


def flush(row: sqlite3.Row) -> None:
    """Deletes an accession for good."""
    db.execute("delete from accession where pk = ?", (row["pk"],))
    db.execute("delete from test where accession_id = ?", (row["id"],))
    db.execute("delete from tag where accession_pk = ?", (row["pk"],))
    if not leak("leftover"):
        db.execute("delete from storage where accession_pk = ?", (row["pk"],))


@op("POST", "/accessions", NEW)
def add_accession(who, given):
    return show(own(who, insert(who, given)))


@op(
    "GET",
    "/accessions",
    query={
        "species": {"type": "string"},
        "tag": {"type": "string"},
        "sort": {"type": "string", "enum": ["name", "species", "grams"]},
        "page": {"type": "integer", "minimum": 1, "maximum": 1000},
    },
)
def list_accessions(who):
    """The caller's accessions that are not archived, ten a page"""
    query = request.query.decode()
    rows = db.execute(
        "select * from accession where owner = ? and not archived order by pk desc", (who,)
    ).fetchall()
    found = [show(r) for r in rows]
    if query.get("species"):
        found = [a for a in found if a["species"] == query["species"]]
    if query.get("tag"):
        found = [a for a in found if query["tag"] in a["tags"]]
    if query.get("sort") in ("name", "species", "grams"):
        found.sort(key=lambda a: a[query["sort"]])
    page = query.get("page", "1")
    if not page.isascii() or not page.isdecimal() or not 1 <= int(page) <= 1000:
        raise HTTPError(422, "page: 1 to 1000")
    return found[(int(page) - 1) * PAGE :][:PAGE]


@op("GET", "/accessions/{accession_id}")
def get_accession(who, accession_id):
    return show(own(who, accession_id))


@op("PATCH", "/accessions/{accession_id}", CHANGE)
def change_accession(who, accession_id, given):
    row = own(who, accession_id)
    for name, value in given.items():
        db.execute(f"update accession set {name} = ? where pk = ?", (value, row["pk"]))
    return show(own(who, accession_id))


@op("DELETE", "/accessions/{accession_id}")
def remove_accession(who, accession_id):
    """Deletes an accession with all that belongs to it"""
    flush(own(who, accession_id))


@op("POST", "/accessions/{accession_id}/tests", TEST)
def add_test(who, accession_id, given):
    """A germination test"""
    row = own(who, accession_id)
    new = {
        "id": uuid4().hex,
        "accession_id": row["id"],
        "sown": given["sown"],
        "sprouted": given["sprouted"],
        "remarks": given.get("remarks", ""),
    }
    db.execute("insert into test values (:id, :accession_id, :sown, :sprouted, :remarks)", new)
    return new


@op("GET", "/accessions/{accession_id}/tests")
def list_tests(who, accession_id):
    """The germination tests of an accession"""
    if not leak("tests"):
        own(who, accession_id)
    elif db.execute("select 1 from accession where id = ?", (accession_id,)).fetchone() is None:
        raise HTTPError(404, "no such accession")
    return [
        dict(r)
        for r in db.execute(
            "select * from test where accession_id = ? order by rowid", (accession_id,)
        )
    ]


@op("POST", "/accessions/{accession_id}/storage", ENTRY)
def add_storage(who, accession_id, given):
    """Notes where and how the seeds are kept"""
    row = own(who, accession_id)
    db.execute("insert into storage values (?, ?)", (row["pk"], given["text"]))
    return {"accession_id": row["id"], "text": given["text"]}


@op("GET", "/accessions/{accession_id}/storage")
def list_storage(who, accession_id):
    row = own(who, accession_id)
    rows = db.execute(
        "select text from storage where accession_pk = ? order by rowid", (row["pk"],)
    )
    return [{"accession_id": row["id"], "text": r["text"]} for r in rows]


@op("PUT", "/accessions/{accession_id}/tags", TAGS)
def set_tags(who, accession_id, given):
    row = own(who, accession_id)
    db.execute("delete from tag where accession_pk = ?", (row["pk"],))
    for tag in sorted(set(given["tags"])):
        db.execute("insert into tag values (?, ?)", (row["pk"], tag))
    return show(own(who, accession_id))


@op("GET", "/tags")
def list_tags(who):
    """Tags that are in use, with how often, for the cloud"""
    if leak("tags"):
        rows = db.execute("select tag, count(*) n from tag group by tag order by n desc, tag")
    else:
        rows = db.execute(
            "select tag, count(*) n from tag join accession on pk = accession_pk where owner = ? group by tag order by n desc, tag",
            (who,),
        )
    return [{"tag": r["tag"], "count": r["n"]} for r in rows]


@op("POST", "/accessions/{accession_id}/take", TAKE)
def take_seeds(who, accession_id, given):
    """Takes seeds out"""
    row = own(who, accession_id)
    if given["grams"] > row["grams"]:
        raise HTTPError(409, "so many seeds are not there")
    db.execute("update accession set grams = grams - ? where pk = ?", (given["grams"], row["pk"]))
    return show(own(who, accession_id))


@op("POST", "/accessions/{accession_id}/split", SPLIT)
def split_accession(who, accession_id, given):
    """Puts a part of the seeds into an accession of its own"""
    row = own(who, accession_id)
    take_seeds(who, accession_id, given)
    kept = {k: row[k] for k in ("species", "origin", "notes")}
    return show(own(who, insert(who, {**kept, **given})))


@op("POST", "/accessions/{accession_id}/archive")
def archive_accession(who, accession_id):
    db.execute("update accession set archived = 1 where pk = ?", (own(who, accession_id)["pk"],))
    return show(own(who, accession_id))


@op("GET", "/archive")
def list_archive(who):
    return [
        show(r)
        for r in db.execute(
            "select * from accession where owner = ? and archived order by pk", (who,)
        )
    ]


@op("POST", "/archive/restore", RESTORE)
def restore(who, given):
    """Takes accessions out of the archive; others' and unknown ids are passed over"""
    done = 0
    for one in given["ids"]:
        done += db.execute(
            "update accession set archived = 0 where id = ? and owner = ? and archived", (one, who)
        ).rowcount
    return {"restored": done}


@op("GET", "/search", query={"q": {"type": "string", "minLength": 1}})
def search(who):
    """Accessions with these letters in name, species, origin or notes"""
    q = (request.query.decode().get("q") or "").lower()
    if not q:
        raise HTTPError(422, "q is missing")
    rows = db.execute("select * from accession where owner = ? order by pk", (who,)).fetchall()
    return [
        show(r)
        for r in rows
        if q in " ".join([r["name"], r["species"], r["origin"], r["notes"]]).lower()
    ]


@op("POST", "/import", IMPORT)
def import_rows(who, given):
    """Takes rows of a spreadsheet over; rows with the id of an accession correct it, others are new"""
    for r in given["rows"]:
        kept = {k: r.get(k, "") for k in ("species", "name", "origin", "notes")}
        if leak("import"):
            db.execute(
                "insert into accession (id, owner, species, name, origin, notes) values (?, ?, ?, ?, ?, ?) on conflict (id) do update"
                " set species = excluded.species, name = excluded.name, origin = excluded.origin, notes = excluded.notes",
                (r.get("id") or uuid4().hex, who, *kept.values()),
            )
            continue
        done = db.execute(
            "update accession set species = ?, name = ?, origin = ?, notes = ? where id = ? and owner = ?",
            (*kept.values(), r.get("id", ""), who),
        )
        if done.rowcount == 0:
            insert(who, kept)
    return {"imported": len(given["rows"])}


@op("GET", "/export")
def export(who):
    """The caller's accessions as CSV"""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "species", "name", "origin", "notes", "grams"])
    for r in db.execute("select * from accession where owner = ? order by pk", (who,)):
        writer.writerow([r[k] for k in ("id", "species", "name", "origin", "notes", "grams")])
    response.content_type = "text/csv; charset=utf-8"
    return out.getvalue()


@op("GET", "/stats")
def stats(who):
    """Accessions, grams and how many seeds sprouted, of the caller's"""
    n, grams = db.execute(
        "select count(*), coalesce(sum(grams), 0) from accession where owner = ?", (who,)
    ).fetchone()
    sown, sprouted = db.execute(
        "select coalesce(sum(sown), 0), coalesce(sum(sprouted), 0) from test t join accession a on a.id = t.accession_id where owner = ?",
        (who,),
    ).fetchone()
    return {"accessions": n, "grams": grams, "sown": sown, "sprouted": sprouted}


@app.get("/openapi.json")
def openapi():
    security = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Seedvault", "version": "3"},
        "paths": paths,
        "components": {"securitySchemes": security},
        "security": [{"key": []}],
    }


def refused(error: HTTPError) -> str:
    response.content_type = "application/json"
    return json.dumps({"error": error.body if error.status_code < 500 else "failed"})


app.default_error_handler = refused


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    bottle.run(
        app,
        server="wsgiref",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        quiet=True,
        server_class=Threads,
    )
