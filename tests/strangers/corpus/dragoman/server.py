"""Dragoman: orders of translation agencies. FastAPI, SQLite in memory.

The agencies' single sign-on issues the tokens (JWT): sub is the person, tenant the agency, role "manager" or "translator".
Orders, terms and the translation memory are the agency's; the worklog is its author's alone.
"""

import os
import sqlite3
import sys
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import uuid4

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
SECRET = os.environ.get("DRAGOMAN_SECRET", "6f1de0c95ab24f7d8e3370b1c4528fa9de6107bb24c8")

Language = Literal["de", "en", "es", "fr", "it", "pl"]
State = Literal["requested", "quoted", "confirmed", "delivered"]
NEXT = {
    "requested": ["quoted"],
    "quoted": ["confirmed", "requested"],
    "confirmed": ["delivered"],
    "delivered": [],
}
Title = Annotated[str, Field(min_length=1, max_length=200)]
Long = Annotated[str, Field(max_length=4000)]


def leak(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
db.row_factory = sqlite3.Row
db.executescript("""
create table orders (id text primary key, agency text not null, title text not null, client text not null,
  source text not null, target text not null, brief text not null, words integer not null, state text not null,
  archived integer not null default 0, opened_by text not null);
create table trash (id text primary key, agency text not null, title text, client text, source text, target text,
  brief text, words integer, state text, archived integer, opened_by text);
create table terms (id text primary key, agency text not null, term text, translation text, remark text);
create table memory (id text primary key, agency text not null, segment text, translation text, target text);
create table worklog (id text primary key, agency text not null, person text not null, order_id text, minutes integer,
  remark text, at text);
""")
COLUMNS = "id, agency, title, client, source, target, brief, words, state, archived, opened_by"


class Person(BaseModel):
    sub: str
    agency: str
    role: str


bearer = HTTPBearer(auto_error=False)


async def signed_in(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Person:
    try:
        claims = jwt.decode(
            given.credentials if given else "",
            SECRET,
            ["HS256"],
            options={"require": ["sub", "exp", "tenant"]},
        )
        if not all(isinstance(claims[c], str) and claims[c] for c in ("sub", "tenant")):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError:
        raise HTTPException(401, "sign in first", {"WWW-Authenticate": "Bearer"}) from None
    role = claims.get("role") if claims.get("role") == "manager" else "translator"
    return Person(sub=claims["sub"], agency=claims["tenant"], role=role)


Me = Annotated[Person, Depends(signed_in)]


async def managing(me: Me) -> Person:
    if me.role != "manager":
        raise HTTPException(403, "managers only")
    return me


Manager = Annotated[Person, Depends(managing)]


class NewOrder(BaseModel):
    title: Title
    client: Title
    source: Language = "en"
    target: Language = "de"
    brief: Long = ""
    words: int = Field(0, ge=0, le=1_000_000)


class OrderChange(BaseModel):
    title: Title | None = None
    client: Title | None = None
    brief: Long | None = None
    words: int | None = Field(None, ge=0, le=1_000_000)


class Step(BaseModel):
    to: State


class Some(BaseModel):
    order_ids: list[str] = Field(min_length=1, max_length=50)


class NewTerm(BaseModel):
    term: Title
    translation: Title
    remark: Long = ""


class NewSegment(BaseModel):
    segment: str = Field(min_length=1, max_length=2000)
    translation: str = Field(min_length=1, max_length=2000)
    target: Language = "de"


class NewWork(BaseModel):
    order_id: str = Field(max_length=64)
    minutes: int = Field(30, ge=1, le=1440)
    remark: Long = ""


class Order(BaseModel):
    id: str
    title: str
    client: str
    source: str
    target: str
    brief: str
    words: int
    state: str
    archived: bool


class Term(NewTerm):
    id: str


class Segment(NewSegment):
    id: str


class Work(NewWork):
    id: str
    at: str


app = FastAPI(title="Dragoman", version="2.4")


def show(row: sqlite3.Row) -> Order:
    return Order(**{k: row[k] for k in Order.model_fields})


def the_order(me: Person, order_id: str) -> sqlite3.Row:
    row = db.execute(
        "select * from orders where id = ? and agency = ?", (order_id, me.agency)
    ).fetchone()
    if row is None:
        raise HTTPException(404, "no such order")
    return row


@app.post("/orders", status_code=201)
async def open_order(me: Me, body: NewOrder) -> Order:
    new = uuid4().hex
    db.execute(
        f"insert into orders ({COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, 'requested', 0, ?)",
        (
            new,
            me.agency,
            body.title,
            body.client,
            body.source,
            body.target,
            body.brief,
            body.words,
            me.sub,
        ),
    )
    return show(the_order(me, new))


@app.get("/orders")
async def list_orders(
    me: Me,
    state: State | None = None,
    archived: bool = False,
    sort: Literal["title", "client", "words"] | None = None,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> list[Order]:
    """The agency's orders, ten a page, the latest first unless they are sorted."""
    rows = db.execute(
        "select * from orders where agency = ? and archived = ? and (? is null or state = ?)"
        f" order by {sort or 'rowid desc'} limit 10 offset ?",
        (me.agency, archived, state, state, (page - 1) * 10),
    )
    return [show(r) for r in rows]


@app.get("/orders/search")
async def search_orders(
    me: Me, q: Annotated[str, Query(min_length=1, max_length=200)]
) -> list[Order]:
    """Orders with these letters in the title, the client's name or the brief."""
    like = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    words = "title like :q escape '\\' or client like :q escape '\\' or brief like :q escape '\\'"
    if not leak("search"):
        words = f"({words})"
    rows = db.execute(
        f"select * from orders where agency = :a and {words} limit 50", {"a": me.agency, "q": like}
    )
    return [show(r) for r in rows]


@app.post("/orders/archive")
async def archive_orders(me: Me, body: Some) -> dict[str, int]:
    """Puts several orders away at once. Unknown ids are passed over."""
    marks, mine = ", ".join("?" * len(body.order_ids)), (me.agency,)
    own = db.execute(
        f"select count(*) from orders where agency = ? and id in ({marks})",
        (*mine, *body.order_ids),
    ).fetchone()[0]
    if leak("bulk"):
        db.execute(f"update orders set archived = 1 where id in ({marks})", body.order_ids)
    else:
        db.execute(
            f"update orders set archived = 1 where agency = ? and id in ({marks})",
            (*mine, *body.order_ids),
        )
    return {"archived": own}


@app.get("/orders/{order_id}")
async def get_order(me: Me, order_id: str) -> Order:
    return show(the_order(me, order_id))


@app.patch("/orders/{order_id}")
async def change_order(me: Me, order_id: str, body: OrderChange) -> Order:
    the_order(me, order_id)
    for name, value in body.model_dump(exclude_none=True).items():
        db.execute(
            f"update orders set {name} = ? where id = ? and agency = ?",
            (value, order_id, me.agency),
        )
    return show(the_order(me, order_id))


@app.post("/orders/{order_id}/state")
async def set_state(me: Me, order_id: str, body: Step) -> Order:
    row = the_order(me, order_id)
    if body.to not in NEXT[row["state"]]:
        raise HTTPException(409, f"an order that is {row['state']} cannot become {body.to}")
    db.execute(
        "update orders set state = ? where id = ? and agency = ?", (body.to, order_id, me.agency)
    )
    return show(the_order(me, order_id))


@app.post("/orders/{order_id}/copy", status_code=201)
async def copy_order(me: Me, order_id: str) -> Order:
    """A new order of the same kind, for clients who come again."""
    row = the_order(me, order_id)
    return await open_order(me, NewOrder(**{k: row[k] for k in NewOrder.model_fields}))


@app.delete("/orders/{order_id}", status_code=204)
async def remove_order(me: Manager, order_id: str) -> Response:
    """Moves an order to the trash."""
    the_order(me, order_id)
    db.execute(
        f"insert into trash select {COLUMNS} from orders where id = ? and agency = ?",
        (order_id, me.agency),
    )
    db.execute("delete from orders where id = ? and agency = ?", (order_id, me.agency))
    return Response(status_code=204)


@app.get("/trash")
async def list_trash(me: Manager) -> list[Order]:
    return [show(r) for r in db.execute("select * from trash where agency = ?", (me.agency,))]


@app.post("/trash/{order_id}/restore", status_code=204)
async def restore_order(me: Manager, order_id: str) -> Response:
    """Takes an order out of the trash again."""
    if leak("restore"):
        where, values = "id = ?", (order_id,)
    else:
        where, values = "id = ? and agency = ?", (order_id, me.agency)
    if db.execute(f"select 1 from trash where {where}", values).fetchone() is None:
        raise HTTPException(404, "not in the trash")
    db.execute(f"insert into orders ({COLUMNS}) select {COLUMNS} from trash where {where}", values)
    db.execute(f"delete from trash where {where}", values)
    return Response(status_code=204)


@app.get("/statistics")
async def statistics(me: Manager) -> dict[str, dict[str, int]]:
    """Orders and words of the agency by state, for managers."""
    rows = db.execute(
        "select state, count(*) n, sum(words) w from orders where agency = ? group by state",
        (me.agency,),
    )
    return {r["state"]: {"orders": r["n"], "words": r["w"]} for r in rows}


@app.post("/terms", status_code=201)
async def add_term(me: Me, body: NewTerm) -> Term:
    new = Term(id=uuid4().hex, **body.model_dump())
    db.execute(
        "insert into terms values (?, ?, ?, ?, ?)",
        (new.id, me.agency, new.term, new.translation, new.remark),
    )
    return new


@app.get("/terms")
async def list_terms(me: Me) -> list[Term]:
    return [
        Term(**dict(r))
        for r in db.execute(
            "select id, term, translation, remark from terms where agency = ? order by term",
            (me.agency,),
        )
    ]


@app.delete("/terms/{term_id}", status_code=204)
async def remove_term(me: Me, term_id: str) -> Response:
    if (
        db.execute("delete from terms where id = ? and agency = ?", (term_id, me.agency)).rowcount
        == 0
    ):
        raise HTTPException(404, "no such term")
    return Response(status_code=204)


@app.post("/memory", status_code=201)
async def remember(me: Me, body: NewSegment) -> Segment:
    """Keeps a segment with its translation in the agency's translation memory."""
    new = Segment(id=uuid4().hex, **body.model_dump())
    db.execute(
        "insert into memory values (?, ?, ?, ?, ?)",
        (new.id, me.agency, new.segment, new.translation, new.target),
    )
    return new


@app.get("/memory/match")
async def match(
    me: Me, segment: Annotated[str, Query(min_length=1, max_length=2000)], target: Language = "de"
) -> list[Segment]:
    """How this segment was translated before; the own agency's translations first."""
    wanted = " ".join(segment.lower().split())
    rows = db.execute(
        "select * from memory where target = ? order by agency <> ?, rowid desc",
        (target, me.agency),
    )
    hits = [r for r in rows if " ".join(r["segment"].lower().split()) == wanted]
    if not leak("memory"):
        hits = [r for r in hits if r["agency"] == me.agency]
    return [Segment(**{k: r[k] for k in Segment.model_fields}) for r in hits[:5]]


@app.post("/worklog", status_code=201)
async def log_work(me: Me, body: NewWork) -> Work:
    """Notes time that the caller worked on an order."""
    the_order(me, body.order_id)
    new = Work(id=uuid4().hex, at=datetime.now(UTC).date().isoformat(), **body.model_dump())
    db.execute(
        "insert into worklog values (?, ?, ?, ?, ?, ?, ?)",
        (new.id, me.agency, me.sub, new.order_id, new.minutes, new.remark, new.at),
    )
    return new


@app.get("/worklog")
async def list_work(me: Me, order_id: str | None = None) -> list[Work]:
    """The caller's own time, on one order or on all."""
    rows = db.execute(
        "select id, order_id, minutes, remark, at from worklog where agency = ? and person = ? and (? is null or order_id = ?)",
        (me.agency, me.sub, order_id, order_id),
    )
    return [Work(**dict(r)) for r in rows]


@app.delete("/worklog/{work_id}", status_code=204)
async def remove_work(me: Me, work_id: str) -> Response:
    done = db.execute(
        "delete from worklog where id = ? and agency = ? and person = ?",
        (work_id, me.agency, me.sub),
    )
    if done.rowcount == 0:
        raise HTTPException(404, "no such entry")
    return Response(status_code=204)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
