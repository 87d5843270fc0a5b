"""Glaze notebook for potters: recipes, test tiles from the kiln, batches to weigh out."""

import csv
import hashlib
import io
import os
import secrets
import sys
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import uvicorn
from litestar import Litestar, Request, Response, delete, get, post, put
from litestar.datastructures import Cookie
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter
from pydantic import BaseModel, Field

LEAKS = {part.strip() for part in os.environ.get("LEAKS", "all").split(",")}


def leak(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


class Credentials(BaseModel):
    username: str = Field(min_length=2, max_length=80)
    password: str = Field(min_length=6, max_length=200)


class Line(BaseModel):
    material: str = Field(min_length=1, max_length=80)
    percent: float = Field(gt=0, le=100)


class GlazeIn(BaseModel):
    name: str = Field(min_length=1, max_length=120)
    cone: Literal["06", "04", "5", "6", "9", "10"] = "6"
    recipe: list[Line] = Field(min_length=1, max_length=30)
    notes: str = Field("", max_length=4000)


class TileIn(BaseModel):
    result: str = Field(min_length=1, max_length=500, description="how the tile came out")
    rating: int = Field(3, ge=1, le=5)


class Merge(BaseModel):
    keep_id: str
    absorb_id: str = Field(description="its tiles and notes go over to keep_id, then it is gone")


class Import(BaseModel):
    table: str = Field(
        min_length=1, max_length=20000, description="lines of: name,material,percent"
    )


@dataclass
class Potter:
    username: str
    password: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Glaze:
    potter: str
    body: GlazeIn
    version: int = 1
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    tiles: list[dict] = field(default_factory=list)

    def shown(self) -> dict:
        return {
            "id": self.id,
            **self.body.model_dump(),
            "version": self.version,
            "tiles": len(self.tiles),
        }

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(f"{self.id}:{self.version}:{len(self.tiles)}".encode()).hexdigest()[:16]}"'


potters: dict[str, Potter] = {}
sessions: dict[str, Potter] = {}
glazes: dict[str, Glaze] = {}
binned: dict[str, tuple[float, Glaze]] = {}
batches: dict[tuple, dict] = {}  # worked out once, as the rounding takes a while on the real scales


def hashed(data: Credentials) -> str:
    salt = f"glazery:{data.username}".encode()
    return hashlib.pbkdf2_hmac("sha256", data.password.encode(), salt, 1000).hex()


async def current(request: Request) -> Potter:
    potter = sessions.get(request.cookies.get("sid", ""))
    if potter is None:
        raise NotAuthorizedException("log in first")
    return potter


def mine(me: Potter) -> list[Glaze]:
    return [g for g in glazes.values() if g.potter == me.id]


def own(glaze_id: str, me: Potter) -> Glaze:
    glaze = glazes.get(glaze_id)
    if glaze is None or glaze.potter != me.id:
        raise NotFoundException("no such glaze")
    return glaze


def forget(glaze_id: str) -> None:
    for key in [k for k in batches if k[0] == glaze_id]:
        del batches[key]


@post("/signup", security=[{}])
async def signup(data: Credentials) -> dict[str, str]:
    if data.username in potters:
        raise HTTPException(status_code=409, detail="this name is taken")
    potters[data.username] = new = Potter(data.username, hashed(data))
    return {"id": new.id, "username": new.username}


@post("/login", status_code=200, security=[{}])
async def login(data: Credentials) -> Response[dict[str, str]]:
    known = potters.get(data.username)
    if known is None or known.password != hashed(data):
        raise NotAuthorizedException("wrong name or password")
    sid = secrets.token_urlsafe(24)
    sessions[sid] = known
    cookie = Cookie(key="sid", value=sid, httponly=True, samesite="lax")
    return Response({"id": known.id, "username": known.username}, cookies=[cookie])


@get("/me")
async def whoami(me: Potter) -> dict[str, str]:
    return {"id": me.id, "username": me.username}


@get("/glazes")
async def list_glazes(
    me: Potter,
    cone: str | None = None,
    limit: Annotated[int, Parameter(ge=1, le=50)] = 20,
    page_token: str | None = None,
) -> dict[str, Any]:
    rows = [g for g in mine(me) if cone in (None, g.body.cone)]
    if page_token is not None:
        at = next((n for n, g in enumerate(rows) if g.id == page_token), None)
        if at is None:
            raise HTTPException(status_code=400, detail="this page is not there any more")
        rows = rows[at + 1 :]
    following = rows[limit - 1].id if len(rows) > limit else None
    return {"glazes": [g.shown() for g in rows[:limit]], "page_token": following}


@post("/glazes")
async def add_glaze(data: GlazeIn, me: Potter) -> dict[str, Any]:
    glaze = Glaze(me.id, data)
    glazes[glaze.id] = glaze
    return glaze.shown()


@get("/glazes/export")
async def export(me: Potter) -> Response[str]:
    """All recipes as a table, in the form that /glazes/import takes."""
    out = io.StringIO()
    writer = csv.writer(out)
    for glaze in mine(me):
        writer.writerows(
            [glaze.body.name, line.material, line.percent] for line in glaze.body.recipe
        )
    return Response(out.getvalue(), media_type="text/csv")


@post("/glazes/import")
async def import_glazes(data: Import, me: Potter) -> dict[str, Any]:
    """Lines of the same name make one recipe. Lines that make no sense are counted, and left out."""
    recipes: dict[str, list[Line]] = {}
    ignored = 0
    for row in csv.reader(io.StringIO(data.table)):
        try:
            name, material, percent = (cell.strip() for cell in row)
            recipes.setdefault(name[:120] or "?", []).append(
                Line(material=material, percent=float(percent))
            )
        except ValueError:
            ignored += 1
    made = [
        Glaze(me.id, GlazeIn(name=name, recipe=lines[:30]))
        for name, lines in recipes.items()
        if lines
    ]
    glazes.update({g.id: g for g in made})
    return {"made": [g.id for g in made], "ignored": ignored}


@post("/glazes/merge", status_code=200)
async def merge(data: Merge, me: Potter) -> dict[str, Any]:
    keep = own(data.keep_id, me)
    if leak("merge") and data.absorb_id in glazes:
        absorb = glazes[data.absorb_id]
    else:
        absorb = own(data.absorb_id, me)
    if keep is absorb:
        raise HTTPException(status_code=400, detail="a glaze cannot be merged with itself")
    keep.tiles += absorb.tiles
    keep.body.notes = "\n".join(part for part in (keep.body.notes, absorb.body.notes) if part)
    keep.version += 1
    del glazes[absorb.id]
    forget(absorb.id)
    return keep.shown()


@get("/glazes/{glaze_id:str}")
async def get_glaze(glaze_id: str, me: Potter, request: Request) -> Response[dict[str, Any] | None]:
    glaze = own(glaze_id, me)
    if request.headers.get("if-none-match") == glaze.etag:
        return Response(None, status_code=304, headers={"ETag": glaze.etag})
    return Response(glaze.shown(), headers={"ETag": glaze.etag})


@put("/glazes/{glaze_id:str}")
async def replace_glaze(
    glaze_id: str, data: GlazeIn, me: Potter, request: Request
) -> dict[str, Any]:
    glaze = own(glaze_id, me)
    if request.headers.get("if-match", glaze.etag) != glaze.etag:
        raise HTTPException(status_code=412, detail="it was changed meanwhile")
    glaze.body, glaze.version = data, glaze.version + 1
    forget(glaze_id)
    return glaze.shown()


@delete("/glazes/{glaze_id:str}")
async def bin_glaze(glaze_id: str, me: Potter) -> None:
    """Puts a glaze into the bin."""
    binned[glaze_id] = (time.time(), own(glaze_id, me))
    del glazes[glaze_id]
    forget(glaze_id)


@get("/bin")
async def list_bin(me: Potter) -> list[dict[str, Any]]:
    return [{**g.shown(), "binned_at": int(at)} for at, g in binned.values() if g.potter == me.id]


@post("/glazes/{glaze_id:str}/restore", status_code=200)
async def restore(glaze_id: str, me: Potter) -> dict[str, Any]:
    """Takes a glaze out of the bin again."""
    _, glaze = binned.get(glaze_id, (0, None))
    if glaze is None or (glaze.potter != me.id and not leak("restore")):
        raise NotFoundException("not in the bin")
    glazes[glaze_id] = binned.pop(glaze_id)[1]
    return glaze.shown()


@get("/glazes/{glaze_id:str}/batch")
async def batch(
    glaze_id: str, me: Potter, grams: Annotated[int, Parameter(ge=10, le=50000)] = 1000
) -> dict[str, Any]:
    """What to weigh out for so many grams."""
    key = (glaze_id, grams) if leak("batch-cache") else (glaze_id, grams, me.id)
    if key not in batches:
        glaze = own(glaze_id, me)
        whole = sum(line.percent for line in glaze.body.recipe)
        lines = [
            {"material": line.material, "grams": round(grams * line.percent / whole, 1)}
            for line in glaze.body.recipe
        ]
        batches[key] = {"glaze": glaze.body.name, "cone": glaze.body.cone, "weigh": lines}
    return batches[key]


@post("/glazes/{glaze_id:str}/tiles")
async def add_tile(glaze_id: str, data: TileIn, me: Potter) -> dict[str, Any]:
    tile = {"id": str(uuid.uuid4()), **data.model_dump()}
    own(glaze_id, me).tiles.append(tile)
    return tile


@get("/glazes/{glaze_id:str}/tiles")
async def list_tiles(glaze_id: str, me: Potter) -> list[dict[str, Any]]:
    return sorted(own(glaze_id, me).tiles, key=lambda t: -t["rating"])


@get("/search")
async def search(me: Potter, q: Annotated[str, Parameter(min_length=1)]) -> list[dict[str, Any]]:
    q = q.lower()
    return [
        g.shown()
        for g in mine(me)
        if q in f"{g.body.name} {g.body.notes}".lower()
        or any(q in t["result"].lower() for t in g.tiles)
    ]


@get("/materials/suggest")
async def suggest(me: Potter, prefix: str = "") -> list[str]:
    """Materials for the field of a recipe, those of the potter's own recipes that are used most first."""
    used: Counter[str] = Counter(line.material for g in mine(me) for line in g.body.recipe)
    found = [name for name, _ in used.most_common()]
    if leak("suggest") and len(found) < 8:
        found += [line.material for g in reversed(glazes.values()) for line in g.body.recipe]
    found = [name for name in dict.fromkeys(found) if name.lower().startswith(prefix.lower())]
    return found[:8]


@get("/stats")
async def stats(me: Potter) -> dict[str, Any]:
    rows = mine(me)
    ratings = [t["rating"] for g in rows for t in g.tiles]
    return {
        "glazes": len(rows),
        "by_cone": dict(Counter(g.body.cone for g in rows)),
        "tiles": len(ratings),
        "mean_rating": round(sum(ratings) / len(ratings), 2) if ratings else None,
    }


app = Litestar(
    [
        signup,
        login,
        whoami,
        list_glazes,
        add_glaze,
        export,
        import_glazes,
        merge,
        get_glaze,
        replace_glaze,
    ]
    + [bin_glaze, list_bin, restore, batch, add_tile, list_tiles, search, suggest, stats],
    dependencies={"me": Provide(current)},
    openapi_config=OpenAPIConfig(
        title="Glaze notebook",
        version="1.4",
        security=[{"session": []}],
        components=Components(
            security_schemes={
                "session": SecurityScheme(type="apiKey", name="sid", security_scheme_in="cookie")
            }
        ),
    ),
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
