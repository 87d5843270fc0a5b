"""Inkfold: scanned documents, with folders, tags, text search and a trash. Flask, everything in memory."""

import hashlib
import io
import logging
import os
import re
import secrets
import sys
import threading
import uuid
import zipfile
from collections import Counter
from datetime import date
from functools import wraps

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

LEAKS = os.environ.get("LEAKS", "all").replace(" ", "").split(",")

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 2_000_000
lock = threading.RLock()
accounts, keys, folders, documents = {}, {}, {}, {}
pages = Counter()  # pages that were scanned in a month
previews = {}


def leaky(name):
    return "all" in LEAKS or name in LEAKS


class Problem(Exception):
    def __init__(self, status, detail):
        self.status, self.detail = status, detail


@app.errorhandler(Problem)
def problem(p):
    return jsonify(error=p.detail), p.status


@app.errorhandler(HTTPException)
def http_problem(p):
    return jsonify(error=p.description), p.code


def with_key(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        g.me = keys.get(request.headers.get("X-API-Key", ""))
        if g.me is None:
            raise Problem(401, "an API key is needed in X-API-Key")
        with lock:
            return view(*args, **kwargs)

    return guarded


def text(data, name, needed=False, longest=200):
    value = data.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or len(value) > longest or (needed and not value.strip()):
        raise Problem(422, f"{name} must be a text of 1 to {longest} characters")
    return value


def body():
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise Problem(400, "a JSON object is expected")
    return data


def hashed(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1000)


def own(table, row_id, what):
    row = table.get(row_id)
    if row is None or row["account"] != g.me:
        raise Problem(404, f"no such {what}")
    return row


def live(document_id):
    row = own(documents, document_id, "document")
    if row["trashed"]:
        raise Problem(404, "no such document")
    return row


def mine(trashed=False):
    return [d for d in documents.values() if d["account"] == g.me and d["trashed"] == trashed]


def show(d):
    return {k: d[k] for k in ("id", "title", "file_name", "folder_id", "tags", "pages", "scanned")}


def tag_list(value):
    return sorted({t.strip().lower()[:60] for t in (value or "").split(",") if t.strip()})


@app.post("/v1/accounts")
def sign_up():
    data = body()
    email, password = text(data, "email", True), text(data, "password", True)
    with lock:
        if email in accounts:
            raise Problem(409, "this address has an account")
        salt = secrets.token_bytes(16)
        accounts[email] = {"id": str(uuid.uuid4()), "salt": salt, "hash": hashed(password, salt)}
    return jsonify(account_id=accounts[email]["id"]), 201


@app.post("/v1/keys")
def new_key():
    data = body()
    email, password = text(data, "email", True), text(data, "password", True)
    account = accounts.get(email)
    if not account or not secrets.compare_digest(
        account["hash"], hashed(password, account["salt"])
    ):
        raise Problem(401, "wrong address or password")
    key = "ink_" + secrets.token_hex(20)
    keys[key] = account["id"]
    return jsonify(api_key=key, account_id=account["id"]), 201


@app.post("/v1/folders")
@with_key
def add_folder():
    row = {"id": str(uuid.uuid4()), "account": g.me, "name": text(body(), "name", True)}
    folders[row["id"]] = row
    return jsonify({k: v for k, v in row.items() if k != "account"}), 201


@app.get("/v1/folders")
@with_key
def list_folders():
    found = [f for f in folders.values() if f["account"] == g.me]
    return jsonify([{"id": f["id"], "name": f["name"]} for f in found])


@app.get("/v1/folders/<folder_id>/documents")
@with_key
def folder_documents(folder_id):
    if leaky("folder-list"):
        if folder_id not in folders:
            raise Problem(404, "no such folder")
        return jsonify(
            [
                show(d)
                for d in documents.values()
                if d["folder_id"] == folder_id and not d["trashed"]
            ]
        )
    own(folders, folder_id, "folder")
    return jsonify([show(d) for d in mine() if d["folder_id"] == folder_id])


@app.delete("/v1/folders/<folder_id>")
@with_key
def delete_folder(folder_id):
    del folders[own(folders, folder_id, "folder")["id"]]
    for d in documents.values():
        if d["folder_id"] == folder_id:
            d["folder_id"] = None
    return "", 204


@app.post("/v1/documents")
@with_key
def upload():
    file = request.files.get("file")
    if file is None:
        raise Problem(422, "file is missing")
    content = file.read()
    title = text(request.form, "title") or os.path.splitext(file.filename or "")[0] or "scan"
    folder_id = text(request.form, "folder_id") or None
    if folder_id:
        own(folders, folder_id, "folder")
    row = {
        "id": str(uuid.uuid4()),
        "account": g.me,
        "title": title[:200],
        "file_name": (file.filename or "scan")[:200],
        "folder_id": folder_id,
        "tags": tag_list(text(request.form, "tags")),
        "content": content,
        "text": content.decode("utf-8", "replace"),  # stands for what the recognition finds
        "pages": content.count(b"\f") + 1,
        "scanned": date.today().isoformat(),
        "trashed": False,
    }
    documents[row["id"]] = row
    month = row["scanned"][:7]
    pages[month if leaky("usage-month") else (g.me, month)] += row["pages"]
    return jsonify(show(row)), 201


@app.get("/v1/documents")
@with_key
def list_documents():
    tag = request.args.get("tag", "").strip().lower()
    found = [d for d in mine() if not tag or tag in d["tags"]]
    page = request.args.get("page", 1, int)
    if not 1 <= page <= 1000:
        raise Problem(422, "page must be from 1 to 1000")
    return jsonify(
        total=len(found), documents=[show(d) for d in found[(page - 1) * 25 : page * 25]]
    )


@app.get("/v1/documents/<document_id>")
@with_key
def document(document_id):
    return jsonify(show(live(document_id)))


@app.get("/v1/documents/<document_id>/preview")
@with_key
def preview(document_id):
    """The beginning of the recognised text, rendered once and kept."""
    row = live(document_id)
    name = row["id"]
    if leaky("preview-title"):
        name = re.sub(r"\W+", "-", row["title"].lower())
    name += ".txt"
    if name not in previews:
        previews[name] = f"{row['file_name']}, {row['pages']} p.\n\n{row['text'][:300]}"
    return Response(previews[name], mimetype="text/plain")


@app.patch("/v1/documents/<document_id>")
@with_key
def change_document(document_id):
    row, data = live(document_id), body()
    title, folder_id, tags = text(data, "title"), text(data, "folder_id"), text(data, "tags")
    if folder_id:
        row["folder_id"] = own(folders, folder_id, "folder")["id"]
    if title:
        row["title"] = title
    if tags is not None:
        row["tags"] = tag_list(tags)
    return jsonify(show(row))


@app.delete("/v1/documents/<document_id>")
@with_key
def trash_document(document_id):
    live(document_id)["trashed"] = True
    return "", 204


@app.get("/v1/trash")
@with_key
def trash():
    return jsonify([show(d) for d in mine(trashed=True)])


@app.post("/v1/trash/<document_id>/restore")
@with_key
def restore(document_id):
    row = own(documents, document_id, "document")
    if not row["trashed"]:
        raise Problem(404, "no such document")
    row["trashed"] = False
    return jsonify(show(row))


@app.delete("/v1/trash")
@with_key
def empty_trash():
    gone = [
        d
        for d in documents.values()
        if d["trashed"] and (leaky("empty-trash") or d["account"] == g.me)
    ]
    for d in gone:
        del documents[d["id"]]
    return jsonify(removed=sum(d["account"] == g.me for d in gone))


@app.get("/v1/search")
@with_key
def search():
    q = request.args.get("q", "").lower()
    if not q:
        raise Problem(422, "q is missing")
    return jsonify([show(d) for d in mine() if q in d["title"].lower() or q in d["text"].lower()])


@app.get("/v1/usage")
@with_key
def usage():
    month = date.today().isoformat()[:7]
    scanned = pages[month if leaky("usage-month") else (g.me, month)]
    return jsonify(
        month=month,
        pages_scanned=scanned,
        documents=len(mine()),
        bytes=sum(len(d["content"]) for d in mine()),
    )


@app.get("/v1/export.zip")
@with_key
def export():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for d in mine():
            archive.writestr(
                f"{d['id']}/{os.path.basename(d['file_name']) or 'scan'}", d["content"]
            )
    return Response(out.getvalue(), mimetype="application/zip")


WORD = {"type": "string", "minLength": 1, "maxLength": 200}
FILE = {"type": "string", "format": "binary"}
ACCOUNT = {"email": WORD, "password": WORD}
CHANGE = {"title": WORD, "folder_id": WORD, "tags": {**WORD, "description": "separated by commas"}}
DESCRIBED = {  # fields of the body, how many of them are needed, parameters of the query
    "POST /v1/accounts": (ACCOUNT, 2, {}),
    "POST /v1/keys": (ACCOUNT, 2, {}),
    "POST /v1/folders": ({"name": WORD}, 1, {}),
    "GET /v1/folders": ({}, 0, {}),
    "GET /v1/folders/{folder_id}/documents": ({}, 0, {}),
    "DELETE /v1/folders/{folder_id}": ({}, 0, {}),
    "POST /v1/documents": ({"file": FILE, **CHANGE}, 1, {}),
    "GET /v1/documents": ({}, 0, {"tag": WORD, "page": {"type": "integer", "minimum": 1, "maximum": 1000}}),
    "GET /v1/documents/{document_id}": ({}, 0, {}),
    "GET /v1/documents/{document_id}/preview": ({}, 0, {}),
    "PATCH /v1/documents/{document_id}": (CHANGE, 0, {}),
    "DELETE /v1/documents/{document_id}": ({}, 0, {}),
    "GET /v1/trash": ({}, 0, {}),
    "POST /v1/trash/{document_id}/restore": ({}, 0, {}),
    "DELETE /v1/trash": ({}, 0, {}),
    "GET /v1/search": ({}, 0, {"q": WORD}),
    "GET /v1/usage": ({}, 0, {}),
    "GET /v1/export.zip": ({}, 0, {}),
}  # fmt: skip


@app.get("/openapi.json")
def openapi():
    paths = {}
    for operation, (fields, needed, params) in DESCRIBED.items():
        method, path = operation.split()
        parameters = [
            {"name": n, "in": "path", "required": True, "schema": WORD}
            for n in re.findall(r"{(\w+)}", path)
        ]
        parameters += [
            {"name": n, "in": "query", "required": n == "q", "schema": s} for n, s in params.items()
        ]
        entry = {"parameters": parameters, "responses": {"200": {"description": "OK"}}}
        if fields:
            schema = {"type": "object", "properties": fields, "required": list(fields)[:needed]}
            kind = "multipart/form-data" if "file" in fields else "application/json"
            entry["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
        if fields is ACCOUNT:
            entry["security"] = []
        paths.setdefault(path, {})[method.lower()] = entry
    scheme = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    info = {"title": "Inkfold", "version": "1.0.4"}
    return jsonify(
        openapi="3.0.3",
        info=info,
        paths=paths,
        security=[{"key": []}],
        components={"securitySchemes": scheme},
    )


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel("ERROR")
    make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True).serve_forever()
