"""Vows: guests, tables, vendors and the budget of weddings, with exports. Litestar, everything in memory.

Couples sign up and log in; the key travels as X-Api-Key.
"""

import base64
import csv
import hashlib
import io
import json
import os
import secrets
import sys
import uuid
from typing import Annotated, Literal

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, Router, delete, get, patch, post, put
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter
from msgspec import Meta, Struct

LEAKS = os.environ.get("LEAKS", "all").replace(" ", "").split(",")
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2000)]
Money = Annotated[float, Meta(ge=0, le=1000000)]
Rsvp = Literal["open", "yes", "no"]

couples, keys = {}, {}
guests, tables, vendors, exports = {}, {}, {}, {}


def leaky(name):
    return "all" in LEAKS or name in LEAKS


class Account(Struct):
    email: Word
    password: Word


class NewGuest(Struct):
    name: Word
    rsvp: Rsvp = "open"
    diet: Text = ""
    note: Text = ""


class GuestChange(Struct):
    name: Word | None = None
    rsvp: Rsvp | None = None
    diet: Text | None = None
    note: Text | None = None


class NewTable(Struct):
    name: Word
    seats: Annotated[int, Meta(ge=1, le=30)] = 8


class Seats(Struct):
    guest_ids: Annotated[list[Word], Meta(max_length=30)]


class NewVendor(Struct):
    name: Word
    trade: Literal["venue", "catering", "flowers", "music", "photo", "other"] = "other"
    amount: Money = 0
    deposit: Money = 0
    note: Text = ""


class NewExport(Struct):
    what: Literal["guests", "vendors"]


def check_key(connection, _):
    couple = keys.get(connection.headers.get("x-api-key", ""))
    if couple is None:
        raise NotAuthorizedException("a key is needed in X-Api-Key")
    connection.state.couple = couple


async def current_couple(request: Request) -> str:
    return request.state.couple


def own(rows, me, row_id, what):
    row = rows.get(row_id)
    if row is None or row["couple"] != me:
        raise NotFoundException(f"no such {what}")
    return row


def mine(rows, me):
    return [row for row in rows.values() if row["couple"] == me]


def store(rows, me, /, **values):
    row = {"id": str(uuid.uuid4()), "couple": me, **values}
    rows[row["id"]] = row
    return row


def show(row):
    return {k: v for k, v in row.items() if k not in ("couple", "content")}


def hashed(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1000)


@post("/signup", security=[{}])
async def sign_up(data: Account) -> dict:
    if data.email in couples:
        raise HTTPException("this address is signed up", status_code=409)
    salt = secrets.token_bytes(16)
    couples[data.email] = {
        "id": str(uuid.uuid4()),
        "salt": salt,
        "hash": hashed(data.password, salt),
    }
    return {"couple_id": couples[data.email]["id"]}


@post("/login", security=[{}], status_code=200)
async def log_in(data: Account) -> dict:
    couple = couples.get(data.email)
    if couple is None or not secrets.compare_digest(
        couple["hash"], hashed(data.password, couple["salt"])
    ):
        raise NotAuthorizedException("wrong address or password")
    key = "vow_" + secrets.token_hex(20)
    keys[key] = couple["id"]
    return {"api_key": key, "couple_id": couple["id"]}


@post("/guests")
async def add_guest(data: NewGuest, me: str) -> dict:
    return show(store(guests, me, **msgspec.structs.asdict(data), table_id=None))


@get("/guests")
async def list_guests(me: str, rsvp: Rsvp | None = None) -> list[dict]:
    return [show(g) for g in mine(guests, me) if rsvp in (None, g["rsvp"])]


@get("/guests/{guest_id:str}")
async def get_guest(guest_id: str, me: str) -> dict:
    return show(own(guests, me, guest_id, "guest"))


@patch("/guests/{guest_id:str}")
async def change_guest(guest_id: str, data: GuestChange, me: str) -> dict:
    row = own(guests, me, guest_id, "guest")
    row.update({k: v for k, v in msgspec.structs.asdict(data).items() if v is not None})
    return show(row)


@delete("/guests/{guest_id:str}")
async def delete_guest(guest_id: str, me: str) -> None:
    del guests[own(guests, me, guest_id, "guest")["id"]]


def show_table(table):
    seated = [
        {"id": g["id"], "name": g["name"], "diet": g["diet"]}
        for g in guests.values()
        if g["table_id"] == table["id"]
    ]
    return {**show(table), "guests": seated}


@post("/tables")
async def add_table(data: NewTable, me: str) -> dict:
    return show_table(store(tables, me, **msgspec.structs.asdict(data)))


@get("/tables")
async def list_tables(me: str) -> list[dict]:
    return [show_table(t) for t in mine(tables, me)]


@put("/tables/{table_id:str}/seats")
async def seat(table_id: str, data: Seats, me: str) -> dict:
    """Who sits at this table; who sat there before gets up."""
    table = own(tables, me, table_id, "table")
    if len(data.guest_ids) > table["seats"]:
        raise HTTPException("there are not enough seats", status_code=409)
    if leaky("seat-guest"):
        chosen = [guests[g] for g in data.guest_ids if g in guests]
        if len(chosen) != len(data.guest_ids):
            raise NotFoundException("no such guest")
    else:
        chosen = [own(guests, me, g, "guest") for g in data.guest_ids]
    for guest in mine(guests, me):
        if guest["table_id"] == table["id"]:
            guest["table_id"] = None
    for guest in chosen:
        guest["table_id"] = table["id"]
    return show_table(table)


@delete("/tables/{table_id:str}")
async def delete_table(table_id: str, me: str) -> None:
    del tables[own(tables, me, table_id, "table")["id"]]
    for guest in guests.values():
        if guest["table_id"] == table_id:
            guest["table_id"] = None


@post("/vendors")
async def add_vendor(data: NewVendor, me: str) -> dict:
    return show(store(vendors, me, **msgspec.structs.asdict(data)))


def pack(**place):
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def unpack(cursor):
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return max(0, int(place["offset"])), str(place.get("list", ""))
    except (ValueError, KeyError, TypeError, OverflowError):
        raise HTTPException("this is no cursor", status_code=400) from None


@get("/vendors")
async def list_vendors(
    me: str,
    limit: Annotated[int, Parameter(ge=1, le=50)] = 5,
    cursor: Annotated[str | None, Parameter(max_length=400)] = None,
) -> dict:
    offset, couple = unpack(cursor) if cursor else (0, me)
    if not leaky("cursor-owner"):
        couple = me
    found = mine(vendors, couple)
    following = pack(offset=offset + limit, **({"list": couple} if leaky("cursor-owner") else {}))
    return {
        "vendors": [show(v) for v in found[offset : offset + limit]],
        "next_cursor": following if len(found) > offset + limit else None,
    }


@delete("/vendors/{vendor_id:str}")
async def delete_vendor(vendor_id: str, me: str) -> None:
    del vendors[own(vendors, me, vendor_id, "vendor")["id"]]


@get("/overview", cache=3 if leaky("overview-cache") else False)
async def overview(me: str) -> dict:
    """What the first page of the app shows."""
    hired, invited = mine(vendors, me), mine(guests, me)
    return {
        "guests": {rsvp: sum(g["rsvp"] == rsvp for g in invited) for rsvp in ("open", "yes", "no")},
        "without_table": [g["name"] for g in invited if g["table_id"] is None][:10],
        "to_pay": [
            {"vendor": v["name"], "rest": v["amount"] - v["deposit"]}
            for v in hired
            if v["amount"] > v["deposit"]
        ],
        "budget": sum(v["amount"] for v in hired),
    }


@post("/exports")
async def add_export(data: NewExport, me: str) -> dict:
    out = io.StringIO()
    rows = [show(r) for r in mine(guests if data.what == "guests" else vendors, me)]
    writer = csv.DictWriter(out, rows[0].keys() if rows else ["id"])
    writer.writeheader()
    writer.writerows(rows)
    return show(store(exports, me, what=data.what, rows=len(rows), content=out.getvalue()))


@get("/exports")
async def list_exports(me: str) -> list[dict]:
    return [show(e) for e in mine(exports, me)]


@get("/exports/{export_id:str}/file", media_type="text/csv")
async def export_file(export_id: str, me: str) -> Response[str]:
    row = exports.get(export_id) if leaky("export-file") else own(exports, me, export_id, "export")
    if row is None:
        raise NotFoundException("no such export")
    return Response(row["content"], media_type="text/csv")


inside = Router(
    path="/",
    guards=[check_key],
    dependencies={"me": Provide(current_couple)},
    route_handlers=[
        add_guest, list_guests, get_guest, change_guest, delete_guest, add_table, list_tables, seat, delete_table,
        add_vendor, list_vendors, delete_vendor, overview, add_export, list_exports, export_file,
    ],
)  # fmt: skip
scheme = SecurityScheme(type="apiKey", name="X-Api-Key", security_scheme_in="header")
app = Litestar(
    [sign_up, log_in, inside],
    openapi_config=OpenAPIConfig(
        title="Vows",
        version="2.0.3",
        security=[{"key": []}],
        components=Components(security_schemes={"key": scheme}),
    ),
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
