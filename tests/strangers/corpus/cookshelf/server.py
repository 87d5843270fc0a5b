"""Cookbook API on aiohttp: recipes with ingredients, tags and notes, read-only sharing."""

import hashlib
import json
import logging
import os
import re
import secrets
import sys
from collections import Counter
from uuid import uuid4

from aiohttp import web

LEAKS = set(os.environ.get("LEAKS", "all").split(","))
routes = web.RouteTableDef()
USERS: dict[str, bytes] = {}  # name -> salted hash
TOKENS: dict[str, str] = {}  # token -> name
RECIPES: dict[str, dict] = {}
NOTES: dict[str, dict] = {}
log = logging.getLogger("cookbook")


def bug(name):
    return bool(LEAKS & {"all", name})


def hashed(name, password):
    return hashlib.scrypt(password.encode(), salt=name.encode(), n=256, r=8, p=1)


def fail(cls, text):
    return cls(text=json.dumps({"error": text}), content_type="application/json")


@web.middleware
async def authenticate(request, handler):
    if request.path in ("/signup", "/login", "/openapi.json", "/units"):
        return await handler(request)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token not in TOKENS:
        raise fail(web.HTTPUnauthorized, "log in first")
    request["user"] = TOKENS[token]
    return await handler(request)


async def data(request, **types):
    try:
        got = await request.json()
        assert isinstance(got, dict)
    except (ValueError, AssertionError):
        raise fail(web.HTTPBadRequest, "a JSON object is wanted")
    for name, (kind, required) in types.items():
        if name not in got and required:
            raise fail(web.HTTPUnprocessableEntity, f"{name} is required")
        if name in got and not isinstance(got[name], kind):
            raise fail(web.HTTPUnprocessableEntity, f"{name} is wrong")
    return {k: got[k] for k in types if k in got}


def own(request):
    recipe = RECIPES.get(request.match_info["recipe_id"])
    if not recipe or recipe["owner"] != request["user"]:
        raise fail(web.HTTPNotFound, "no such recipe")
    return recipe


def readable(request):
    recipe = RECIPES.get(request.match_info["recipe_id"])
    if not recipe or request["user"] not in (recipe["owner"], *recipe["shared_with"]):
        raise fail(web.HTTPNotFound, "no such recipe")
    return recipe


def view(recipe, user):
    shown = {k: v for k, v in recipe.items() if k != "shared_with" or recipe["owner"] == user}
    shown["notes"] = [n for n in NOTES.values() if n["recipe_id"] == recipe["id"]]
    return shown


def brief(recipe):
    return {k: recipe[k] for k in ("id", "title", "tags")}


@routes.post("/signup")
async def signup(request):
    got = await data(request, username=(str, True), password=(str, True))
    if not re.fullmatch(r"[\w.-]{3,60}", got["username"]):
        raise fail(web.HTTPUnprocessableEntity, "username: 3 to 60 letters, digits, . _ -")
    if got["username"] in USERS:
        raise fail(web.HTTPConflict, "that name is taken")
    USERS[got["username"]] = hashed(name=got["username"], password=got["password"])
    return web.json_response({"username": got["username"]}, status=201)


@routes.post("/login")
async def login(request):
    got = await data(request, username=(str, True), password=(str, True))
    if USERS.get(got["username"]) != hashed(got["username"], got["password"]):
        raise fail(web.HTTPUnauthorized, "wrong name or password")
    token = secrets.token_urlsafe(24)
    TOKENS[token] = got["username"]
    return web.json_response({"token": token})


@routes.get("/units")
async def units(request):
    return web.json_response(["g", "ml", "tbsp", "tsp", "piece"])


FIELDS = dict(
    title=(str, True),
    servings=(int, False),
    ingredients=(list, False),
    tags=(list, False),
    method=(str, False),
)


def clean(got):
    if not 1 <= got.get("servings", 2) <= 100:
        raise fail(web.HTTPUnprocessableEntity, "servings: 1 to 100")
    for i in got.get("ingredients", []):
        if (
            not isinstance(i, dict)
            or not isinstance(i.get("name"), str)
            or not isinstance(i.get("amount", 0), (int, float))
        ):
            raise fail(web.HTTPUnprocessableEntity, "ingredients: objects with name and amount")
    if not all(isinstance(t, str) for t in got.get("tags", [])):
        raise fail(web.HTTPUnprocessableEntity, "tags: texts")
    if "ingredients" in got:
        got["ingredients"] = [
            {"name": i["name"], "amount": i.get("amount", 0)} for i in got["ingredients"]
        ]
    return got


@routes.post("/recipes")
async def add(request):
    got = clean(await data(request, **FIELDS))
    recipe = {
        "id": str(uuid4()),
        "owner": request["user"],
        "servings": 2,
        "ingredients": [],
        "tags": [],
        "method": "",
        **got,
        "shared_with": [],
    }
    RECIPES[recipe["id"]] = recipe
    return web.json_response(view(recipe, request["user"]), status=201)


@routes.get("/recipes")
async def search(request):
    q, tag = request.query.get("q", "").lower(), request.query.get("tag")
    found = [
        r
        for r in RECIPES.values()
        if r["owner"] == request["user"]
        and q in (r["title"] + r["method"]).lower()
        and (not tag or tag in r["tags"])
    ]
    return web.json_response({"count": len(found), "recipes": [brief(r) for r in found]})


@routes.get("/recipes/{recipe_id}")
async def read(request):
    return web.json_response(view(readable(request), request["user"]))


@routes.put("/recipes/{recipe_id}")
async def change(request):
    recipe = own(request)
    recipe.update(clean(await data(request, **FIELDS)))
    return web.json_response(view(recipe, request["user"]))


@routes.delete("/recipes/{recipe_id}")
async def remove(request):
    recipe = RECIPES.pop(own(request)["id"])
    for note in [n for n in NOTES.values() if n["recipe_id"] == recipe["id"]]:
        del NOTES[note["id"]]
    return web.Response(status=204)


@routes.get("/recipes/{recipe_id}/shopping-list")
async def shopping(request):
    try:
        people = int(request.query.get("people", "2"))
    except ValueError:
        raise fail(web.HTTPUnprocessableEntity, "people is a number")
    recipe = (
        RECIPES.get(request.match_info["recipe_id"]) if bug("shopping-list") else readable(request)
    )
    if not recipe:
        raise fail(web.HTTPNotFound, "no such recipe")
    return web.json_response(
        {
            "for": recipe["title"],
            "people": people,
            "buy": [
                {"name": i["name"], "amount": round(i["amount"] * people / recipe["servings"], 1)}
                for i in recipe["ingredients"]
            ],
        }
    )


@routes.post("/recipes/{recipe_id}/notes")
async def annotate(request):
    recipe, got = own(request), await data(request, text=(str, True))
    note = {"id": str(uuid4()), "recipe_id": recipe["id"], "text": got["text"]}
    NOTES[note["id"]] = note
    return web.json_response(note, status=201)


@routes.put("/recipes/{recipe_id}/notes/{note_id}")
async def rewrite(request):
    recipe, got = own(request), await data(request, text=(str, True))
    note = NOTES.get(request.match_info["note_id"])
    if not note or (note["recipe_id"] != recipe["id"] and not bug("note-of-another")):
        raise fail(web.HTTPNotFound, "no such note")
    note["text"] = got["text"]
    return web.json_response({"id": note["id"], "saved": True})


@routes.post("/recipes/{recipe_id}/shares")
async def share(request):
    recipe, got = own(request), await data(request, username=(str, True))
    if got["username"] not in USERS or got["username"] == request["user"]:
        raise fail(web.HTTPUnprocessableEntity, "cannot be shared with that name")
    if got["username"] not in recipe["shared_with"]:
        recipe["shared_with"].append(got["username"])
    return web.json_response({"shared_with": recipe["shared_with"]}, status=201)


@routes.delete("/recipes/{recipe_id}/shares/{username}")
async def unshare(request):
    recipe, name = own(request), request.match_info["username"]
    if name not in recipe["shared_with"]:
        raise fail(web.HTTPNotFound, "not shared with that name")
    recipe["shared_with"].remove(name)
    return web.Response(status=204)


@routes.get("/shared")
async def shared(request):
    return web.json_response(
        [
            {**brief(r), "owner": r["owner"]}
            for r in RECIPES.values()
            if request["user"] in r["shared_with"]
        ]
    )


@routes.get("/tags")
async def tags(request):
    mine = {t for r in RECIPES.values() if r["owner"] == request["user"] for t in r["tags"]}
    count = Counter(
        t
        for r in RECIPES.values()
        if bug("tag-counts") or r["owner"] == request["user"]
        for t in set(r["tags"])
    )
    return web.json_response([{"tag": t, "recipes": count[t]} for t in sorted(mine)])


@routes.get("/ingredients/suggest")
async def suggest(request):
    start = request.query.get("prefix", "").lower()
    if len(start) < 2:
        return web.json_response({"suggestions": []})
    names = {
        i["name"]
        for r in RECIPES.values()
        if bug("suggest") or r["owner"] == request["user"]
        for i in r["ingredients"]
    }
    return web.json_response(
        {"suggestions": sorted(n for n in names if n.lower().startswith(start))[:10]}
    )


@routes.get("/openapi.json")
async def openapi(request):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "openapi.json")) as f:
        return web.json_response(json.load(f))


if __name__ == "__main__":
    app = web.Application(middlewares=[authenticate])
    app.add_routes(routes)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
