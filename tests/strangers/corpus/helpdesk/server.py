"""Help-desk of a small software house: customers open tickets, talk in comments and search them."""

import os
import random
import string
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

ALL_LEAKS = {"bulk-close-first", "search-cache", "comment-forbidden", "queue-position"}
_asked = os.environ.get("LEAKS", "all")
LEAKS = ALL_LEAKS if _asked == "all" else {word for word in _asked.split(",") if word}

CUSTOMERS = {
    "hd_live_amara_51": "amara",
    "hd_live_boris_77": "boris",
    "hd_live_chloe_93": "chloe",
    "hd_live_dmitri_08": "dmitri",
}

app = FastAPI(title="Help-desk", version="2.4.0")
bearer = HTTPBearer(auto_error=False)


class Priority(StrEnum):
    low = "low"
    normal = "normal"
    urgent = "urgent"


class TicketState(StrEnum):
    open = "open"
    waiting = "waiting"
    closed = "closed"


class NewTicket(BaseModel):
    subject: str = Field(min_length=3, max_length=120)
    body: str = Field(min_length=1, max_length=4000)
    priority: Priority = Priority.normal
    labels: list[str] = Field(default_factory=list, max_length=8)


class TicketChange(BaseModel):
    subject: str | None = Field(default=None, min_length=3, max_length=120)
    priority: Priority | None = None
    state: TicketState | None = None
    labels: list[str] | None = None


class Comment(BaseModel):
    author: str
    text: str
    written_at: datetime


class Ticket(BaseModel):
    ref: str
    subject: str
    body: str
    priority: Priority
    state: TicketState = TicketState.open
    labels: list[str]
    opened_at: datetime
    comments: list[Comment] = []


class NewComment(BaseModel):
    text: str = Field(min_length=1, max_length=2000)


class BulkClose(BaseModel):
    refs: list[str] = Field(min_length=1, max_length=50)
    reason: str = Field(default="solved", max_length=200)


class Page(BaseModel):
    items: list[Ticket]
    total: int
    page: int
    pages: int


tickets: dict[str, Ticket] = {}
owners: dict[str, str] = {}
search_results: dict[tuple[str, ...], list[str]] = {}


def signed_in(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> str:
    if credentials is None or credentials.credentials not in CUSTOMERS:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Sign in with your customer token")
    return CUSTOMERS[credentials.credentials]


Customer = Annotated[str, Depends(signed_in)]


def not_found(ref: str) -> HTTPException:
    return HTTPException(status.HTTP_404_NOT_FOUND, f"There is no ticket {ref}")


def own_ticket(ref: str, customer: Customer) -> Ticket:
    if owners.get(ref) != customer:
        raise not_found(ref)
    return tickets[ref]


OwnTicket = Annotated[Ticket, Depends(own_ticket)]


def tickets_of(customer: str) -> list[Ticket]:
    return [ticket for ref, ticket in tickets.items() if owners[ref] == customer]


def new_ref() -> str:
    while True:
        ref = "HD-" + "".join(random.choices(string.ascii_uppercase + string.digits, k=7))
        if ref not in tickets:
            return ref


@app.post("/tickets", status_code=201, response_model=Ticket, tags=["tickets"])
def open_ticket(new: NewTicket, customer: Customer):
    ref = new_ref()
    tickets[ref] = Ticket(ref=ref, opened_at=datetime.now(UTC), **new.model_dump())
    owners[ref] = customer
    forget_searches(customer)
    return tickets[ref]


@app.get("/tickets", response_model=Page, tags=["tickets"])
def list_tickets(
    customer: Customer,
    state: TicketState | None = None,
    label: str | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
    per_page: Annotated[int, Query(ge=1, le=100)] = 20,
):
    mine = tickets_of(customer)
    if state:
        mine = [ticket for ticket in mine if ticket.state == state]
    if label:
        mine = [ticket for ticket in mine if label in ticket.labels]
    start = (page - 1) * per_page
    return Page(
        items=mine[start : start + per_page],
        total=len(mine),
        page=page,
        pages=-(-len(mine) // per_page),
    )


def forget_searches(customer: str) -> None:
    if "search-cache" in LEAKS:
        return  # entries are short-lived, see MAX_CACHED
    for key in [key for key in search_results if key[0] == customer]:
        del search_results[key]


MAX_CACHED = 500


@app.get("/tickets/search", response_model=list[Ticket], tags=["tickets"])
def search(customer: Customer, q: Annotated[str, Query(min_length=2, max_length=80)]):
    """Finds tickets whose subject, text or comments hold the words."""
    words = q.strip().lower()
    key = (words,) if "search-cache" in LEAKS else (customer, words)
    if not search_results.get(key):
        if len(search_results) > MAX_CACHED:
            search_results.clear()
        search_results[key] = [
            ticket.ref
            for ticket in tickets_of(customer)
            if words in ticket.subject.lower()
            or words in ticket.body.lower()
            or any(words in comment.text.lower() for comment in ticket.comments)
        ]
    return [tickets[ref] for ref in search_results[key] if ref in tickets]


@app.post("/tickets/bulk-close", tags=["tickets"])
def bulk_close(request: BulkClose, customer: Customer):
    """Closes several tickets at once; all of them, or none."""
    checked = request.refs[:1] if "bulk-close-first" in LEAKS else request.refs
    for ref in checked:
        if owners.get(ref) != customer:
            raise not_found(ref)
    closed = []
    for ref in request.refs:
        if ref in tickets:
            ticket = tickets[ref]
            ticket.state = TicketState.closed
            ticket.comments.append(
                Comment(author="desk", text=f"Closed: {request.reason}", written_at=now())
            )
            closed.append(ref)
    forget_searches(customer)
    return {"closed": len(closed)}


def now() -> datetime:
    return datetime.now(UTC)


@app.get("/tickets/{ref}", response_model=Ticket, tags=["tickets"])
def read_ticket(ticket: OwnTicket):
    return ticket


@app.patch("/tickets/{ref}", response_model=Ticket, tags=["tickets"])
def change_ticket(ticket: OwnTicket, change: TicketChange, customer: Customer):
    for field, value in change.model_dump(exclude_none=True).items():
        setattr(ticket, field, value)
    forget_searches(customer)
    return ticket


@app.delete("/tickets/{ref}", status_code=204, tags=["tickets"])
def withdraw_ticket(ticket: OwnTicket, customer: Customer):
    del tickets[ticket.ref], owners[ticket.ref]
    forget_searches(customer)


@app.get("/tickets/{ref}/comments", response_model=list[Comment], tags=["comments"])
def read_comments(ticket: OwnTicket):
    return ticket.comments


@app.post("/tickets/{ref}/comments", status_code=201, response_model=Comment, tags=["comments"])
def add_comment(ref: str, new: NewComment, customer: Customer):
    if "comment-forbidden" in LEAKS and ref in tickets and tickets[ref].state == "closed":
        raise HTTPException(status.HTTP_409_CONFLICT, f"Ticket {ref} is closed")
    ticket = own_ticket(ref, customer)
    if ticket.state == TicketState.closed:
        raise HTTPException(status.HTTP_409_CONFLICT, f"Ticket {ref} is closed")
    ticket.comments.append(Comment(author=customer, text=new.text, written_at=now()))
    forget_searches(customer)
    return ticket.comments[-1]


@app.get("/tickets/{ref}/queue", tags=["tickets"])
def place_in_queue(ticket: OwnTicket, customer: Customer):
    """How many of your open tickets will be looked at before this one."""
    waiting = tickets.values() if "queue-position" in LEAKS else tickets_of(customer)
    rank = {Priority.urgent: 0, Priority.normal: 1, Priority.low: 2}
    ahead = [
        other
        for other in waiting
        if other.state == TicketState.open
        and (rank[other.priority], other.opened_at) < (rank[ticket.priority], ticket.opened_at)
    ]
    return {"ref": ticket.ref, "ahead": len(ahead)}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
