"""Cellarbook: bottles, racks and tastings, for browsers (REST, Starlette) and for assistants (MCP at /mcp). State in memory.

One login serves both: the token of POST /login goes into Authorization: Bearer.
"""

import contextlib
import csv
import hashlib
import hmac
import io
import os
import secrets
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated
from uuid import uuid4

import uvicorn
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import Completion, PromptReference
from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
PAGE = 10

Text = Annotated[str, Field(max_length=3000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Year = Annotated[int, Field(ge=1900, le=2100)]
Rating = Annotated[int, Field(ge=50, le=100)]


def leaking(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


class Account(BaseModel):
    name: Name
    password: str = Field(min_length=8, max_length=200)


class NewBottle(BaseModel):
    wine: Name
    producer: str = Field("", max_length=200)
    vintage: Year = 2020
    drink_from: Year = 2025
    quantity: int = Field(1, ge=1, le=1000)
    notes: Text = ""


class BottleChange(BaseModel):
    wine: Name | None = None
    producer: str | None = Field(None, max_length=200)
    drink_from: Year | None = None
    quantity: int | None = Field(None, ge=0, le=1000)
    notes: Text | None = None


class Opened(BaseModel):
    note: Text = ""
    rating: Rating = 85


class TastingChange(BaseModel):
    note: Text | None = None
    rating: Rating | None = None


class Placed(BaseModel):
    bottle_id: Name


class Table(BaseModel):
    table: str = Field(min_length=1, max_length=20000, description="lines of wine,producer,vintage")


@dataclass
class Bottle:
    owner_id: str
    wine: str
    producer: str = ""
    vintage: int = 2020
    drink_from: int = 2025
    quantity: int = 1
    notes: str = ""
    id: str = field(default_factory=lambda: uuid4().hex)


@dataclass
class Tasting:
    owner_id: str
    bottle_id: str
    wine: str
    note: str
    rating: int
    id: str = field(default_factory=lambda: uuid4().hex)


accounts: dict[str, tuple[str, bytes, bytes]] = {}  # name: id, salt, password
tokens: dict[str, str] = {}  # digest of a token: account's id
bottles: dict[str, Bottle] = {}
tastings: dict[str, Tasting] = {}
racks: dict[tuple[str, str], str] = {}  # owner and slot: bottle


def hashed(salt: bytes, password: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 2000)


def holder(token: str) -> str | None:
    return tokens.get(hashlib.sha256(token.encode()).hexdigest())


# what REST and MCP have in common


def bottles_of(me: str) -> list[Bottle]:
    return [b for b in bottles.values() if b.owner_id == me]


def tastings_of(me: str) -> list[Tasting]:
    return [t for t in tastings.values() if t.owner_id == me]


def bottle_of(me: str, bottle_id: str) -> Bottle | None:
    found = bottles.get(bottle_id)
    return found if found is not None and found.owner_id == me else None


def find(me: str, query: str) -> list[Bottle]:
    return [
        b for b in bottles_of(me) if query.lower() in f"{b.wine} {b.producer} {b.notes}".lower()
    ]


def taste(bottle: Bottle, note: str, rating: int) -> Tasting:
    bottle.quantity -= 1
    new = Tasting(bottle.owner_id, bottle.id, bottle.wine, note, rating)
    tastings[new.id] = new
    return new


# REST


def refuse(status: int, message: str) -> HTTPException:
    return HTTPException(status, message)


def caller(request: Request) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    me = holder(token) if kind.lower() == "bearer" else None
    if me is None:
        raise HTTPException(401, "a valid token is needed", {"WWW-Authenticate": "Bearer"})
    return me


async def body(request: Request, model: type[BaseModel]) -> BaseModel:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False, include_context=False)[0]
        raise refuse(
            422, f"{'.'.join(str(p) for p in first['loc']) or 'body'}: {first['msg']}"
        ) from None


def the_bottle(request: Request) -> Bottle:
    found = bottle_of(caller(request), request.path_params["bottle_id"])
    if found is None:
        raise refuse(404, "no such bottle")
    return found


async def register(request: Request) -> Response:
    new = await body(request, Account)
    if new.name in accounts:
        raise refuse(409, "this name is taken")
    salt = secrets.token_bytes(16)
    accounts[new.name] = (str(uuid4()), salt, hashed(salt, new.password))
    return JSONResponse({"id": accounts[new.name][0], "name": new.name}, 201)


async def log_in(request: Request) -> Response:
    given = await body(request, Account)
    account_id, salt, password = accounts.get(given.name, ("", b"", b""))
    if not account_id or not hmac.compare_digest(password, hashed(salt, given.password)):
        raise refuse(401, "wrong name or password")
    token = secrets.token_urlsafe(32)
    tokens[hashlib.sha256(token.encode()).hexdigest()] = account_id
    return JSONResponse({"token": token, "id": account_id})


async def list_bottles(request: Request) -> Response:
    """Bottles, ten a page."""
    rows, page = bottles_of(caller(request)), request.query_params.get("page", "1")
    if not page.isdecimal() or not 1 <= int(page[:9]) <= 100000:
        raise refuse(422, "page is a number from 1 on")
    start = (int(page) - 1) * PAGE
    return JSONResponse(
        {"bottles": [vars(b) for b in rows[start:][:PAGE]], "pages": -(-len(rows) // PAGE)}
    )


async def add_bottle(request: Request) -> Response:
    new = Bottle(caller(request), **(await body(request, NewBottle)).model_dump())
    bottles[new.id] = new
    return JSONResponse(vars(new), 201)


async def import_bottles(request: Request) -> Response:
    """Takes lines of wine,producer,vintage; lines that cannot be read are counted."""
    me, made, left_out = caller(request), [], 0
    for row in csv.reader(io.StringIO((await body(request, Table)).table)):
        try:
            new = Bottle(me, **NewBottle(wine=row[0], producer=row[1], vintage=row[2]).model_dump())
        except (IndexError, ValidationError):
            left_out += 1
            continue
        bottles[new.id] = new
        made.append(new.id)
    return JSONResponse({"made": made, "left_out": left_out})


async def get_bottle(request: Request) -> Response:
    found = the_bottle(request)
    notes = [t.note for t in tastings_of(found.owner_id) if t.bottle_id == found.id]
    return JSONResponse({**vars(found), "tasted": notes})


async def change_bottle(request: Request) -> Response:
    found, change = the_bottle(request), await body(request, BottleChange)
    fields = change.model_dump(exclude_none=True)
    if leaking("mass-assignment"):
        sent = await request.json()
        fields = {
            **{
                k: v
                for k, v in sent.items()
                if k != "id" and type(v) is type(getattr(found, k, None))
            },
            **fields,
        }
    for name, value in fields.items():
        setattr(found, name, value)
    return JSONResponse(vars(found))


async def remove_bottle(request: Request) -> Response:
    """Removes a bottle, also from its slot; tastings of it stay."""
    found = the_bottle(request)
    del bottles[found.id]
    for place in [p for p, b in racks.items() if b == found.id]:
        del racks[place]
    return Response(status_code=204)


async def open_bottle(request: Request) -> Response:
    """Opens a bottle, and keeps what it was like."""
    found, opened = the_bottle(request), await body(request, Opened)
    if found.quantity < 1:
        raise refuse(409, "there is none left")
    return JSONResponse(vars(taste(found, opened.note, opened.rating)), 201)


async def list_tastings(request: Request) -> Response:
    return JSONResponse([vars(t) for t in tastings_of(caller(request))])


def the_tasting(request: Request, everybody: bool = False) -> Tasting:
    me, found = caller(request), tastings.get(request.path_params["tasting_id"])
    if found is None or (found.owner_id != me and not everybody):
        raise refuse(404, "no such tasting")
    return found


async def change_tasting(request: Request) -> Response:
    found = the_tasting(request)
    for name, value in (await body(request, TastingChange)).model_dump(exclude_none=True).items():
        setattr(found, name, value)
    return JSONResponse(vars(found))


async def remove_tasting(request: Request) -> Response:
    del tastings[the_tasting(request, everybody=leaking("tasting")).id]
    return Response(status_code=204)


async def list_racks(request: Request) -> Response:
    """What lies in which slot."""
    me = caller(request)
    return JSONResponse(
        {
            slot: bottles[b].wine
            for (owner, slot), b in racks.items()
            if owner == me and bottle_of(me, b)
        }
    )


async def place(request: Request) -> Response:
    """Lays a bottle into a slot, in place of what was there."""
    me, placed = caller(request), await body(request, Placed)
    found = bottle_of(me, placed.bottle_id)
    if found is None:
        raise refuse(404, "no such bottle")
    racks[me, request.path_params["slot"]] = found.id
    return JSONResponse({"slot": request.path_params["slot"], "wine": found.wine})


async def search(request: Request) -> Response:
    me, q = caller(request), request.query_params.get("q", "")
    if not q:
        raise refuse(422, "q is missing")
    return JSONResponse([vars(b) for b in find(me, q)])


async def export(request: Request) -> Response:
    """The cellar as CSV."""
    out = io.StringIO()
    csv.writer(out).writerows(
        [b.wine, b.producer, b.vintage, b.quantity, b.notes] for b in bottles_of(caller(request))
    )
    return PlainTextResponse(out.getvalue(), media_type="text/csv")


async def statistics(request: Request) -> Response:
    me = caller(request)
    rows, rated = bottles_of(me), [t.rating for t in tastings_of(me)]
    vintages = Counter(str(b.vintage) for b in rows)
    mean = round(sum(rated) / len(rated), 1) if rated else None
    return JSONResponse(
        {
            "bottles": sum(b.quantity for b in rows),
            "by_vintage": dict(vintages),
            "mean_rating": mean,
        }
    )


# MCP


class Verifier(TokenVerifier):
    async def verify_token(self, token: str) -> AccessToken | None:
        me = holder(token)
        return AccessToken(token=token, client_id=me, scopes=[], subject=me) if me else None


here = f"http://127.0.0.1:{PORT}"
server = MCPServer(
    "cellarbook",
    instructions="The caller's own wine cellar.",
    token_verifier=Verifier(),
    auth=AuthSettings(
        issuer_url=here, resource_server_url=f"{here}/mcp", validate_token_resource=False
    ),
    log_level="CRITICAL",
)


def assisted() -> str:
    token = get_access_token()
    if token is None or not token.subject:
        raise ToolError("The token names nobody")
    return token.subject


@server.tool()
async def find_bottles(query: Name) -> list[dict]:
    """Bottles with these letters in wine, producer or notes."""
    return [dict(vars(b)) for b in find(assisted(), query)]


@server.tool()
async def bottle_details(bottle_id: Name) -> dict:
    """One bottle, with what was noted when it was tasted."""
    me = assisted()
    found = bottles.get(bottle_id) if leaking("assistant") else bottle_of(me, bottle_id)
    if found is None:
        raise ToolError(f"No bottle {bottle_id!r}")
    return {**vars(found), "tasted": [t.note for t in tastings_of(me) if t.bottle_id == found.id]}


@server.tool()
async def what_to_drink(year: Year = 2026) -> list[dict]:
    """Bottles that can be drunk in a year, the oldest vintage first."""
    ready = [b for b in bottles_of(assisted()) if b.drink_from <= year and b.quantity > 0]
    return [
        {"bottle_id": b.id, "wine": b.wine, "vintage": b.vintage}
        for b in sorted(ready, key=lambda b: b.vintage)
    ]


@server.tool()
async def note_tasting(bottle_id: Name, note: Text, rating: Rating = 85) -> dict:
    """Opens a bottle, and keeps what it was like."""
    found = bottle_of(assisted(), bottle_id)
    if found is None:
        raise ToolError(f"No bottle {bottle_id!r}")
    if found.quantity < 1:
        raise ToolError("There is none left")
    return dict(vars(taste(found, note, rating)))


@server.prompt()
async def pairing(producer: str, dish: str = "roast lamb") -> str:
    """Asks which wine of a producer goes with a dish."""
    wines = [f"{b.wine} {b.vintage}" for b in bottles_of(assisted()) if b.producer == producer]
    return f"Which of these goes with {dish}? {'; '.join(wines) or 'I have none yet.'}"


@server.completion()
async def complete(ref, argument, context) -> Completion | None:
    """Producers, as the caller writes them."""
    if not isinstance(ref, PromptReference) or ref.name != "pairing" or argument.name != "producer":
        return None
    known = bottles.values() if leaking("completion") else bottles_of(assisted())
    found = sorted(
        {
            b.producer
            for b in known
            if b.producer and b.producer.lower().startswith(argument.value.lower())
        }
    )
    return Completion(values=found[:20], total=len(found), has_more=len(found) > 20)


# both

ROUTES = [  # method and path, what answers, what the body is, parameters of the query
    ("POST /register", register, Account, {}),
    ("POST /login", log_in, Account, {}),
    ("GET /bottles", list_bottles, None, {"page": {"type": "integer", "minimum": 1}}),
    ("POST /bottles", add_bottle, NewBottle, {}),
    ("POST /bottles/import", import_bottles, Table, {}),
    ("GET /bottles/{bottle_id}", get_bottle, None, {}),
    ("PATCH /bottles/{bottle_id}", change_bottle, BottleChange, {}),
    ("DELETE /bottles/{bottle_id}", remove_bottle, None, {}),
    ("POST /bottles/{bottle_id}/open", open_bottle, Opened, {}),
    ("GET /tastings", list_tastings, None, {}),
    ("PATCH /tastings/{tasting_id}", change_tasting, TastingChange, {}),
    ("DELETE /tastings/{tasting_id}", remove_tasting, None, {}),
    ("GET /racks", list_racks, None, {}),
    ("PUT /racks/{slot}", place, Placed, {}),
    ("GET /search", search, None, {"q": {"type": "string", "minLength": 1}}),
    ("GET /export", export, None, {}),
    ("GET /statistics", statistics, None, {}),
]


async def openapi(request: Request) -> Response:
    paths: dict = {}
    for operation, view, model, query in ROUTES:
        method, path = operation.split()
        names = [p[1:-1] for p in path.split("/") if p.startswith("{")]
        parameters = [
            {
                "name": n,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "maxLength": 200},
            }
            for n in names
        ]
        parameters += [
            {"name": n, "in": "query", "required": n == "q", "schema": s} for n, s in query.items()
        ]
        one = {
            "parameters": parameters,
            "summary": view.__doc__ or "",
            "responses": {"200": {"description": "done"}},
        }
        if model:
            one["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": model.model_json_schema()}},
            }
        if model is Account:
            one["security"] = []
        paths.setdefault(path, {})[method.lower()] = one
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
    about = {
        "openapi": "3.1.0",
        "info": {"title": "Cellarbook", "version": "4"},
        "security": [{"bearer": []}],
    }
    return JSONResponse({**about, "paths": paths, "components": {"securitySchemes": schemes}})


async def refused(_: Request, e: HTTPException) -> Response:
    return JSONResponse({"error": e.detail}, e.status_code, headers=e.headers)


assistant = server.streamable_http_app()


@contextlib.asynccontextmanager
async def lifespan(_: Starlette):
    async with assistant.router.lifespan_context(assistant):
        yield


rest = [Route(o.split()[1], view, methods=[o.split()[0]]) for o, view, _, _ in ROUTES]
app = Starlette(
    routes=[Route("/openapi.json", openapi), *rest, Mount("/", assistant)],
    exception_handlers={HTTPException: refused},
    lifespan=lifespan,
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error")
