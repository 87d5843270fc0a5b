"""Brewing log: recipes, batches brewed by them, gravity readings and tasting notes."""

import hashlib
import os
import re
import secrets
import sys
import time
import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

LEAKS = {part.strip() for part in os.environ.get("LEAKS", "all").split(",")}
SECRET = secrets.token_hex(32)
CATALOGUE = [
    "Pilsner malt",
    "Munich malt",
    "Wheat malt",
    "Saaz",
    "Cascade",
    "Fuggles",
    "Citra",
    "US-05",
]


def leak(name: str) -> bool:
    return bool(LEAKS & {"all", name})


@dataclass
class Brewer:
    username: str
    salt: str
    password: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Recipe:
    brewer: str
    name: str
    style: str
    ingredients: list[str]
    method: str
    version: int = 1
    deleted: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Batch:
    brewer: str
    recipe_id: str
    number: int
    brewed: str
    litres: float
    notes: str
    readings: list[dict] = field(default_factory=list)
    tastings: list[dict] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


brewers: dict[str, Brewer] = {}
by_id: dict[str, Brewer] = {}
recipes: dict[str, Recipe] = {}
batches: dict[str, Batch] = {}
sheets: dict[
    tuple, tuple[int, str]
] = {}  # rendered brew sheets, with the state they were made from

Style = Literal["ale", "lager", "stout", "wheat", "sour"]


class Credentials(BaseModel):
    username: str = Field(min_length=2, max_length=80)
    password: str = Field(min_length=6, max_length=200)


class NewRecipe(BaseModel):
    name: str = Field(min_length=1, max_length=120)
    style: Style = "ale"
    ingredients: list[Annotated[str, Field(min_length=1, max_length=120)]] = Field(
        [], max_length=30
    )
    method: str = Field("", max_length=4000)


class RecipeChange(BaseModel):
    style: Style | None = None
    ingredients: list[Annotated[str, Field(min_length=1, max_length=120)]] | None = None
    method: str | None = Field(None, max_length=4000)


class NewBatch(BaseModel):
    recipe_id: str
    brewed: date | None = None
    litres: float = Field(20, gt=0, le=1000)
    notes: str = ""


class NewReading(BaseModel):
    gravity: float = Field(ge=0.98, le=1.2)
    celsius: float = Field(20, ge=-5, le=50)
    remark: str = ""


class NewTasting(BaseModel):
    score: int = Field(ge=1, le=10)
    words: str = Field(min_length=1, max_length=1000)


app = FastAPI(title="Brewing log", version="1.4")
bearer = HTTPBearer(auto_error=False)


def hashed(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 1000).hex()


async def brewer(got: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Brewer:
    try:
        claims = jwt.decode(got.credentials if got else "", SECRET, ["HS256"], audience="brewlog")
        return by_id[claims["sub"]]
    except (jwt.PyJWTError, KeyError):
        raise HTTPException(401, "log in first", {"WWW-Authenticate": "Bearer"}) from None


Me = Annotated[Brewer, Depends(brewer)]


def own_recipe(recipe_id: str, me: Brewer, deleted: bool = False) -> Recipe:
    recipe = recipes.get(recipe_id)
    if recipe is None or recipe.brewer != me.id or recipe.deleted != deleted:
        raise HTTPException(404, "no such recipe")
    return recipe


def own_batch(batch_id: str, me: Brewer) -> Batch:
    batch = batches.get(batch_id)
    if batch is None or batch.brewer != me.id:
        raise HTTPException(404, "no such batch")
    return batch


def shown(recipe: Recipe) -> dict:
    return {
        n: getattr(recipe, n) for n in ("id", "name", "style", "ingredients", "method", "version")
    }


def shown_batch(b: Batch) -> dict:
    names = ("id", "recipe_id", "number", "brewed", "litres", "notes", "tastings")
    return {n: getattr(b, n) for n in names} | {"readings": len(b.readings)}


def name_taken(name: str, me: Brewer, everybody: bool = False) -> bool:
    return any(
        r.name.lower() == name.lower() and not r.deleted
        for r in recipes.values()
        if everybody or r.brewer == me.id
    )


@app.post("/auth/signup", status_code=201)
async def signup(body: Credentials):
    if body.username in brewers:
        raise HTTPException(409, "this name is taken")
    salt = secrets.token_hex(8)
    new = Brewer(body.username, salt, hashed(body.password, salt))
    brewers[new.username] = by_id[new.id] = new
    return {"id": new.id, "username": new.username}


@app.post("/auth/login")
async def login(body: Credentials):
    known = brewers.get(body.username)
    if known is None or known.password != hashed(body.password, known.salt):
        raise HTTPException(401, "wrong name or password")
    claims = {"sub": known.id, "aud": "brewlog", "exp": int(time.time()) + 7200}
    return {"access_token": jwt.encode(claims, SECRET, "HS256"), "token_type": "bearer"}


@app.get("/recipes")
async def list_recipes(
    me: Me,
    style: Style | None = None,
    limit: int = Query(20, ge=1, le=100),
    offset: int = Query(0, ge=0),
):
    rows = [
        r
        for r in recipes.values()
        if r.brewer == me.id and not r.deleted and style in (None, r.style)
    ]
    return {"total": len(rows), "recipes": [shown(r) for r in rows[offset:][:limit]]}


@app.post("/recipes", status_code=201)
async def add_recipe(body: NewRecipe, me: Me):
    if name_taken(body.name, me):
        raise HTTPException(409, "there is a recipe of this name already")
    recipe = Recipe(me.id, **body.model_dump())
    recipes[recipe.id] = recipe
    return shown(recipe)


@app.get("/recipes/{recipe_id}")
async def get_recipe(
    recipe_id: str,
    me: Me,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
):
    recipe = own_recipe(recipe_id, me)
    response.headers["ETag"] = etag = f'"{recipe.version}"'
    if if_none_match == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return shown(recipe)


@app.patch("/recipes/{recipe_id}")
async def change_recipe(
    recipe_id: str, body: RecipeChange, me: Me, if_match: Annotated[str | None, Header()] = None
):
    recipe = own_recipe(recipe_id, me)
    if if_match not in (None, "*", f'"{recipe.version}"'):
        raise HTTPException(412, "the recipe was changed meanwhile")
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(recipe, name, value)
    recipe.version += 1
    return shown(recipe)


@app.delete("/recipes/{recipe_id}", status_code=204)
async def trash_recipe(recipe_id: str, me: Me):
    """Into the trash, from where it can be restored. Its batches stay."""
    own_recipe(recipe_id, me).deleted = True


@app.get("/trash")
async def trash(me: Me):
    return [shown(r) for r in recipes.values() if r.brewer == me.id and r.deleted]


@app.post("/trash/{recipe_id}/restore")
async def restore(recipe_id: str, me: Me):
    recipe = own_recipe(recipe_id, me, deleted=True)
    if name_taken(recipe.name, me, everybody=leak("restore-clash")):
        raise HTTPException(409, "there is a recipe of this name already, rename it first")
    recipe.deleted = False
    return shown(recipe)


@app.get("/batches")
async def list_batches(me: Me, recipe_id: str | None = None):
    rows = [b for b in batches.values() if b.brewer == me.id and recipe_id in (None, b.recipe_id)]
    return [shown_batch(b) for b in rows]


@app.post("/batches", status_code=201)
async def brew(body: NewBatch, me: Me):
    """A new batch of a recipe; batches of one recipe are numbered from 1."""
    recipe = own_recipe(body.recipe_id, me)
    number = 1 + sum(b.recipe_id == recipe.id for b in batches.values())
    batch = Batch(
        me.id, recipe.id, number, str(body.brewed or date.today()), body.litres, body.notes
    )
    batches[batch.id] = batch
    return shown_batch(batch)


@app.get("/batches/{batch_id}")
async def get_batch(batch_id: str, me: Me):
    return shown_batch(own_batch(batch_id, me))


@app.post("/batches/{batch_id}/readings", status_code=201)
async def add_reading(batch_id: str, body: NewReading, me: Me):
    batch = own_batch(batch_id, me)
    batch.readings.append(body.model_dump() | {"at": int(time.time())})
    return {"readings": len(batch.readings), "latest": batch.readings[-1]}


@app.get("/batches/{batch_id}/readings")
async def list_readings(batch_id: str, me: Me):
    batch = batches.get(batch_id) if leak("readings") else own_batch(batch_id, me)
    if batch is None:
        raise HTTPException(404, "no such batch")
    got = [r["gravity"] for r in batch.readings]
    alcohol = round((got[0] - min(got)) * 131.25, 2) if got else None
    return {"readings": batch.readings, "alcohol": alcohol}


@app.post("/batches/{batch_id}/tastings", status_code=201)
async def taste(batch_id: str, body: NewTasting, me: Me):
    batch = own_batch(batch_id, me)
    batch.tastings.append(body.model_dump())
    return shown_batch(batch)


@app.get("/batches/{batch_id}/sheet", response_class=PlainTextResponse)
async def sheet(batch_id: str, me: Me):
    """The brew sheet, to be printed. Making one takes a while, so it is kept until the recipe changes."""
    batch = own_batch(batch_id, me)
    recipe = recipes[batch.recipe_id]
    slug = re.sub(r"[^a-z0-9]+", "-", recipe.name.lower()).strip("-")
    key = (slug, batch.number) if leak("sheet-cache") else (recipe.id, batch.number)
    version, text = sheets.get(key, (0, ""))
    if version != recipe.version:
        lines = [
            f"# {recipe.name}, batch {batch.number} ({batch.brewed}, {batch.litres} l)",
            batch.notes,
        ]
        lines += [f"- {i}" for i in recipe.ingredients] + [recipe.method]
        text = "\n".join(lines)
        sheets[key] = (recipe.version, text)
    return text


@app.get("/suggest")
async def suggest(me: Me, q: Annotated[str, Query(min_length=2, max_length=60)]):
    """Ingredients that begin so: the brewer's own, and those of the catalogue."""

    def matching(names):
        return sorted({n for n in names if n.lower().startswith(q.lower())})[:10]

    own = [
        i for r in recipes.values() if r.brewer == me.id and not r.deleted for i in r.ingredients
    ]
    found = matching(own + CATALOGUE)
    if not found and leak("suggest"):
        found = matching([i for r in recipes.values() for i in r.ingredients])
    return found


@app.get("/search")
async def search(me: Me, q: Annotated[str, Query(min_length=1)]):
    mine = [r for r in recipes.values() if r.brewer == me.id and not r.deleted]
    return [
        shown(r)
        for r in mine
        if q.lower() in f"{r.name} {r.method} {' '.join(r.ingredients)}".lower()
    ]


@app.get("/stats")
async def stats(me: Me):
    mine = [b for b in batches.values() if b.brewer == me.id]
    scores = [t["score"] for b in mine for t in b.tastings]
    return {
        "recipes": sum(r.brewer == me.id and not r.deleted for r in recipes.values()),
        "batches": len(mine),
        "litres": round(sum(b.litres for b in mine), 1),
        "average_score": round(sum(scores) / len(scores), 2) if scores else None,
    }


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
