"""Trousseau: planning weddings: tables, guests with their answers, suppliers and what they cost. GraphQL (strawberry)."""

import os
import sys
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.types import Info

LEAKS = {leak.strip() for leak in os.environ.get("LEAKS", "all").split(",")}
PLANNERS = {
    "trs.7f20a1.amara": "amara",
    "trs.c95e3b.boris": "boris",
    "trs.10d4f8.celia": "celia",
}
caller: ContextVar[str] = ContextVar("caller")


def leaky(name: str) -> bool:
    return name in LEAKS or "all" in LEAKS


class Problem(Exception):
    pass


@dataclass
class Row:
    planner: str
    wedding: str
    values: dict[str, Any]
    id: str = field(default_factory=lambda: uuid4().hex)


weddings: dict[str, Row] = {}
tables: dict[str, Row] = {}
guests: dict[str, Row] = {}
suppliers: dict[str, Row] = {}


def the(rows: dict[str, Row], row_id: str, what: str) -> Row:
    row = rows.get(row_id)
    if row is None or row.planner != caller.get():
        raise Problem(f"There is no such {what}.")
    return row


def of(rows: dict[str, Row], wedding_id: str) -> list[Row]:
    return [r for r in rows.values() if r.wedding == wedding_id and r.planner == caller.get()]


def mine(rows: dict[str, Row]) -> list[Row]:
    return [r for r in rows.values() if r.planner == caller.get()]


def text(value: str, what: str, longest: int = 200) -> str:
    if not 1 <= len(value.strip()) or len(value) > longest:
        raise Problem(f"{what} must have 1 to {longest} characters.")
    return value


def keep(rows: dict[str, Row], wedding_id: str, **values: Any) -> Row:
    row = Row(caller.get(), wedding_id, values)
    rows[row.id] = row
    return row


def change(row: Row, **values: Any) -> Row:
    row.values.update(
        {
            k: text(v, k, 4000) if isinstance(v, str) else v
            for k, v in values.items()
            if v is not None
        }
    )
    return row


async def load_suppliers(ids: list[str]) -> list[Row | None]:
    me = caller.get()
    return [r if (r := suppliers.get(i)) is not None and r.planner == me else None for i in ids]


shared_loader: DataLoader = DataLoader(load_fn=load_suppliers)


@strawberry.type
class Table:
    id: strawberry.ID
    name: str
    seats: int

    @strawberry.field
    def guests(self) -> "list[Guest]":
        return [guest(g) for g in mine(guests) if g.values["table"] == self.id]


@strawberry.type
class Guest:
    id: strawberry.ID
    name: str
    diet: str
    rsvp_code: str | None
    coming: bool | None
    table_id: strawberry.Private[str | None]

    @strawberry.field
    def table(self) -> Table | None:
        row = tables.get(self.table_id or "")
        return table(row) if row is not None and row.planner == caller.get() else None


@strawberry.type
class Supplier:
    id: strawberry.ID
    name: str
    trade: str
    contact: str
    price: int


@strawberry.type
class Wedding:
    id: strawberry.ID
    couple: str
    day: str
    notes: str

    @strawberry.field
    def tables(self) -> list[Table]:
        return [table(t) for t in of(tables, self.id)]

    @strawberry.field
    def guests(self) -> list[Guest]:
        return [guest(g) for g in of(guests, self.id)]

    @strawberry.field
    def suppliers(self) -> list[Supplier]:
        return [supplier(s) for s in of(suppliers, self.id)]


@strawberry.type
class Costs:
    suppliers: int
    total: int
    coming: int


def table(row: Row) -> Table:
    return Table(id=row.id, name=row.values["name"], seats=row.values["seats"])


def guest(row: Row) -> Guest:
    v = row.values
    return Guest(
        id=row.id,
        name=v["name"],
        diet=v["diet"],
        rsvp_code=v["code"],
        coming=v["coming"],
        table_id=v["table"],
    )


def supplier(row: Row) -> Supplier:
    return Supplier(id=row.id, **row.values)


def wedding(row: Row) -> Wedding:
    return Wedding(id=row.id, **row.values)


@strawberry.type
class Query:
    @strawberry.field(description="The weddings that you plan.")
    def weddings(self) -> list[Wedding]:
        return [wedding(w) for w in mine(weddings)]

    @strawberry.field
    def wedding(self, id: strawberry.ID) -> Wedding:
        return wedding(the(weddings, id, "wedding"))

    @strawberry.field
    def guest(self, id: strawberry.ID) -> Guest:
        if leaky("guest") and id in guests:
            return guest(guests[id])
        return guest(the(guests, id, "guest"))

    @strawberry.field
    def table(self, id: strawberry.ID) -> Table:
        return table(the(tables, id, "table"))

    @strawberry.field(description="Some suppliers at once, to compare them. Unknown ones are null.")
    async def compare_suppliers(
        self, info: Info, ids: list[strawberry.ID]
    ) -> list[Supplier | None]:
        loader = shared_loader if leaky("loader") else info.context["suppliers"]
        return [
            supplier(row) if row is not None else None for row in await loader.load_many(ids[:50])
        ]

    @strawberry.field(description="Guests of all your weddings with these letters in name or diet.")
    def search_guests(self, words: str) -> list[Guest]:
        wanted = text(words, "words").lower()
        return [
            guest(g)
            for g in mine(guests)
            if wanted in f"{g.values['name']} {g.values['diet']}".lower()
        ]

    @strawberry.field
    def costs(self, wedding_id: strawberry.ID) -> Costs:
        the(weddings, wedding_id, "wedding")
        prices = [s.values["price"] for s in of(suppliers, wedding_id)]
        coming = sum(g.values["coming"] is True for g in of(guests, wedding_id))
        return Costs(suppliers=len(prices), total=sum(prices), coming=coming)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def plan_wedding(self, couple: str, day: str = "2027-06-12", notes: str = "") -> Wedding:
        row = keep(
            weddings,
            "",
            couple=text(couple, "couple"),
            day=text(day, "day", 40),
            notes=notes[:4000],
        )
        return wedding(row)

    @strawberry.mutation
    def edit_wedding(
        self, id: strawberry.ID, day: str | None = None, notes: str | None = None
    ) -> Wedding:
        return wedding(change(the(weddings, id, "wedding"), day=day, notes=notes))

    @strawberry.mutation(description="Removes a wedding with all that belongs to it.")
    def cancel_wedding(self, id: strawberry.ID) -> bool:
        the(weddings, id, "wedding")
        for rows in (tables, guests, suppliers):
            for row in of(rows, id):
                del rows[row.id]
        del weddings[id]
        return True

    @strawberry.mutation
    def add_table(self, wedding_id: strawberry.ID, name: str, seats: int = 8) -> Table:
        the(weddings, wedding_id, "wedding")
        return table(keep(tables, wedding_id, name=text(name, "name"), seats=seats))

    @strawberry.mutation
    def rename_table(self, id: strawberry.ID, name: str) -> Table:
        row = tables.get(id) if leaky("rename-table") else the(tables, id, "table")
        if row is None:
            raise Problem("There is no such table.")
        change(row, name=name)
        return table(row)

    @strawberry.mutation
    def add_guest(self, wedding_id: strawberry.ID, name: str, diet: str = "") -> Guest:
        the(weddings, wedding_id, "wedding")
        row = keep(
            guests,
            wedding_id,
            name=text(name, "name"),
            diet=diet[:400],
            code=None,
            coming=None,
            table=None,
        )
        return guest(row)

    @strawberry.mutation
    def update_guest(
        self, id: strawberry.ID, diet: str | None = None, coming: bool | None = None
    ) -> Guest:
        return guest(change(the(guests, id, "guest"), diet=diet, coming=coming))

    @strawberry.mutation(description="Puts a guest at a table of the same wedding.")
    def assign_seat(self, guest_id: strawberry.ID, table_id: strawberry.ID) -> Guest:
        who, where = the(guests, guest_id, "guest"), the(tables, table_id, "table")
        if who.wedding != where.wedding:
            raise Problem("The table is of another wedding.")
        who.values["table"] = where.id
        return guest(who)

    @strawberry.mutation(
        description="Gives a guest the code that stands on the invitation, as the planner likes."
    )
    def set_rsvp_code(self, guest_id: strawberry.ID, code: str) -> Guest:
        who, wanted = the(guests, guest_id, "guest"), text(code, "code", 80)
        others = list(guests.values()) if leaky("rsvp-code") else mine(guests)
        if any(g.values["code"] == wanted and g.id != who.id for g in others):
            raise Problem("This code is taken.")
        who.values["code"] = wanted
        return guest(who)

    @strawberry.mutation(description="Enters an answer that came with a code.")
    def enter_answer(self, code: str, coming: bool) -> Guest:
        for row in mine(guests):
            if row.values["code"] == code:
                return guest(change(row, coming=coming))
        raise Problem("Nobody has this code.")

    @strawberry.mutation
    def remove_guest(self, id: strawberry.ID) -> bool:
        the(guests, id, "guest")
        del guests[id]
        return True

    @strawberry.mutation
    def add_supplier(
        self,
        wedding_id: strawberry.ID,
        name: str,
        trade: str = "flowers",
        contact: str = "",
        price: int = 0,
    ) -> Supplier:
        the(weddings, wedding_id, "wedding")
        row = keep(
            suppliers,
            wedding_id,
            name=text(name, "name"),
            trade=trade[:200],
            contact=contact[:400],
            price=price,
        )
        return supplier(row)

    @strawberry.mutation
    def update_supplier(
        self, id: strawberry.ID, contact: str | None = None, price: int | None = None
    ) -> Supplier:
        return supplier(change(the(suppliers, id, "supplier"), contact=contact, price=price))

    @strawberry.mutation
    def drop_supplier(self, id: strawberry.ID) -> bool:
        the(suppliers, id, "supplier")
        del suppliers[id]
        if leaky("loader"):
            shared_loader.clear(id)
        return True


class Quiet(strawberry.Schema):
    def process_errors(self, errors, execution_context=None) -> None:
        pass


class Planner(GraphQL):
    async def get_context(self, request: Request, response: Response) -> dict[str, Any]:
        return {
            "request": request,
            "response": response,
            "suppliers": DataLoader(load_fn=load_suppliers),
        }


graphql = Planner(Quiet(query=Query, mutation=Mutation), graphql_ide=None)


class SignedIn:
    """The endpoint, for those who have a token."""

    async def __call__(self, scope, receive, send) -> None:
        given = Request(scope).headers.get("authorization", "")
        who = PLANNERS.get(given[7:]) if given[:7].lower() == "bearer " else None
        if who is None:
            refused = JSONResponse(
                {"errors": [{"message": "Sign in first."}]}, 401, {"WWW-Authenticate": "Bearer"}
            )
            await refused(scope, receive, send)
            return
        caller.set(who)
        await graphql(scope, receive, send)


app = Starlette(routes=[Route("/graphql", SignedIn(), methods=["GET", "POST"])])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
