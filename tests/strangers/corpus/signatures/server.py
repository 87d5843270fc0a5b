"""Electronic signatures: documents are drafted, sent, signed and kept with an audit trail.

Accounts are made by sign-up; the OAuth2 password form gives a JWT. SQLite holds everything.
"""

import hashlib
import json
import os
import secrets
import sqlite3
import sys
import tempfile
import time
import uuid
from contextlib import closing
from pathlib import Path

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, Field

LEAKS = {"duplicate-any", "audit-trail", "reminder-first", "title-taken"}
if os.environ.get("LEAKS", "all") != "all":
    LEAKS &= set(os.environ["LEAKS"].split(","))

SECRET = secrets.token_hex(32)
DATABASE = Path(tempfile.mkdtemp(prefix="signatures-")) / "signatures.db"
SCHEMA = """
CREATE TABLE accounts (id TEXT PRIMARY KEY, username TEXT UNIQUE, salt TEXT, digest TEXT);
CREATE TABLE documents (
    id TEXT PRIMARY KEY, account_id TEXT, title TEXT, content TEXT, status TEXT,
    reminders INTEGER DEFAULT 0, created REAL
);
CREATE TABLE signers (
    id TEXT PRIMARY KEY, document_id TEXT, email TEXT, full_name TEXT, signed REAL
);
CREATE TABLE audit (document_id TEXT, at REAL, what TEXT, details TEXT);
"""
TEMPLATES = [
    {"key": "nda", "title": "Mutual non-disclosure", "content": "The parties agree to keep ..."},
    {"key": "offer", "title": "Offer of employment", "content": "We are pleased to offer ..."},
    {"key": "lease", "title": "Lease of a flat", "content": "The landlord lets to the tenant ..."},
]

app = FastAPI(title="Signatures", version="1.0")
oauth = OAuth2PasswordBearer(tokenUrl="/auth/token")


def connection() -> sqlite3.Connection:
    db = sqlite3.connect(DATABASE, isolation_level=None, timeout=10, check_same_thread=False)
    db.row_factory = sqlite3.Row
    return db


with closing(connection()) as setup:
    setup.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + SCHEMA)


def get_db():
    with closing(connection()) as db:
        yield db


class SignUp(BaseModel):
    username: str = Field(pattern=r"^[a-z0-9_.-]{3,40}$")
    password: str = Field(min_length=6, max_length=100)


class DocumentIn(BaseModel):
    title: str = Field(min_length=1, max_length=150)
    content: str = Field(default="", max_length=20000)
    template: str | None = None


class DocumentUpdate(BaseModel):
    title: str | None = Field(default=None, min_length=1, max_length=150)
    content: str | None = Field(default=None, max_length=20000)


class SignerIn(BaseModel):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    full_name: str = Field(min_length=1, max_length=100)


class Signature(BaseModel):
    signer_id: str
    typed_name: str


def digest_of(password: str, salt: str) -> str:
    return hashlib.sha256((salt + password).encode()).hexdigest()


def current_account(token: str = Depends(oauth)) -> str:
    try:
        return jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]
    except jwt.PyJWTError:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"})


@app.post("/auth/sign-up", status_code=201)
def sign_up(body: SignUp, db=Depends(get_db)):
    salt = secrets.token_hex(8)
    try:
        db.execute(
            "INSERT INTO accounts VALUES (?, ?, ?, ?)",
            (str(uuid.uuid4()), body.username, salt, digest_of(body.password, salt)),
        )
    except sqlite3.IntegrityError:
        raise HTTPException(409, "This username is taken")
    return {"username": body.username}


@app.post("/auth/token")
def token(form: OAuth2PasswordRequestForm = Depends(), db=Depends(get_db)):
    row = db.execute("SELECT * FROM accounts WHERE username = ?", (form.username,)).fetchone()
    if row is None or row["digest"] != digest_of(form.password, row["salt"]):
        raise HTTPException(400, "Incorrect username or password")
    claims = {"sub": row["id"], "exp": int(time.time()) + 36000}
    return {"access_token": jwt.encode(claims, SECRET, "HS256"), "token_type": "bearer"}


def document_or_404(db: sqlite3.Connection, document_id: str, account: str) -> sqlite3.Row:
    row = db.execute(
        "SELECT * FROM documents WHERE id = ? AND account_id = ?", (document_id, account)
    ).fetchone()
    if row is None:
        raise HTTPException(404, "Document not found")
    return row


def log(db: sqlite3.Connection, document_id: str, what: str, **details: str) -> None:
    db.execute(
        "INSERT INTO audit VALUES (?, ?, ?, ?)",
        (document_id, time.time(), what, json.dumps(details)),
    )


def shown(db: sqlite3.Connection, document_id: str) -> dict:
    row = dict(db.execute("SELECT * FROM documents WHERE id = ?", (document_id,)).fetchone())
    del row["account_id"]
    row["signers"] = [
        {"id": each["id"], "email": each["email"], "signed": each["signed"] is not None}
        for each in db.execute("SELECT * FROM signers WHERE document_id = ?", (document_id,))
    ]
    return row


def insert(db: sqlite3.Connection, account: str, title: str, content: str) -> str:
    document_id = str(uuid.uuid4())
    db.execute(
        "INSERT INTO documents (id, account_id, title, content, status, created)"
        " VALUES (?, ?, ?, ?, 'draft', ?)",
        (document_id, account, title, content, time.time()),
    )
    return document_id


@app.get("/templates")
def templates():
    return TEMPLATES


@app.post("/documents", status_code=201)
def create(body: DocumentIn, account: str = Depends(current_account), db=Depends(get_db)):
    content = body.content
    if body.template is not None:
        chosen = [each for each in TEMPLATES if each["key"] == body.template]
        if not chosen:
            raise HTTPException(422, "Unknown template")
        content = content or chosen[0]["content"]
    query = "SELECT id FROM documents WHERE title = ?"
    values = [body.title]
    if "title-taken" not in LEAKS:
        query += " AND account_id = ?"
        values.append(account)
    if db.execute(query, values).fetchone():
        raise HTTPException(409, "You already have a document with this title")
    document_id = insert(db, account, body.title, content)
    log(db, document_id, "created", title=body.title)
    return shown(db, document_id)


@app.get("/documents")
def index(status: str | None = None, account: str = Depends(current_account), db=Depends(get_db)):
    rows = db.execute(
        "SELECT id, status FROM documents WHERE account_id = ? ORDER BY created", (account,)
    )
    wanted = [row["id"] for row in rows if status in (None, row["status"])]
    return {"documents": [shown(db, document_id) for document_id in wanted]}


@app.get("/documents/{document_id}")
def show(document_id: str, account: str = Depends(current_account), db=Depends(get_db)):
    document_or_404(db, document_id, account)
    return shown(db, document_id)


@app.put("/documents/{document_id}")
def update(
    document_id: str,
    body: DocumentUpdate,
    account: str = Depends(current_account),
    db=Depends(get_db),
):
    row = document_or_404(db, document_id, account)
    if row["status"] != "draft":
        raise HTTPException(409, "A document that was sent cannot be changed")
    db.execute(
        "UPDATE documents SET title = ?, content = ? WHERE id = ?",
        (body.title or row["title"], body.content or row["content"], document_id),
    )
    log(db, document_id, "edited", title=body.title or row["title"])
    return shown(db, document_id)


@app.delete("/documents/{document_id}", status_code=204)
def delete(document_id: str, account: str = Depends(current_account), db=Depends(get_db)):
    document_or_404(db, document_id, account)
    for table in ("signers", "audit"):
        db.execute(f"DELETE FROM {table} WHERE document_id = ?", (document_id,))
    db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
    return Response(status_code=204)


@app.post("/documents/{document_id}/duplicate", status_code=201)
def duplicate(document_id: str, account: str = Depends(current_account), db=Depends(get_db)):
    """A new draft with the same text, without the signers."""
    if "duplicate-any" in LEAKS:
        row = db.execute("SELECT * FROM documents WHERE id = ?", (document_id,)).fetchone()
        if row is None:
            raise HTTPException(404, "Document not found")
    else:
        row = document_or_404(db, document_id, account)
    copy_id = insert(db, account, f"Copy of {row['title']}", row["content"])
    log(db, copy_id, "duplicated", title=row["title"])
    return shown(db, copy_id)


@app.post("/documents/{document_id}/signers", status_code=201)
def add_signer(
    document_id: str,
    body: SignerIn,
    account: str = Depends(current_account),
    db=Depends(get_db),
):
    document_or_404(db, document_id, account)
    signer_id = uuid.uuid4().hex[:12]
    db.execute(
        "INSERT INTO signers VALUES (?, ?, ?, ?, NULL)",
        (signer_id, document_id, body.email, body.full_name),
    )
    db.execute("UPDATE documents SET status = 'sent' WHERE id = ?", (document_id,))
    log(db, document_id, "sent", to=body.email, name=body.full_name)
    return {"id": signer_id, "email": body.email, "full_name": body.full_name}


@app.post("/documents/{document_id}/reminders")
def remind(document_id: str, account: str = Depends(current_account), db=Depends(get_db)):
    """Sends a reminder to the signers who have not signed."""
    if "reminder-first" in LEAKS:
        db.execute("UPDATE documents SET reminders = reminders + 1 WHERE id = ?", (document_id,))
        document_or_404(db, document_id, account)
    else:
        document_or_404(db, document_id, account)
        db.execute("UPDATE documents SET reminders = reminders + 1 WHERE id = ?", (document_id,))
    row = document_or_404(db, document_id, account)
    return {"reminders": row["reminders"]}


@app.post("/documents/{document_id}/sign")
def sign(
    document_id: str,
    body: Signature,
    account: str = Depends(current_account),
    db=Depends(get_db),
):
    """Signs on the owner's device, in the name of one of the document's signers."""
    document_or_404(db, document_id, account)
    signer = db.execute(
        "SELECT * FROM signers WHERE id = ? AND document_id = ?", (body.signer_id, document_id)
    ).fetchone()
    if signer is None:
        raise HTTPException(404, "Signer not found")
    if body.typed_name != signer["full_name"]:
        raise HTTPException(422, "The typed name differs from the signer's name")
    db.execute("UPDATE signers SET signed = ? WHERE id = ?", (time.time(), signer["id"]))
    open_ones = db.execute(
        "SELECT 1 FROM signers WHERE document_id = ? AND signed IS NULL", (document_id,)
    ).fetchone()
    if open_ones is None:
        db.execute("UPDATE documents SET status = 'completed' WHERE id = ?", (document_id,))
    log(db, document_id, "signed", name=signer["full_name"])
    return shown(db, document_id)


@app.get("/documents/{document_id}/audit")
def audit(document_id: str, account: str = Depends(current_account), db=Depends(get_db)):
    if "audit-trail" not in LEAKS:
        document_or_404(db, document_id, account)
    rows = db.execute("SELECT * FROM audit WHERE document_id = ? ORDER BY at", (document_id,))
    entries = [
        {"at": row["at"], "what": row["what"], "details": json.loads(row["details"])}
        for row in rows
    ]
    if not entries:
        raise HTTPException(404, "Document not found")
    return {"entries": entries}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
