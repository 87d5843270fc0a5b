"""Press archive: clippings (files or texts) with tags, alerts, exports. REST, and tools of an assistant by MCP."""

import asyncio
import hashlib
import io
import os
import re
import secrets
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import uvicorn
from fastapi import (
    BackgroundTasks,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Response,
    UploadFile,
)
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.auth import AccessToken, TokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import BaseModel, Field

LEAKS = os.environ.get("LEAKS", "all").split(",")
FOLDER = Path(tempfile.mkdtemp(prefix="clippings-"))


def leak(name: str) -> bool:
    return LEAKS == ["all"] or name in LEAKS


@dataclass
class Reader:
    name: str
    salt: str
    password: str
    id: str = field(default_factory=lambda: str(uuid4()))


@dataclass
class Clipping:
    reader: str
    title: str
    source: str
    tags: list[str]
    filename: str
    content: bytes
    digest: str
    id: str = field(default_factory=lambda: str(uuid4()))
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    binned: bool = False

    def show(self) -> dict:
        names = ("id", "title", "source", "tags", "filename", "at")
        return {n: getattr(self, n) for n in names} | {"bytes": len(self.content)}


@dataclass
class Alert:
    reader: str
    words: str
    id: str = field(default_factory=lambda: str(uuid4()))
    hits: int = 0


@dataclass
class Export:
    reader: str
    name: str
    tag: str | None
    file: Path
    id: str = field(default_factory=lambda: str(uuid4()))
    state: str = "waiting"

    def show(self) -> dict:
        return {"id": self.id, "name": self.name, "tag": self.tag, "state": self.state}


readers: dict[str, Reader] = {}
tokens: dict[str, str] = {}
clippings: dict[str, Clipping] = {}
alerts: dict[str, Alert] = {}
notices: dict[str, list[dict]] = {}
exports: dict[str, Export] = {}


class NotThere(Exception):
    pass


def hashed(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 1000).hex()


def own(table: dict, row_id: str, reader: str):
    row = table.get(row_id)
    if row is None or row.reader != reader:
        raise NotThere
    return row


def clipping_of(reader: str, clipping_id: str, binned: bool = False) -> Clipping:
    found = own(clippings, clipping_id, reader)
    if found.binned != binned:
        raise NotThere
    return found


def all_of(reader: str, tag: str | None = None) -> list[Clipping]:
    rows = [c for c in list(clippings.values()) if c.reader == reader and not c.binned]
    return [c for c in rows if tag is None or tag in c.tags]


def words_in(clipping: Clipping, words: str) -> bool:
    text = f"{clipping.title} {clipping.source} {' '.join(clipping.tags)} {clipping.content[:20000].decode(errors='ignore')}"
    return words.lower() in text.lower()


def file_away(
    reader: str, title: str, source: str, tags: list[str], filename: str, content: bytes
) -> dict:
    """Stores a clipping. What has the same content as one that is there already is stored, and named in the answer."""
    digest = hashlib.sha256(content).hexdigest()
    known = [c for c in clippings.values() if c.digest == digest and not c.binned]
    if not leak("same-content"):
        known = [c for c in known if c.reader == reader]
    new = Clipping(reader, title, source, tags, filename, content, digest)
    clippings[new.id] = new
    for alert in alerts.values():
        if (alert.reader == reader or leak("alerts")) and words_in(new, alert.words):
            alert.hits += 1
            text = f"{new.title!r} has {alert.words!r}"
            notices.setdefault(alert.reader, []).append(
                {"alert_id": alert.id, "text": text, "at": new.at}
            )
    return new.show() | {"duplicate": bool(known), "same_as": known[0].title if known else None}


def write_export(export: Export) -> None:
    export.state = "running"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n, c in enumerate(all_of(export.reader, export.tag), 1):
            archive.writestr(f"{n:04}-{Path(c.filename).name or 'file'}", c.content)
        archive.writestr(
            "index.txt",
            "\n".join(f"{c.title} | {c.source}" for c in all_of(export.reader, export.tag)),
        )
    export.file.write_bytes(packed.getvalue())
    export.state = "done"


# the assistant's tools


class Tokens(TokenVerifier):
    async def verify_token(self, token: str) -> AccessToken | None:
        if token not in tokens:
            return None
        return AccessToken(
            token=token, client_id=tokens[token], scopes=[], claims={"sub": tokens[token]}
        )


assistant = FastMCP(
    "clippings", instructions="The press archive of the reader who is logged in.", auth=Tokens()
)


def caller() -> str:
    token = get_access_token()
    if token is None:
        raise ToolError("Log in first")
    return token.claims["sub"]


@assistant.tool
async def find_clippings(query: Annotated[str, Field(min_length=1)]) -> list[dict]:
    """The reader's clippings with these words."""
    return [c.show() for c in all_of(caller()) if words_in(c, query)][:20]


@assistant.tool
async def get_clipping(clipping_id: str) -> dict:
    """One clipping with the beginning of its text."""
    found = clippings.get(clipping_id)
    if found is None or found.binned or (found.reader != caller() and not leak("tool-read")):
        raise ToolError("There is no such clipping")
    return found.show() | {"text": found.content[:2000].decode(errors="replace")}


@assistant.tool
async def note_clipping(
    title: str, text: str, source: str = "", tags: list[str] | None = None
) -> dict:
    """Files a text away as a clipping."""
    return file_away(caller(), title, source, tags or [], "note.txt", text.encode())


@assistant.tool
async def tag_clipping(clipping_id: str, tags: list[str]) -> dict:
    """Gives a clipping other tags."""
    try:
        found = clipping_of(caller(), clipping_id)
    except NotThere:
        raise ToolError("There is no such clipping") from None
    found.tags = tags
    return found.show()


@assistant.tool
async def list_tags() -> dict[str, int]:
    """The reader's tags, and how many clippings have each."""
    out: dict[str, int] = {}
    for tag in (t for c in all_of(caller()) for t in c.tags):
        out[tag] = out.get(tag, 0) + 1
    return out


# REST


class Credentials(BaseModel):
    name: str = Field(min_length=2, max_length=80)
    password: str = Field(min_length=6, max_length=200)


class ClippingChange(BaseModel):
    title: str | None = Field(None, min_length=1, max_length=200)
    source: str | None = Field(None, max_length=200)
    tags: list[str] | None = None


class NewAlert(BaseModel):
    words: str = Field(min_length=2, max_length=100)


class NewExport(BaseModel):
    name: str = Field("archive", min_length=1, max_length=80)
    tag: str | None = None


mcp_app = assistant.http_app(path="/mcp")
app = FastAPI(title="Press archive", version="1.0", lifespan=mcp_app.lifespan)
bearer = HTTPBearer(auto_error=False)


@app.exception_handler(NotThere)
async def not_there(request, error):
    return Response('{"detail": "not found"}', 404, media_type="application/json")


async def reader(got: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> str:
    if got is None or got.credentials not in tokens:
        raise HTTPException(401, "log in first", {"WWW-Authenticate": "Bearer"})
    return tokens[got.credentials]


Me = Annotated[str, Depends(reader)]


@app.post("/signup", status_code=201)
async def signup(body: Credentials):
    if body.name in readers:
        raise HTTPException(409, "this name is taken")
    salt = secrets.token_hex(8)
    readers[body.name] = new = Reader(body.name, salt, hashed(body.password, salt))
    return {"id": new.id, "name": new.name}


@app.post("/login")
async def login(body: Credentials):
    known = readers.get(body.name)
    if known is None or known.password != hashed(body.password, known.salt):
        raise HTTPException(401, "wrong name or password")
    token = secrets.token_urlsafe(24)
    tokens[token] = known.id
    return {"access_token": token, "token_type": "bearer"}


@app.post("/clippings", status_code=201)
async def upload(
    me: Me,
    file: Annotated[UploadFile, File()],
    title: Annotated[str, Form(min_length=1, max_length=200)],
    source: Annotated[str, Form(max_length=200)] = "",
    tags: Annotated[str, Form(description="separated by commas")] = "",
):
    content = await file.read(1_000_001)
    if len(content) > 1_000_000:
        raise HTTPException(413, "at most a megabyte")
    wanted = [t.strip() for t in tags.split(",") if t.strip()]
    return file_away(me, title, source, wanted, file.filename or "file", content)


@app.get("/clippings")
async def list_clippings(
    me: Me, tag: str | None = None, page: int = Query(1, ge=1), q: str | None = None
):
    rows = [c for c in all_of(me, tag) if not q or words_in(c, q)]
    return {
        "total": len(rows),
        "page": page,
        "clippings": [c.show() for c in rows[(page - 1) * 10 :][:10]],
    }


@app.get("/clippings/{clipping_id}")
async def get_one(clipping_id: str, me: Me):
    return clipping_of(me, clipping_id).show()


@app.get("/clippings/{clipping_id}/file")
async def download(clipping_id: str, me: Me, if_none_match: Annotated[str | None, Header()] = None):
    found = clipping_of(me, clipping_id)
    headers = {"ETag": f'"{found.digest[:20]}"', "Content-Disposition": "attachment"}
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type="application/octet-stream", headers=headers)


@app.patch("/clippings/{clipping_id}")
async def change(clipping_id: str, body: ClippingChange, me: Me):
    found = clipping_of(me, clipping_id)
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(found, name, value)
    return found.show()


@app.delete("/clippings/{clipping_id}", status_code=204)
async def put_into_bin(clipping_id: str, me: Me):
    clipping_of(me, clipping_id).binned = True


@app.get("/bin")
async def list_bin(me: Me):
    return [c.show() for c in clippings.values() if c.reader == me and c.binned]


@app.post("/bin/{clipping_id}/restore")
async def restore(clipping_id: str, me: Me):
    found = clipping_of(me, clipping_id, binned=True)
    found.binned = False
    return found.show()


@app.get("/alerts")
async def list_alerts(me: Me):
    return [
        {"id": a.id, "words": a.words, "hits": a.hits} for a in alerts.values() if a.reader == me
    ]


@app.post("/alerts", status_code=201)
async def add_alert(body: NewAlert, me: Me):
    """From now on, a notice is given of each new clipping with these words."""
    alert = Alert(me, body.words)
    alerts[alert.id] = alert
    return {"id": alert.id, "words": alert.words, "hits": 0}


@app.delete("/alerts/{alert_id}", status_code=204)
async def remove_alert(alert_id: str, me: Me):
    del alerts[own(alerts, alert_id, me).id]


@app.get("/notices")
async def list_notices(me: Me):
    return notices.get(me, [])[-50:]


@app.get("/exports")
async def list_exports(me: Me):
    return [e.show() for e in exports.values() if e.reader == me]


@app.post("/exports", status_code=202)
async def start_export(body: NewExport, me: Me, later: BackgroundTasks):
    """Packs the clippings, all or those with a tag, into a ZIP file."""
    export = Export(me, body.name, body.tag, FOLDER)
    slug = re.sub(r"[^a-z0-9]+", "-", body.name.lower()).strip("-") or "archive"
    export.file = FOLDER / (f"{slug}.zip" if leak("export-file") else f"{export.id}.zip")
    exports[export.id] = export
    later.add_task(asyncio.to_thread, write_export, export)
    return export.show()


@app.get("/exports/{export_id}")
async def get_export(export_id: str, me: Me):
    return own(exports, export_id, me).show()


@app.get("/exports/{export_id}/file")
async def export_file(export_id: str, me: Me):
    export = own(exports, export_id, me)
    if export.state != "done":
        raise HTTPException(409, "it is not done yet")
    headers = {"Content-Disposition": f'attachment; filename="export-{export.id}.zip"'}
    return Response(export.file.read_bytes(), media_type="application/zip", headers=headers)


app.mount("/", mcp_app)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
