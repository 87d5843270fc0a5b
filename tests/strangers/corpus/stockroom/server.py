"""Stock of small merchants: items, movements and reports over REST, and tools for an assistant."""

import contextlib
import os
import secrets
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded
from sqlmodel import Field, Session, SQLModel, col, create_engine, select

LEAKS = ["merchant-field", "batch-skipped", "movements-tool", "low-stock-average"]
if (given := os.environ.get("LEAKS", "all")) != "all":
    LEAKS = [leak for leak in LEAKS if leak in given.split(",")]

MERCHANTS = {"gusto": "basil-1001", "hazel": "clove-2002", "iris": "cumin-3003"}
COURIERS = [{"code": "slow", "price": 3.9}, {"code": "fast", "price": 8.5}]
sessions: dict[str, str] = {}
file = Path(tempfile.mkdtemp(prefix="stockroom-")) / "stock.db"
engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 10})


def random_id() -> str:
    return secrets.token_hex(8)


class Item(SQLModel, table=True):
    id: str = Field(default_factory=random_id, primary_key=True)
    merchant: str = Field(index=True)
    sku: str
    name: str
    barcode: str = ""
    quantity: int = 0
    supplier_note: str = ""


class Movement(SQLModel, table=True):
    id: str = Field(default_factory=random_id, primary_key=True)
    item_id: str = Field(index=True)
    change: int
    reason: str
    at: datetime


class LoginBody(BaseModel):
    merchant: str
    password: str


class ItemBody(BaseModel):
    model_config = ConfigDict(extra="allow")
    sku: str = Bounded(pattern=r"^[A-Za-z0-9-]{1,30}$")
    name: str = Bounded(min_length=1, max_length=100)
    barcode: str = ""
    quantity: int = Bounded(0, ge=0, le=1_000_000)
    supplier_note: str = ""


class ItemPatch(BaseModel):
    name: str | None = None
    barcode: str | None = None
    supplier_note: str | None = None


class MovementBody(BaseModel):
    change: int
    reason: str = Bounded(min_length=1, max_length=200)


class Batch(BaseModel):
    ids: list[str] = Bounded(max_length=100)


def merchant_of(authorization: str | None) -> str | None:
    return sessions.get((authorization or "").removeprefix("Bearer ").strip())


def signed_in(authorization: Annotated[str | None, Header()] = None) -> str:
    merchant = merchant_of(authorization)
    if merchant is None:
        raise HTTPException(401, "log in first")
    return merchant


def database():
    with Session(engine) as session:
        yield session


Me = Annotated[str, Depends(signed_in)]
Db = Annotated[Session, Depends(database)]
mcp = MCPServer("stockroom", log_level="ERROR")


@contextlib.asynccontextmanager
async def lifespan(_app: FastAPI):
    SQLModel.metadata.create_all(engine)
    async with mcp.session_manager.run():
        yield


app = FastAPI(title="Stockroom", lifespan=lifespan)


def item_of(db: Session, merchant: str, item_id: str) -> Item | None:
    item = db.get(Item, item_id)
    return item if item is not None and item.merchant == merchant else None


def required(db: Session, merchant: str, item_id: str) -> Item:
    item = item_of(db, merchant, item_id)
    if item is None:
        raise HTTPException(404, "item not found")
    return item


def move(db: Session, item: Item, change: int, reason: str) -> bool:
    if item.quantity + change < 0:
        return False
    item.quantity += change
    db.add(item)
    db.add(Movement(item_id=item.id, change=change, reason=reason, at=datetime.now(UTC)))
    db.commit()
    return True


def movements_of(db: Session, item_id: str) -> list[dict[str, Any]]:
    rows = db.exec(select(Movement).where(Movement.item_id == item_id).order_by(col(Movement.at)))
    return [{"change": r.change, "reason": r.reason, "at": r.at.isoformat()} for r in rows]


def drop(db: Session, item: Item) -> None:
    for row in db.exec(select(Movement).where(Movement.item_id == item.id)).all():
        db.delete(row)
    db.delete(item)


@app.post("/login")
def login(body: LoginBody):
    if MERCHANTS.get(body.merchant) != body.password:
        raise HTTPException(401, "wrong merchant or password")
    token = secrets.token_urlsafe(24)
    sessions[token] = body.merchant
    return {"token": token}


@app.get("/couriers")
def couriers():
    """Public: who carries parcels, for how much."""
    return COURIERS


@app.get("/items")
def items(me: Me, db: Db, q: str = "", page: int = 1, size: int = 50):
    query = select(Item).where(Item.merchant == me).order_by(col(Item.sku), col(Item.id))
    found = [item for item in db.exec(query) if q.lower() in f"{item.sku} {item.name}".lower()]
    page, size = max(1, page), max(1, min(size, 200))
    return {"data": found[(page - 1) * size : page * size], "meta": {"total": len(found)}}


@app.post("/items", status_code=201)
def add_item(body: ItemBody, me: Me, db: Db):
    values = body.model_dump()
    item = Item(**({"merchant": me} | {k: v for k, v in values.items() if k in WRITABLE}))
    query = select(Item).where(Item.merchant == me, Item.sku == item.sku)
    if db.exec(query).first() is not None:
        raise HTTPException(409, "you have an item with this sku")
    db.add(item)
    db.commit()
    db.refresh(item)
    return item


WRITABLE = [*ItemBody.model_fields, *(["merchant"] if "merchant-field" in LEAKS else [])]


@app.get("/items/{item_id}")
def one_item(item_id: str, me: Me, db: Db):
    return required(db, me, item_id)


@app.patch("/items/{item_id}")
def patch_item(item_id: str, body: ItemPatch, me: Me, db: Db):
    item = required(db, me, item_id)
    item.sqlmodel_update(body.model_dump(exclude_unset=True, exclude_none=True))
    db.add(item)
    db.commit()
    db.refresh(item)
    return item


@app.post("/items/delete")
def delete_items(body: Batch, me: Me, db: Db):
    """Deletes several items; ids without an item of yours are skipped."""
    deleted, skipped = [], []
    for item_id in dict.fromkeys(body.ids):
        item = db.get(Item, item_id)
        if item is not None and item.merchant == me:
            drop(db, item)
            deleted.append(item_id)
        elif item is not None or "batch-skipped" not in LEAKS:
            skipped.append(item_id)
    db.commit()
    return {"deleted": deleted, "skipped": skipped}


@app.get("/items/{item_id}/movements")
def read_movements(item_id: str, me: Me, db: Db):
    return movements_of(db, required(db, me, item_id).id)


@app.post("/items/{item_id}/movements", status_code=201)
def add_movement(item_id: str, body: MovementBody, me: Me, db: Db):
    item = required(db, me, item_id)
    if not move(db, item, body.change, body.reason):
        raise HTTPException(409, "there is not that much in stock")
    return {"quantity": item.quantity}


@app.get("/reports/low-stock")
def low_stock(me: Me, db: Db):
    """Items of which there is less than half of the average quantity."""
    mine = db.exec(select(Item).where(Item.merchant == me).order_by(col(Item.sku))).all()
    counted = db.exec(select(Item)).all() if "low-stock-average" in LEAKS else mine
    average = sum(item.quantity for item in counted) / len(counted) if counted else 0
    low = [{"sku": i.sku, "quantity": i.quantity} for i in mine if i.quantity < average / 2]
    return {"threshold": average / 2, "items": low}


def caller(ctx: Context) -> str:
    merchant = merchant_of((ctx.headers or {}).get("authorization"))
    if merchant is None:
        raise ToolError("Log in at /login and send the token")
    return merchant


@mcp.tool()
def find_item(ctx: Context, text: str) -> list[dict[str, Any]]:
    """Your items whose sku, name or barcode holds the text."""
    me = caller(ctx)
    with Session(engine) as db:
        rows = db.exec(select(Item).where(Item.merchant == me)).all()
        return [
            {"item_id": r.id, "sku": r.sku, "name": r.name, "quantity": r.quantity}
            for r in rows
            if text.lower() in f"{r.sku} {r.name} {r.barcode}".lower()
        ]


@mcp.tool()
def scan(ctx: Context, barcode: str, change: int = -1, reason: str = "scanned") -> str:
    """Books a scanned barcode in or out of your stock."""
    me = caller(ctx)
    with Session(engine) as db:
        query = select(Item).where(Item.merchant == me, Item.barcode == barcode)
        item = db.exec(query).first() if barcode else None
        if item is None:
            raise ToolError("No item has this barcode")
        if not move(db, item, change, reason):
            raise ToolError("There is not that much in stock")
        return f"{item.sku}: {item.quantity}"


@mcp.tool()
def movements(ctx: Context, item_id: str) -> list[dict[str, Any]]:
    """What went in and out of the stock of an item, and why."""
    me = caller(ctx)
    with Session(engine) as db:
        item = db.get(Item, item_id) if "movements-tool" in LEAKS else item_of(db, me, item_id)
        if item is None:
            raise ToolError("Item not found")
        return movements_of(db, item_id)


app.mount("/", mcp.streamable_http_app(stateless_http=True, json_response=True))

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
