"""Invoicing for freelancers who share an office. Litestar, everything in memory, tokens handed out by the office."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
from litestar import Controller, Litestar, Request, get, patch, post
from litestar.connection import ASGIConnection
from litestar.exceptions import (
    HTTPException,
    NotAuthorizedException,
    NotFoundException,
    PermissionDeniedException,
)
from litestar.handlers import BaseRouteHandler
from litestar.middleware import (
    AbstractAuthenticationMiddleware,
    AuthenticationResult,
    DefineMiddleware,
)
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter

LEAKS = os.environ.get("LEAKS", "all")
TOKENS = {
    "office-nora-71": ("nora", None),
    "office-omar-38": ("omar", None),
    "office-petra-94": ("petra", "auditor"),
}


def flawed(name: str) -> bool:
    return LEAKS == "all" or name in LEAKS.split(",")


@dataclass
class Client:
    owner: str
    name: str
    address: str = ""
    id: UUID = field(default_factory=uuid4)


@dataclass
class Line:
    text: str
    hours: float
    rate_cents: int


@dataclass
class Invoice:
    owner: str
    number: int  # 1, 2, 3 ... for each freelancer, as the tax office wants it
    client_id: UUID
    lines: list[Line]
    due: date
    memo: str = ""
    paid: bool = False
    id: UUID = field(default_factory=uuid4)

    @property
    def total(self) -> int:
        return round(sum(line.hours * line.rate_cents for line in self.lines))


@dataclass
class NewClient:
    name: str
    address: str = ""


@dataclass
class Merge:
    into: UUID


@dataclass
class NewInvoice:
    client_id: UUID
    lines: list[Line]
    due: date = date(2026, 1, 31)
    memo: str = ""


@dataclass
class Payment:
    number: int
    cents: int


CLIENTS: dict[UUID, Client] = {}
INVOICES: dict[UUID, Invoice] = {}
LAST_NUMBER: dict[str, int] = defaultdict(int)


def client_of(id: UUID, owner: str) -> Client:
    client = CLIENTS.get(id)
    if client is None or client.owner != owner:
        raise NotFoundException("Client not found")
    return client


def invoice_of(id: UUID, owner: str) -> Invoice:
    invoice = INVOICES.get(id)
    if invoice is None or invoice.owner != owner:
        raise NotFoundException("Invoice not found")
    return invoice


def invoices_of(owner: str) -> list[Invoice]:
    return [i for i in INVOICES.values() if i.owner == owner]


def show(i: Invoice) -> dict[str, Any]:
    return {
        "id": i.id,
        "number": i.number,
        "client_id": i.client_id,
        "lines": i.lines,
        "due": i.due,
        "memo": i.memo,
        "paid": i.paid,
        "total_cents": i.total,
    }


class OfficeTokens(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token not in TOKENS:
            raise NotAuthorizedException("Token missing or unknown")
        user, role = TOKENS[token]
        return AuthenticationResult(user=user, auth=role)


def auditors(connection: ASGIConnection, _: BaseRouteHandler) -> None:
    if connection.auth != "auditor":
        raise PermissionDeniedException("For auditors")


class Clients(Controller):
    path = "/clients"
    tags = ["clients"]

    @get()
    async def list_clients(self, request: Request) -> list[dict[str, Any]]:
        return [
            {
                "id": c.id,
                "name": c.name,
                "address": c.address,
                "invoices": sum(i.client_id == c.id for i in INVOICES.values()),
            }
            for c in CLIENTS.values()
            if c.owner == request.user
        ]

    @post()
    async def add_client(self, request: Request, data: NewClient) -> dict[str, Any]:
        if any(c.owner == request.user and c.name == data.name for c in CLIENTS.values()):
            raise HTTPException("You have a client of that name", status_code=409)
        client = Client(request.user, data.name, data.address)
        CLIENTS[client.id] = client
        return {"id": client.id, "name": client.name, "address": client.address}

    @patch("/{client_id:uuid}")
    async def edit_client(
        self, request: Request, client_id: UUID, data: NewClient
    ) -> dict[str, Any]:
        client = client_of(client_id, request.user)
        if any(
            c.owner == request.user and c.name == data.name and c is not client
            for c in CLIENTS.values()
        ):
            raise HTTPException("You have a client of that name", status_code=409)
        client.name, client.address = data.name, data.address
        return {"id": client.id, "name": client.name, "address": client.address}

    @post("/{client_id:uuid}/merge", status_code=200)
    async def merge_client(self, request: Request, client_id: UUID, data: Merge) -> dict[str, int]:
        """All invoices go to another client, this one is removed."""
        source = client_of(client_id, request.user)
        target = (
            CLIENTS.get(data.into) if flawed("client-merge") else client_of(data.into, request.user)
        )
        if target is None:
            raise NotFoundException("Client not found")
        if target is source:
            raise HTTPException("A client cannot be merged with itself", status_code=409)
        moved = [i for i in invoices_of(request.user) if i.client_id == source.id]
        for invoice in moved:
            invoice.client_id = target.id
        target.address = target.address or source.address
        del CLIENTS[source.id]
        return {"moved": len(moved)}


LETTER: dict[str, Any] = {}


async def typeset(text: str) -> str:
    await asyncio.sleep(0.03)  # the printing service
    return "\n".join(line.strip() for line in text.splitlines())


class Invoices(Controller):
    path = "/invoices"
    tags = ["invoices"]

    @get()
    async def list_invoices(
        self,
        request: Request,
        paid: bool | None = None,
        q: str = "",
        page: Annotated[int, Parameter(ge=1)] = 1,
    ) -> dict[str, Any]:
        found = [
            i
            for i in invoices_of(request.user)
            if paid in (None, i.paid)
            and q.lower() in (i.memo + " ".join(line.text for line in i.lines)).lower()
        ]
        return {
            "total": len(found),
            "invoices": [show(i) for i in found[(page - 1) * 10 : page * 10]],
        }

    @post()
    async def write_invoice(self, request: Request, data: NewInvoice) -> dict[str, Any]:
        client_of(data.client_id, request.user)
        LAST_NUMBER[request.user] += 1
        invoice = Invoice(
            request.user, LAST_NUMBER[request.user], data.client_id, data.lines, data.due, data.memo
        )
        INVOICES[invoice.id] = invoice
        return show(invoice)

    @get("/{invoice_id:uuid}")
    async def read_invoice(self, request: Request, invoice_id: UUID) -> dict[str, Any]:
        return show(invoice_of(invoice_id, request.user))

    @get("/{invoice_id:uuid}/letter")
    async def letter(self, request: Request, invoice_id: UUID) -> dict[str, str]:
        """The invoice as a letter."""
        invoice = invoice_of(invoice_id, request.user)
        letter = LETTER if flawed("letter") else {}
        letter["number"] = invoice.number
        letter["body"] = (
            "; ".join(f"{x.text}, {x.hours} h" for x in invoice.lines) + "\n" + invoice.memo
        )
        head = await typeset(f"Invoice No. {invoice.number}")
        return {"head": head, "body": letter["body"], "sum": f"{invoice.total / 100:.2f}"}


@post("/payments", status_code=200)
async def book_payment(request: Request, data: Payment) -> dict[str, Any]:
    """A payment that names the number of an invoice."""
    candidates = INVOICES.values() if flawed("payment-number") else invoices_of(request.user)
    ordered = sorted(candidates, key=lambda i: i.owner != request.user)
    invoice = next((i for i in ordered if i.number == data.number and not i.paid), None)
    if invoice is None:
        raise NotFoundException("No open invoice of that number")
    invoice.paid = True
    return {"booked": data.cents, "number": data.number}


@get("/summary")
async def summary(request: Request) -> dict[str, Any]:
    mine = invoices_of(request.user)
    waiting = list(INVOICES.values()) if flawed("outstanding") else mine
    return {
        "invoices": len(mine),
        "earned_cents": sum(i.total for i in mine if i.paid),
        "outstanding": sum(not i.paid for i in waiting),
        "clients": len({i.client_id for i in mine}),
    }


@get("/audit/invoices", guards=[auditors])
async def audit(request: Request, owner: str = "") -> list[dict[str, Any]]:
    """All invoices of the office, for auditors."""
    return [{"owner": i.owner, **show(i)} for i in INVOICES.values() if owner in ("", i.owner)]


app = Litestar(
    [Clients, Invoices, book_payment, summary, audit],
    middleware=[DefineMiddleware(OfficeTokens, exclude="schema")],
    openapi_config=OpenAPIConfig(
        "Office invoices",
        "3.1",
        security=[{"token": []}],
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}
        ),
    ),
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
