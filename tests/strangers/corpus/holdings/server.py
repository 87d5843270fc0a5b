"""Portfolios of shares for private investors: lots, notes, a bin and a summary; MCP Python SDK."""

import os
import sys
import uuid

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from starlette.responses import JSONResponse

PLANTED = {"undelete", "popular-first", "watch-taken"}
LEAKS = set(filter(None, os.environ.get("LEAKS", "all").split(",")))
LEAKS = PLANTED if "all" in LEAKS else LEAKS

INVESTORS = {"inv-lena-5531": "lena", "inv-marc-8842": "marc", "inv-nora-1173": "nora"}
TICKERS = {"ACME": 4210, "BOLT": 1275, "CORK": 880, "DUNE": 15300, "ELMS": 2990}
lots: dict[str, dict] = {}
watchlists: dict[tuple[str, str], list[str]] = {}
mcp = MCPServer("Holdings", instructions="Your own portfolio of shares.", log_level="ERROR")


class BearerOnly:
    """Refuses every request without a token that we issued."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        if sent.removeprefix("Bearer ") not in INVESTORS:
            await JSONResponse({"error": "invalid_token"}, 401)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def investor(ctx: Context) -> str:
    return INVESTORS[(ctx.headers or {})["authorization"].removeprefix("Bearer ")]


def line(lot: dict) -> str:
    cost = f"{lot['cents'] / 100:.2f}"
    return f"- `{lot['id']}` {lot['shares']} x {lot['ticker']} at {cost}: {lot['note']}"


def owned(lot_id: str, who: str, binned: bool = False) -> dict:
    lot = lots.get(lot_id)
    if lot is None or lot["who"] != who or lot["binned"] is not binned:
        raise ToolError("No such lot.")
    return lot


def known(ticker: str) -> str:
    if ticker.upper() not in TICKERS:
        raise ToolError("Unknown ticker; see list_tickers.")
    return ticker.upper()


@mcp.tool()
def list_tickers(ctx: Context) -> str:
    """The shares that can be held, with today's price. The same for everybody."""
    names = sorted(TICKERS)
    if "popular-first" in LEAKS:
        held = [lot["ticker"] for lot in lots.values() if not lot["binned"]]
        names.sort(key=lambda name: -held.count(name))
    return "\n".join(f"{name} {TICKERS[name] / 100:.2f}" for name in names)


@mcp.tool()
def buy_lot(ctx: Context, ticker: str, shares: int, note: str = "") -> dict:
    """Record a purchase at today's price, with a private note."""
    if not 1 <= shares <= 100_000:
        raise ToolError("shares must be 1 to 100000")
    name = known(ticker)
    lot = {"id": uuid.uuid4().hex[:12], "who": investor(ctx), "ticker": name}
    lot |= {"shares": shares, "cents": TICKERS[name], "note": note[:500], "binned": False}
    lots[lot["id"]] = lot
    return {"lot_id": lot["id"], "ticker": name, "shares": shares}


@mcp.tool()
def list_lots(ctx: Context, containing: str = "") -> str:
    """Your lots as markdown, all of them or those whose note contains some words."""
    who, words = investor(ctx), containing.lower()
    rows = [lot for lot in lots.values() if lot["who"] == who and not lot["binned"]]
    found = [line(lot) for lot in rows if words in lot["note"].lower()]
    return "\n".join(["# Lots", *found]) if found else "No lots."


@mcp.tool()
def show_lot(ctx: Context, lot_id: str) -> str:
    """One of your lots."""
    return line(owned(lot_id, investor(ctx)))


@mcp.tool()
def annotate_lot(ctx: Context, lot_id: str, note: str) -> str:
    """Replace the note of one of your lots."""
    lot = owned(lot_id, investor(ctx))
    lot["note"] = note[:500]
    return line(lot)


@mcp.tool()
def bin_lot(ctx: Context, lot_id: str) -> str:
    """Move one of your lots to the bin."""
    owned(lot_id, investor(ctx))["binned"] = True
    return "Moved to the bin."


@mcp.tool()
def list_bin(ctx: Context) -> str:
    """Your lots in the bin."""
    who = investor(ctx)
    found = [line(lot) for lot in lots.values() if lot["who"] == who and lot["binned"]]
    return "\n".join(["# Bin", *found]) if found else "The bin is empty."


@mcp.tool()
def restore_lot(ctx: Context, lot_id: str) -> str:
    """Bring one of your lots back from the bin."""
    who = investor(ctx)
    if "undelete" in LEAKS and lots.get(lot_id, {}).get("binned"):
        lots[lot_id] |= {"binned": False, "who": who}
        return "Restored."
    owned(lot_id, who, binned=True)["binned"] = False
    return "Restored."


@mcp.tool()
def create_watchlist(ctx: Context, name: str, tickers: list[str]) -> str:
    """Name a list of shares to watch; a name may be used once in your account."""
    who, title = investor(ctx), name.strip()
    if not 1 <= len(title) <= 80:
        raise ToolError("name must be 1 to 80 characters")
    names = [known(ticker) for ticker in tickers]
    taken = {key[1] for key in watchlists if key[0] == who or "watch-taken" in LEAKS}
    if title in taken:
        raise ToolError("A watchlist of this name exists.")
    watchlists[who, title] = names
    return f"Watching {len(names)} shares."


@mcp.tool()
def show_watchlists(ctx: Context) -> dict:
    """Your watchlists with their shares."""
    who = investor(ctx)
    return {
        "watchlists": {name: names for (owner, name), names in watchlists.items() if owner == who}
    }


@mcp.tool()
def drop_watchlist(ctx: Context, name: str) -> str:
    """Delete one of your watchlists."""
    if watchlists.pop((investor(ctx), name.strip()), None) is None:
        raise ToolError("No such watchlist.")
    return "Deleted."


@mcp.tool()
def summary(ctx: Context) -> dict:
    """What your portfolio is worth today, by share."""
    who, worth = investor(ctx), {}
    for lot in lots.values():
        if lot["who"] == who and not lot["binned"]:
            worth[lot["ticker"]] = (
                worth.get(lot["ticker"], 0) + lot["shares"] * TICKERS[lot["ticker"]]
            )
    return {"total_cents": sum(worth.values()), "by_ticker": worth}


if __name__ == "__main__":
    app = BearerOnly(mcp.streamable_http_app())
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
