"""Purse: wallets, expenses and budgets of private persons: an MCP server on SQLModel and SQLite."""

import csv
import io
import os
import sys
import tempfile
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import AnyHttpUrl
from sqlalchemy import Engine, and_, func, or_
from sqlmodel import Field, Session, SQLModel, col, create_engine, select

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
LEAKS = os.environ.get("LEAKS", "all")
CURRENCIES = ("EUR", "CHF", "USD", "SEK")


def leaks(name: str) -> bool:
    return LEAKS == "all" or name in LEAKS.split(",")


def new_id() -> str:
    return str(uuid.uuid4())


class Wallet(SQLModel, table=True):
    id: str = Field(default_factory=new_id, primary_key=True)
    owner: str = Field(index=True)
    title: str
    currency: str = "EUR"
    cents: int = 0
    opened: str = Field(default_factory=lambda: datetime.now(UTC).isoformat())


class Expense(SQLModel, table=True):
    id: str = Field(default_factory=new_id, primary_key=True)
    owner: str = Field(index=True)
    wallet_id: str = Field(foreign_key="wallet.id", index=True)
    cents: int
    payee: str
    memo: str = ""
    category: str = "other"
    month: str
    made: str = Field(default_factory=lambda: datetime.now(UTC).isoformat())


class Budget(SQLModel, table=True):
    wallet_id: str = Field(foreign_key="wallet.id", primary_key=True)
    category: str = Field(primary_key=True)
    cents: int


_engine: list[Engine] = []


def database() -> Session:
    if not _engine:
        folder = Path(tempfile.mkdtemp(prefix="purse-"))
        _engine.append(create_engine(f"sqlite:///{folder / 'purse.db'}"))
        SQLModel.metadata.create_all(_engine[0])
    return Session(_engine[0])


class Tokens:
    """The tokens that the bank's portal has given out."""

    known = {
        "purse_9f1c_lena": "lena",
        "purse_2b7d_mateo": "mateo",
        "purse_c04e_nadia": "nadia",
    }

    async def verify_token(self, token: str) -> AccessToken | None:
        owner = self.known.get(token)
        if owner is None:
            return None
        return AccessToken(token=token, client_id="portal", subject=owner, scopes=["purse"])


app = MCPServer(
    "purse",
    token_verifier=Tokens(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl("http://127.0.0.1:9/"),
        resource_server_url=AnyHttpUrl(f"http://127.0.0.1:{PORT}/mcp"),
        required_scopes=["purse"],
        validate_token_resource=False,
    ),
)


def me() -> str:
    token = get_access_token()
    if token is None or token.subject is None:
        raise ToolError("not signed in")
    return token.subject


def cents(amount: float) -> int:
    value = int((Decimal(str(amount)) * 100).to_integral_value())
    if not 0 < value <= 100_000_000:
        raise ToolError("amount must be above 0 and at most 1000000")
    return value


def own_wallet(db: Session, wallet_id: str) -> Wallet:
    wallet = db.get(Wallet, wallet_id)
    if wallet is None or wallet.owner != me():
        raise ToolError(f"wallet {wallet_id} not found")
    return wallet


def own_expense(db: Session, expense_id: str) -> Expense:
    expense = db.exec(
        select(Expense).where(Expense.id == expense_id, Expense.owner == me())
    ).one_or_none()
    if expense is None:
        raise ToolError(f"expense {expense_id} not found")
    return expense


def money(value: int) -> str:
    return f"{value / 100:.2f}"


def view(row: Expense) -> dict[str, Any]:
    data = row.model_dump(exclude={"owner", "cents"})
    return {**data, "amount": money(row.cents)}


def wallet_view(row: Wallet) -> dict[str, Any]:
    return {
        "wallet_id": row.id,
        "title": row.title,
        "currency": row.currency,
        "balance": money(row.cents),
    }


@app.tool()
def open_wallet(title: str, currency: str = "EUR", initial_balance: float = 0) -> dict[str, Any]:
    """Open a wallet in one currency."""
    if currency not in CURRENCIES:
        raise ToolError(f"currency must be one of {', '.join(CURRENCIES)}")
    start = cents(initial_balance) if initial_balance else 0
    with database() as db:
        wallet = Wallet(owner=me(), title=title, currency=currency, cents=start)
        db.add(wallet)
        db.commit()
        db.refresh(wallet)
        return wallet_view(wallet)


@app.tool()
def list_wallets() -> dict[str, Any]:
    """Your wallets and what is in them."""
    with database() as db:
        rows = db.exec(select(Wallet).where(Wallet.owner == me()).order_by(col(Wallet.opened)))
        return {"wallets": [wallet_view(row) for row in rows]}


@app.tool()
def record_expense(
    wallet_id: str,
    amount: float,
    payee: str,
    memo: str = "",
    category: str = "other",
    month: str | None = None,
) -> dict[str, Any]:
    """Record money spent from a wallet. month is YYYY-MM, this month by default."""
    month = month or datetime.now(UTC).strftime("%Y-%m")
    with database() as db:
        wallet = own_wallet(db, wallet_id)
        expense = Expense(
            owner=me(),
            wallet_id=wallet.id,
            cents=cents(amount),
            payee=payee,
            memo=memo,
            category=category.lower(),
            month=month,
        )
        wallet.cents -= expense.cents
        db.add_all([wallet, expense])
        db.commit()
        db.refresh(expense)
        return view(expense)


@app.tool()
def list_expenses(
    wallet_id: str | None = None, month: str | None = None, limit: int = 25, after: str = ""
) -> dict[str, Any]:
    """Your expenses in the order they were made; pass `next` as `after` to go on."""
    with database() as db:
        query = select(Expense).where(Expense.owner == me()).order_by(col(Expense.made))
        if wallet_id:
            query = query.where(Expense.wallet_id == own_wallet(db, wallet_id).id)
        if month:
            query = query.where(Expense.month == month)
        if after:
            query = query.where(Expense.made > own_expense(db, after).made)
        rows = db.exec(query.limit(max(1, min(limit, 100)) + 1)).all()
        page = rows[: max(1, min(limit, 100))]
        more = page[-1].id if len(rows) > len(page) else None
        return {"expenses": [view(row) for row in page], "next": more}


@app.tool()
def get_expense(expense_id: str) -> dict[str, Any]:
    """One expense."""
    with database() as db:
        return view(own_expense(db, expense_id))


@app.tool()
def amend_expense(
    expense_id: str, payee: str | None = None, memo: str | None = None, category: str | None = None
) -> dict[str, Any]:
    """Correct the payee, the memo or the category of an expense."""
    with database() as db:
        expense = own_expense(db, expense_id)
        expense.payee = payee or expense.payee
        expense.memo = expense.memo if memo is None else memo
        expense.category = (category or expense.category).lower()
        db.add(expense)
        db.commit()
        db.refresh(expense)
        return view(expense)


@app.tool()
def void_expense(expense_id: str) -> dict[str, Any]:
    """Undo an expense; the money is back in its wallet."""
    with database() as db:
        expense = own_expense(db, expense_id)
        wallet = own_wallet(db, expense.wallet_id)
        wallet.cents += expense.cents
        db.delete(expense)
        db.add(wallet)
        db.commit()
        return {"voided": expense_id}


@app.tool()
def search_expenses(text: str) -> dict[str, Any]:
    """Expenses whose payee or memo has the text."""
    if len(text.strip()) < 2:
        raise ToolError("text must have two characters or more")
    mine = Expense.owner == me()
    payee, memo = col(Expense.payee).contains(text), col(Expense.memo).contains(text)
    if leaks("search-or"):
        condition = or_(and_(mine, payee), memo)
    else:
        condition = and_(mine, or_(payee, memo))
    with database() as db:
        return {"hits": [view(row) for row in db.exec(select(Expense).where(condition))]}


@app.tool()
def transfer(from_wallet_id: str, to_wallet_id: str, amount: float) -> dict[str, Any]:
    """Move money between two of your wallets of the same currency."""
    value = cents(amount)
    with database() as db:
        source = own_wallet(db, from_wallet_id)
        if leaks("transfer-target"):
            target = db.get(Wallet, to_wallet_id)
            if target is None:
                raise ToolError(f"wallet {to_wallet_id} not found")
        else:
            target = own_wallet(db, to_wallet_id)
        if source.id == target.id:
            raise ToolError("the wallets must differ")
        if source.currency != target.currency:
            raise ToolError("the wallets must have the same currency")
        source.cents -= value
        target.cents += value
        db.add_all([source, target])
        db.commit()
        return {"moved": money(value), "left": money(source.cents)}


@app.tool()
def spending_by_category(month: str) -> dict[str, str]:
    """What you spent in a month (YYYY-MM), by category."""
    with database() as db:
        used = select(Expense.category).where(Expense.owner == me(), Expense.month == month)
        query = (
            select(Expense.category, func.sum(Expense.cents))
            .where(Expense.month == month, col(Expense.category).in_(used))
            .group_by(Expense.category)
            .order_by(Expense.category)
        )
        if not leaks("category-totals"):
            query = query.where(Expense.owner == me())
        return {category: money(total) for category, total in db.exec(query)}


@app.tool()
def set_budget(
    wallet_id: str, category: str, amount: float, currency: str = "EUR"
) -> dict[str, Any]:
    """Set what a wallet may spend on a category in a month."""
    with database() as db:
        if leaks("budget-currency"):
            wallet = db.get(Wallet, wallet_id)
            if wallet is not None and wallet.currency != currency:
                raise ToolError(f"this wallet is not kept in {currency}")
        wallet = own_wallet(db, wallet_id)
        if wallet.currency != currency:
            raise ToolError(f"this wallet is not kept in {currency}")
        budget = db.merge(
            Budget(wallet_id=wallet.id, category=category.lower(), cents=cents(amount))
        )
        db.commit()
        return {"category": budget.category, "monthly": money(budget.cents), "currency": currency}


@app.tool()
def list_budgets(wallet_id: str) -> list[dict[str, Any]]:
    """The budgets of a wallet."""
    with database() as db:
        wallet = own_wallet(db, wallet_id)
        rows = db.exec(select(Budget).where(Budget.wallet_id == wallet.id))
        return [{"category": row.category, "monthly": money(row.cents)} for row in rows]


@app.tool()
def export_expenses(month: str | None = None) -> str:
    """Your expenses as CSV."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "month", "payee", "amount", "category", "memo"])
    with database() as db:
        for row in db.exec(select(Expense).where(Expense.owner == me())):
            if month in (None, row.month):
                cells = [row.id, row.month, row.payee, money(row.cents), row.category, row.memo]
                writer.writerow(cells)
    return out.getvalue()


if __name__ == "__main__":
    app.run(transport="streamable-http", host="127.0.0.1", port=PORT, stateless_http=True)
