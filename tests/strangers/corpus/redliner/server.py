"""Redliner: drafts of contracts with versions, clauses to put in, links to show them, and sign-off.

Litestar, in memory. A draft belongs to the one who wrote it; whoever has a link sees the draft as it is rendered.
"""

import difflib
import hashlib
import os
import re
import secrets
import sys
from dataclasses import dataclass, field
from typing import Annotated, Any

import uvicorn
from litestar import Litestar, Request, delete, get, post, put
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter

ALL = {"clause-any", "compare-other", "link-revoke", "conflict-first"}
given = os.environ.get("LEAKS", "all")
LEAKS = ALL if given == "all" else set(given.split(","))

writers: dict[str, dict[str, Any]] = {}
sessions: dict[str, str] = {}
drafts: dict[str, "Draft"] = {}
links: dict[str, dict[str, str]] = {}
clauses: dict[tuple[str, str], str] = {}


@dataclass
class Draft:
    id: str
    writer: str
    title: str
    party: str
    state: str = "drafting"
    versions: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title,
            "party": self.party,
            "state": self.state,
            "version": len(self.versions),
            "body": self.versions[-1]["body"],
        }


@dataclass
class Account:
    email: str
    password: str


@dataclass
class NewDraft:
    title: str
    body: str
    party: str = ""


@dataclass
class NewVersion:
    body: str
    base_version: int
    summary: str = ""


@dataclass
class NewClause:
    text: str


@dataclass
class NewLink:
    label: str = ""


def refuse(status: int, text: str) -> HTTPException:
    return HTTPException(status_code=status, detail=text)


def ident(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(8)}"


def fits(text: str, most: int = 8000, empty: bool = False) -> str:
    if len(text) > most or not (empty or text.strip()):
        raise refuse(422, "a text is empty or too long")
    return text


async def writer_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token not in sessions:
        raise refuse(401, "log in")
    return sessions[token]


def draft_of(writer: str, draft_id: str) -> Draft:
    found = drafts.get(draft_id)
    if found is None or found.writer != writer:
        raise refuse(404, "draft not found")
    return found


def rendered(draft: Draft) -> str:
    """The newest version, with {{clause:name}} put in from the library."""

    def text(match: re.Match[str]) -> str:
        name = match[1].strip().lower()
        found = clauses.get((draft.writer, name))
        if found is None and "clause-any" in LEAKS:
            found = next((t for (_, n), t in clauses.items() if n == name), None)
        return f"[clause {name} is missing]" if found is None else found

    return re.sub(r"\{\{clause:([^}]+)\}\}", text, draft.versions[-1]["body"])


@post("/accounts", security=[{}])
async def sign_up(data: Account) -> dict[str, Any]:
    fits(data.password, 200)
    if fits(data.email, 200) in writers:
        raise refuse(409, "there is an account of this address")
    salt = secrets.token_hex(8)
    digest = hashlib.sha256((salt + data.password).encode()).hexdigest()
    writers[data.email] = {"id": ident("wrt"), "salt": salt, "digest": digest}
    return {"writer_id": writers[data.email]["id"]}


@post("/sessions", status_code=200, security=[{}])
async def log_in(data: Account) -> dict[str, Any]:
    found = writers.get(data.email)
    if (
        not found
        or hashlib.sha256((found["salt"] + data.password).encode()).hexdigest() != found["digest"]
    ):
        raise refuse(401, "wrong address or password")
    token = ident("tok")
    sessions[token] = found["id"]
    return {"token": token, "writer_id": found["id"]}


@post("/drafts")
async def new_draft(data: NewDraft, writer: str) -> dict[str, Any]:
    draft = Draft(ident("drf"), writer, fits(data.title, 200), fits(data.party, 200, empty=True))
    draft.versions.append({"version": 1, "body": fits(data.body), "summary": "first"})
    drafts[draft.id] = draft
    return {"data": draft.shown()}


@get("/drafts")
async def list_drafts(
    writer: str,
    wanted: Annotated[str | None, Parameter(query="state")] = None,
    offset: Annotated[int, Parameter(ge=0, le=10000)] = 0,
    limit: Annotated[int, Parameter(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    mine = [d.shown() for d in drafts.values() if d.writer == writer and wanted in (None, d.state)]
    return {"data": mine[offset : offset + limit], "meta": {"total": len(mine), "offset": offset}}


@get("/drafts/{draft_id:str}")
async def get_draft(draft_id: str, writer: str) -> dict[str, Any]:
    return {"data": draft_of(writer, draft_id).shown()}


@put("/drafts/{draft_id:str}/body")
async def save_body(draft_id: str, data: NewVersion, writer: str) -> dict[str, Any]:
    """Saves a new version over base_version; 409 if the draft has gone on since."""
    if "conflict-first" not in LEAKS:
        draft_of(writer, draft_id)
    draft = drafts.get(draft_id)
    if draft is None:
        raise refuse(404, "draft not found")
    if data.base_version != len(draft.versions):
        raise refuse(409, "the draft has gone on; load it again")
    draft = draft_of(writer, draft_id)
    if draft.state != "drafting":
        raise refuse(409, f"the draft is {draft.state}")
    version = len(draft.versions) + 1
    draft.versions.append(
        {
            "version": version,
            "body": fits(data.body),
            "summary": fits(data.summary, 200, empty=True),
        }
    )
    return {"data": draft.shown()}


@get("/drafts/{draft_id:str}/versions")
async def list_versions(draft_id: str, writer: str) -> dict[str, Any]:
    return {"data": [dict(v) for v in draft_of(writer, draft_id).versions]}


@get("/drafts/{draft_id:str}/compare")
async def compare(
    draft_id: str,
    writer: str,
    other: Annotated[str, Parameter(query="with", min_length=1, max_length=60)],
) -> dict[str, Any]:
    """What differs in another draft of yours, line by line."""
    draft = draft_of(writer, draft_id)
    second = drafts.get(other) if "compare-other" in LEAKS else draft_of(writer, other)
    if second is None:
        raise refuse(404, "draft not found")
    lines = [d.versions[-1]["body"].splitlines() for d in (draft, second)]
    return {
        "data": {"diff": list(difflib.unified_diff(*lines, draft.title, second.title, lineterm=""))}
    }


@get("/drafts/{draft_id:str}/rendered")
async def render(draft_id: str, writer: str) -> dict[str, Any]:
    return {"data": {"text": rendered(draft_of(writer, draft_id))}}


@post("/drafts/{draft_id:str}/sign-off", status_code=200)
async def sign_off(draft_id: str, writer: str) -> dict[str, Any]:
    """Closes the draft for changes."""
    draft = draft_of(writer, draft_id)
    if draft.state != "drafting":
        raise refuse(409, f"the draft is {draft.state}")
    draft.state = "signed-off"
    return {"data": draft.shown()}


@delete("/drafts/{draft_id:str}")
async def remove_draft(draft_id: str, writer: str) -> None:
    del drafts[draft_of(writer, draft_id).id]
    for link_id in [k for k, v in links.items() if v["draft"] == draft_id]:
        del links[link_id]


@post("/drafts/{draft_id:str}/links")
async def add_link(draft_id: str, data: NewLink, writer: str) -> dict[str, Any]:
    """A link with which anyone sees the draft as it is rendered."""
    draft_of(writer, draft_id)
    label = fits(data.label, 200, empty=True)
    row = {
        "id": ident("lnk"),
        "draft": draft_id,
        "writer": writer,
        "token": secrets.token_urlsafe(16),
        "label": label,
    }
    links[row["id"]] = row
    return {"data": {k: row[k] for k in ("id", "token", "label")}}


@get("/drafts/{draft_id:str}/links")
async def list_links(draft_id: str, writer: str) -> dict[str, Any]:
    draft_of(writer, draft_id)
    found = [v for v in links.values() if v["draft"] == draft_id]
    return {"data": [{k: v[k] for k in ("id", "token", "label")} for v in found]}


@delete("/links/{link_id:str}")
async def revoke_link(link_id: str, writer: str) -> None:
    found = links.get(link_id)
    if found is None or (found["writer"] != writer and "link-revoke" not in LEAKS):
        raise refuse(404, "link not found")
    del links[link_id]


@get("/shared/{token:str}", security=[{}])
async def see_shared(token: str) -> dict[str, Any]:
    found = next((v for v in links.values() if secrets.compare_digest(v["token"], token)), None)
    if found is None:
        raise refuse(404, "this link shows nothing")
    draft = drafts[found["draft"]]
    return {"data": {"title": draft.title, "state": draft.state, "text": rendered(draft)}}


@put("/clauses/{name:str}")
async def save_clause(name: str, data: NewClause, writer: str) -> dict[str, Any]:
    """Keeps a clause under a name, to be put into drafts as {{clause:name}}."""
    clauses[writer, fits(name.strip().lower(), 60)] = fits(data.text)
    return {"data": {"name": name.strip().lower(), "text": data.text}}


@get("/clauses")
async def list_clauses(writer: str) -> dict[str, Any]:
    return {"data": [{"name": n, "text": t} for (w, n), t in clauses.items() if w == writer]}


app = Litestar(
    [sign_up, log_in, new_draft, list_drafts, get_draft, save_body, list_versions, compare]
    + [render, sign_off, remove_draft, add_link, list_links, revoke_link, see_shared]
    + [save_clause, list_clauses],
    dependencies={"writer": Provide(writer_of)},
    openapi_config=OpenAPIConfig(
        title="Redliner",
        version="3.0.2",
        security=[{"session": []}],
        components=Components(
            security_schemes={"session": SecurityScheme(type="http", scheme="bearer")}
        ),
    ),
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
