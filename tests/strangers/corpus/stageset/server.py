"""Stageset: productions, cues, props and notes of theatre companies. FastAPI.

Staff come with a token of the companies' identity provider (HS256) with `sub` and `company`. A company shares its
productions, cues, props and activity; notes are personal.
"""

import os
import re
import sys
import time
import uuid
from datetime import date
from typing import Annotated, Any, Literal

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

IDP_SECRET = os.environ.get("IDP_SECRET", "stageset-idp-2f7b0c9e41d84c6a9d35-companies")
PLANTED = {"activity-after", "cue-move", "access-memo", "slug-taken"}
LEAKS = {x.strip() for x in os.environ.get("LEAKS", "all").split(",") if x.strip()}
if "all" in LEAKS:
    LEAKS = PLANTED

Department = Literal["light", "sound", "fly", "video"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Long = Annotated[str, Field(max_length=4000)]

app = FastAPI(title="Stageset", version="2.2")
productions: dict[str, dict[str, Any]] = {}
cues: dict[str, dict[str, Any]] = {}
props: dict[str, dict[str, Any]] = {}
notes: dict[str, dict[str, Any]] = {}
activity: list[dict[str, Any]] = []
memo: dict[Any, float] = {}  # access that was checked lately


class Caller(BaseModel):
    sub: str
    company: str


def caller(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> Caller:
    refused = HTTPException(401, "token missing or invalid", {"WWW-Authenticate": "Bearer"})
    if given is None:
        raise refused
    try:
        claims = jwt.decode(
            given.credentials, IDP_SECRET, ["HS256"], options={"require": ["sub", "exp", "company"]}
        )
    except jwt.InvalidTokenError:
        raise refused from None
    if not isinstance(claims["company"], str) or not claims["company"]:
        raise refused
    return Caller(sub=claims["sub"], company=claims["company"])


Me = Annotated[Caller, Depends(caller)]


class NewProduction(BaseModel):
    title: Name
    synopsis: Long = ""
    opens: date | None = None


class ProductionChange(BaseModel):
    title: Name | None = None
    synopsis: Long | None = None
    opens: date | None = None


class Copy(BaseModel):
    title: Name


class NewCue(BaseModel):
    label: Name
    department: Department = "light"
    standby: Long = ""


class CueBatch(BaseModel):
    cues: list[NewCue] = Field(min_length=1, max_length=50)


class Move(BaseModel):
    cue_ids: list[str] = Field(min_length=1, max_length=100)


class NewProp(BaseModel):
    name: Name
    quantity: int = Field(1, ge=1, le=1000)
    storage: Long = ""


class Checkout(BaseModel):
    production_id: str | None = None


class NewNote(BaseModel):
    text: str = Field(min_length=1, max_length=2000)
    production_id: str | None = None


def public(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k != "company"}


def of_company(
    table: dict[str, dict[str, Any]], me: Caller, row_id: str, what: str
) -> dict[str, Any]:
    row = table.get(row_id)
    if row is None or row["company"] != me.company:
        raise HTTPException(404, f"no such {what}")
    return row


def insert(table: dict[str, dict[str, Any]], me: Caller, /, **fields: Any) -> dict[str, Any]:
    row = {"id": str(uuid.uuid4()), "company": me.company, **fields}
    table[row["id"]] = row
    return row


def happened(me: Caller, what: str) -> None:
    activity.append({"id": str(uuid.uuid4()), "company": me.company, "by": me.sub, "what": what})


def readable(me: Caller, production_id: str) -> dict[str, Any]:
    """The production, if the caller may see it. During a show the same few are asked for all the time, so that what
    was found out is kept for a minute."""
    key = production_id if "access-memo" in LEAKS else (me.company, production_id)
    if memo.get(key, 0) < time.monotonic() or production_id not in productions:
        of_company(productions, me, production_id, "production")
        memo[key] = time.monotonic() + 60
    return productions[production_id]


def cues_of(production_id: str) -> list[dict[str, Any]]:
    return [c for c in cues.values() if c["production_id"] == production_id]


def free_slug(me: Caller, title: str) -> str:
    """An address for the public programme pages: hamlet, hamlet-2, …"""
    taken = {
        p["slug"]
        for p in productions.values()
        if "slug-taken" in LEAKS or p["company"] == me.company
    }
    base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:80] or "production"
    slug, n = base, 1
    while slug in taken:
        n += 1
        slug = f"{base}-{n}"
    return slug


@app.post("/productions", status_code=201)
async def create_production(new: NewProduction, me: Me) -> dict[str, Any]:
    row = insert(productions, me, slug=free_slug(me, new.title), **new.model_dump(mode="json"))
    happened(me, f"began the production {new.title}")
    return public(row)


@app.get("/productions")
async def list_productions(
    me: Me,
    q: Annotated[str, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    size: Annotated[int, Query(ge=1, le=50)] = 25,
) -> dict[str, Any]:
    found = [
        public(p)
        for p in productions.values()
        if p["company"] == me.company and q.lower() in f"{p['title']} {p['synopsis']}".lower()
    ]
    return {"total": len(found), "productions": found[(page - 1) * size : page * size]}


@app.get("/productions/{production_id}")
async def get_production(production_id: str, me: Me) -> dict[str, Any]:
    return public(of_company(productions, me, production_id, "production"))


@app.patch("/productions/{production_id}")
async def change_production(production_id: str, change: ProductionChange, me: Me) -> dict[str, Any]:
    row = of_company(productions, me, production_id, "production")
    row.update(change.model_dump(mode="json", exclude_none=True))
    happened(me, f"changed the production {row['title']}")
    return public(row)


@app.delete("/productions/{production_id}", status_code=204)
async def delete_production(production_id: str, me: Me) -> Response:
    of_company(productions, me, production_id, "production")
    for cue in cues_of(production_id):
        del cues[cue["id"]]
    for prop in props.values():
        if prop["production_id"] == production_id:
            prop["production_id"] = None
    del productions[production_id]
    return Response(status_code=204)


@app.post("/productions/{production_id}/duplicate", status_code=201)
async def duplicate(production_id: str, copy: Copy, me: Me) -> dict[str, Any]:
    """The same production once more, with its cues, e.g. for a tour."""
    old = of_company(productions, me, production_id, "production")
    new = insert(
        productions,
        me,
        slug=free_slug(me, copy.title),
        title=copy.title,
        synopsis=old["synopsis"],
        opens=None,
    )
    for cue in cues_of(production_id):
        insert(
            cues,
            me,
            **{k: v for k, v in public(cue).items() if k != "id"} | {"production_id": new["id"]},
        )
    return public(new)


@app.post("/productions/{production_id}/cues", status_code=201)
async def add_cues(production_id: str, batch: CueBatch, me: Me) -> list[dict[str, Any]]:
    of_company(productions, me, production_id, "production")
    return [
        public(insert(cues, me, production_id=production_id, **c.model_dump())) for c in batch.cues
    ]


@app.get("/productions/{production_id}/cues")
async def list_cues(
    production_id: str, me: Me, department: Department | None = None
) -> list[dict[str, Any]]:
    of_company(productions, me, production_id, "production")
    return [public(c) for c in cues_of(production_id) if department in (None, c["department"])]


@app.post("/productions/{production_id}/cues/move")
async def move_cues(production_id: str, move: Move, me: Me) -> list[dict[str, Any]]:
    """Brings cues from other productions into this one, in this order, behind those that it has."""
    of_company(productions, me, production_id, "production")
    for cue_id in move.cue_ids:
        if "cue-move" in LEAKS:
            if cue_id not in cues:
                raise HTTPException(404, "no such cue")
        else:
            of_company(cues, me, cue_id, "cue")
    moved = []
    for cue_id in dict.fromkeys(move.cue_ids):
        cue = cues.pop(cue_id)
        cues[cue_id] = cue
        cue.update(production_id=production_id, company=me.company)
        moved.append(public(cue))
    return moved


@app.delete("/cues/{cue_id}", status_code=204)
async def delete_cue(cue_id: str, me: Me) -> Response:
    del cues[of_company(cues, me, cue_id, "cue")["id"]]
    return Response(status_code=204)


@app.get("/productions/{production_id}/runsheet", response_class=PlainTextResponse)
async def runsheet(production_id: str, me: Me) -> str:
    """What the stage manager has on the desk; screens backstage fetch it every few seconds."""
    production = readable(me, production_id)
    lines = [
        f"{i}. {c['department'].upper()} {c['label']}: {c['standby']}"
        for i, c in enumerate(cues_of(production_id), 1)
    ]
    return "\n".join([production["title"], *lines])


@app.post("/props", status_code=201)
async def add_prop(new: NewProp, me: Me) -> dict[str, Any]:
    row = insert(props, me, production_id=None, **new.model_dump())
    happened(me, f"added the prop {new.name}")
    return public(row)


@app.get("/props")
async def list_props(me: Me, free: bool = False) -> list[dict[str, Any]]:
    return [
        public(p)
        for p in props.values()
        if p["company"] == me.company and not (free and p["production_id"])
    ]


@app.post("/props/{prop_id}/checkout")
async def checkout(prop_id: str, to: Checkout, me: Me) -> dict[str, Any]:
    """Gives a prop to a production, or takes it back (null)."""
    row = of_company(props, me, prop_id, "prop")
    if to.production_id is not None:
        of_company(productions, me, to.production_id, "production")
    row["production_id"] = to.production_id
    return public(row)


@app.delete("/props/{prop_id}", status_code=204)
async def delete_prop(prop_id: str, me: Me) -> Response:
    del props[of_company(props, me, prop_id, "prop")["id"]]
    return Response(status_code=204)


@app.get("/activity")
async def list_activity(
    me: Me,
    after: Annotated[str | None, Query(max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    """What was done in the company, oldest first; `after` is the `next` of the page before."""
    entries = [a for a in activity if a["company"] == me.company]
    if after is not None:
        place = next((i for i, a in enumerate(entries) if a["id"] == after), None)
        if place is None:
            raise HTTPException(422, "after is no entry")
        if "activity-after" in LEAKS:
            place = activity.index(entries[place])
            entries = activity
        entries = entries[place + 1 :]
    page = [public(a) for a in entries[:limit]]
    return {"activity": page, "next": page[-1]["id"] if page else after}


@app.post("/notes", status_code=201)
async def add_note(new: NewNote, me: Me) -> dict[str, Any]:
    """A personal note, on a production or on nothing."""
    if new.production_id is not None:
        of_company(productions, me, new.production_id, "production")
    return public(insert(notes, me, author=me.sub, **new.model_dump()))


@app.get("/notes")
async def list_notes(me: Me) -> list[dict[str, Any]]:
    return [
        public(n) for n in notes.values() if (n["company"], n["author"]) == (me.company, me.sub)
    ]


@app.delete("/notes/{note_id}", status_code=204)
async def delete_note(note_id: str, me: Me) -> Response:
    if of_company(notes, me, note_id, "note")["author"] != me.sub:
        raise HTTPException(404, "no such note")
    del notes[note_id]
    return Response(status_code=204)


@app.get("/stats")
async def stats(me: Me) -> dict[str, Any]:
    mine = [c for c in cues.values() if c["company"] == me.company]
    return {
        "productions": sum(p["company"] == me.company for p in productions.values()),
        "cues": {
            d: sum(c["department"] == d for c in mine) for d in ("light", "sound", "fly", "video")
        },
        "props": sum(p["quantity"] for p in props.values() if p["company"] == me.company),
    }


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
