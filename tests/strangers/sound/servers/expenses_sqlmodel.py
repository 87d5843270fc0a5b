"""Expenses in public categories: SQLModel over SQLite, soft deletion, a limit for each user."""

import sys
from datetime import UTC, date, datetime
from typing import Annotated

import uvicorn
from fastapi import APIRouter, FastAPI, HTTPException, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, PositiveInt
from sqlalchemy import delete, event
from sqlmodel import Field, Session, SQLModel, create_engine, select

MOST = 500
KEY = APIKeyHeader(name="X-Api-Key", auto_error=False)


class Category(SQLModel, table=True):
    """Something that expenses are for; the same for every user."""

    id: int | None = Field(default=None, primary_key=True)
    name: str


class Expense(SQLModel, table=True):
    """A row."""

    id: int | None = Field(default=None, primary_key=True)
    payer: str
    category_id: int = Field(foreign_key="category.id")
    cents: int
    memo: str
    spent_on: date
    removed_at: datetime | None = None


class Entry(BaseModel):
    """What is sent."""

    category_id: int
    cents: PositiveInt
    memo: str
    spent_on: date = date(2026, 11, 1)


engine = create_engine(f"sqlite:///{sys.argv[2]}/expenses.db")
SQLModel.metadata.create_all(engine)
with Session(engine) as setup:
    setup.add_all(Category(name=each) for each in ("travel", "food", "rent", "books", "other"))
    setup.commit()


def payer(key: Annotated[str | None, Security(KEY)]) -> str:
    """Return whose key it is."""
    name, _, check = (key or "").rpartition(":")
    if check != "paid-4417" or not name:
        raise HTTPException(status_code=401, detail="X-Api-Key is missing or wrong")
    return name


Payer = Annotated[str, Security(payer)]
router = APIRouter()


def shown(expense: Expense) -> dict[str, object]:
    """Return an expense as clients see it."""
    return expense.model_dump(mode="json", exclude={"payer", "removed_at"})


@router.get("/categories")
def categories(who: Payer) -> list[Category]:
    """List all categories."""
    with Session(engine) as session:
        return list(session.exec(select(Category)))


@router.get("/categories/{category_id}")
def category(category_id: int, who: Payer) -> Category:
    """Show a category."""
    with Session(engine) as session:
        found = session.get(Category, category_id)
    if found is None:
        raise HTTPException(404, f"there is no category {category_id}")
    return found


@router.post("/expenses", status_code=201)
def enter(entry: Entry, who: Payer) -> dict[str, object]:
    """Store an expense."""
    with Session(engine) as session:
        if session.get(Category, entry.category_id) is None:
            raise HTTPException(422, "unknown category")
        mine = session.exec(select(Expense.id).where(Expense.payer == who)).all()
        if len(mine) >= MOST:
            raise HTTPException(409, f"you have {MOST} expenses, which is the most")
        expense = Expense(payer=who, **entry.model_dump())
        session.add(expense)
        session.commit()
        session.refresh(expense)
        return shown(expense)


@router.get("/expenses")
def mine(who: Payer, category_id: int | None = None) -> dict[str, object]:
    """List one's own expenses with their sum."""
    with Session(engine) as session:
        query = select(Expense).where(Expense.payer == who, Expense.removed_at == None)  # noqa: E711
        if category_id is not None:
            query = query.where(Expense.category_id == category_id)
        rows = session.exec(query).all()
    return {"sum": sum(each.cents for each in rows), "expenses": [shown(each) for each in rows]}


def find(session: Session, expense_id: int, who: str, *, removed: bool = False) -> Expense:
    """Return one's own expense, present or removed."""
    found = session.get(Expense, expense_id)
    if found is None or found.payer != who or (found.removed_at is not None) is not removed:
        raise HTTPException(404, "no such expense")
    return found


@router.get("/expenses/{expense_id}")
def one(expense_id: int, who: Payer) -> dict[str, object]:
    """Show an expense."""
    with Session(engine) as session:
        return shown(find(session, expense_id, who))


@router.delete("/expenses/{expense_id}")
def hide(expense_id: int, who: Payer) -> dict[str, object]:
    """Remove an expense so that it can be restored."""
    with Session(engine) as session:
        expense = find(session, expense_id, who)
        expense.removed_at = datetime.now(UTC)
        session.add(expense)
        session.commit()
    return {"removed": expense_id}


@router.post("/expenses/{expense_id}/restore")
def restore(expense_id: int, who: Payer) -> dict[str, object]:
    """Bring a removed expense back."""
    with Session(engine) as session:
        expense = find(session, expense_id, who, removed=True)
        expense.removed_at = None
        session.add(expense)
        session.commit()
        session.refresh(expense)
        return shown(expense)


@router.delete("/expenses")
def purge(who: Payer) -> dict[str, int]:
    """Delete one's own removed expenses for good."""
    with Session(engine) as session:
        done = session.exec(
            delete(Expense).where(Expense.payer == who, Expense.removed_at != None)  # noqa: E711
        )
        session.commit()
    return {"purged": done.rowcount}


app = FastAPI(title="expenses")
app.include_router(router)
event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
