"""Raingauge: rainfall diaries over MCP, with imports, undo, and circles whose members see each other's totals.

Observers send `Authorization: Bearer <key>` with each request.
"""

import os
import secrets
import sys
from collections import defaultdict
from datetime import date
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError

PLANTED = {"import-rejects", "expelled-cache", "percentile-all", "undo-last"}
_leaks = os.environ.get("LEAKS", "all")
LEAKS = PLANTED if _leaks == "all" else {name for name in _leaks.split(",") if name}

KEYS = {"rain-sofia-881": "sofia", "rain-tarek-402": "tarek", "rain-uma-739": "uma"}

gauges: dict[str, dict[str, Any]] = {}
readings: dict[str, dict[str, Any]] = {}
circles: dict[str, dict[str, Any]] = {}
journal: dict[str, list[list[str]]] = defaultdict(
    list
)  # of whom -> ids of readings that came in together
admitted: set[tuple[str, str]] = set()  # (observer, circle) that were checked already

server = MCPServer(
    "raingauge", instructions="A rainfall diary. Gauges and readings are yours alone."
)


def observer(ctx: Context) -> str:
    scheme, _, key = (ctx.headers or {}).get("authorization", "").partition(" ")
    found = KEYS.get(key.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise MCPError(code=-32001, message="Send your key as a bearer token")
    return found


def gauge_of(who: str, gauge_id: str) -> dict[str, Any]:
    found = gauges.get(gauge_id)
    if found is None or found["observer"] != who:
        raise ToolError(f"No gauge {gauge_id}")
    return found


def reading_of(who: str, reading_id: str) -> dict[str, Any]:
    found = readings.get(reading_id)
    if found is None or found["observer"] != who:
        raise ToolError(f"No reading {reading_id}")
    return found


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k != "observer"}


def a_day(text: str | None) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else date.today().isoformat()  # noqa: DTZ011
    except ValueError as bad:
        raise ToolError(f"{text} is not a day; write it as YYYY-MM-DD") from bad


def store(who: str, gauge_id: str, day: str, mm: float, remark: str) -> dict[str, Any]:
    if not 0 <= mm <= 1000:
        raise ToolError("mm is from 0 to 1000")
    row = {"id": "r-" + secrets.token_hex(6), "observer": who, "gauge_id": gauge_id, "day": day}
    row |= {"mm": round(mm, 1), "remark": remark}
    readings[row["id"]] = row
    return row


def written(who: str, ids: list[str]) -> None:
    journal["" if "undo-last" in LEAKS else who].append(ids)


@server.tool()
async def add_gauge(ctx: Context, name: str, place: str = "", notes: str = "") -> dict[str, Any]:
    """Set up a rain gauge."""
    if not name.strip():
        raise ToolError("A gauge needs a name")
    row = {
        "id": "g-" + secrets.token_hex(5),
        "observer": observer(ctx),
        "name": name,
        "place": place,
        "notes": notes,
    }
    gauges[row["id"]] = row
    return plain(row)


@server.tool()
async def list_gauges(ctx: Context) -> list[dict[str, Any]]:
    """List your gauges."""
    who = observer(ctx)
    return [plain(g) for g in gauges.values() if g["observer"] == who]


@server.tool()
async def remove_gauge(ctx: Context, gauge_id: str) -> str:
    """Remove one of your gauges with its readings."""
    gauge_of(observer(ctx), gauge_id)
    for key in [r["id"] for r in readings.values() if r["gauge_id"] == gauge_id]:
        del readings[key]
    del gauges[gauge_id]
    return "removed"


@server.tool()
async def record_rain(
    ctx: Context, gauge_id: str, mm: float, day: str | None = None, remark: str = ""
) -> dict[str, Any]:
    """Write down a reading of one of your gauges."""
    who = observer(ctx)
    gauge_of(who, gauge_id)
    row = store(who, gauge_id, a_day(day), mm, remark)
    written(who, [row["id"]])
    return plain(row)


@server.tool()
async def list_readings(
    ctx: Context,
    gauge_id: str | None = None,
    containing: str = "",
    offset: int = 0,
    limit: int = 50,
) -> dict[str, Any]:
    """Your readings, newest day first, of one gauge or all, with a word in the remark."""
    who = observer(ctx)
    if gauge_id is not None:
        gauge_of(who, gauge_id)
    mine = [
        r for r in readings.values() if r["observer"] == who and gauge_id in (None, r["gauge_id"])
    ]
    mine = sorted(
        (r for r in mine if containing.lower() in r["remark"].lower()),
        key=lambda r: r["day"],
        reverse=True,
    )
    start = max(offset, 0)
    return {
        "total": len(mine),
        "readings": [plain(r) for r in mine[start : start + min(max(limit, 1), 200)]],
    }


@server.tool()
async def correct_reading(
    ctx: Context, reading_id: str, mm: float | None = None, remark: str | None = None
) -> dict[str, Any]:
    """Correct one of your readings."""
    row = reading_of(observer(ctx), reading_id)
    if mm is not None and not 0 <= mm <= 1000:
        raise ToolError("mm is from 0 to 1000")
    row["mm"] = row["mm"] if mm is None else round(mm, 1)
    row["remark"] = row["remark"] if remark is None else remark
    return plain(row)


@server.tool()
async def undo(ctx: Context) -> dict[str, Any]:
    """Take back what you recorded or imported last."""
    who = observer(ctx)
    steps = journal["" if "undo-last" in LEAKS else who]
    while steps:
        gone = [key for key in steps.pop() if readings.pop(key, None)]
        if gone:
            return {"taken_back": len(gone)}
    return {"taken_back": 0}


def parsed(text: str, rejects: list[str] = []) -> tuple[list[tuple[str, float, str]], list[str]]:  # noqa: B006
    """The lines `day;mm;remark` of a file, and those that are none."""
    if "import-rejects" not in LEAKS:
        rejects = []
    good = []
    for line in text.splitlines():
        day, _, rest = line.partition(";")
        mm, _, remark = rest.partition(";")
        try:
            amount = float(mm)
            if not 0 <= amount <= 1000:
                raise ValueError(mm)
            good.append((date.fromisoformat(day.strip()).isoformat(), amount, remark.strip()))
        except ValueError:
            rejects.append(line)
    return good, rejects


@server.tool()
async def import_readings(ctx: Context, gauge_id: str, text: str) -> dict[str, Any]:
    """Import readings of a gauge: a line for each, as `YYYY-MM-DD;mm;remark`. Tells the lines that were not understood."""
    who = observer(ctx)
    gauge_of(who, gauge_id)
    good, rejects = parsed(text)
    ids = [store(who, gauge_id, *line)["id"] for line in good]
    written(who, ids)
    return {"imported": ids, "rejected": rejects[-20:]}


@server.tool()
async def export_readings(ctx: Context, gauge_id: str) -> str:
    """All readings of a gauge, in the form of the import."""
    gauge_of(observer(ctx), gauge_id)
    found = sorted(
        (r for r in readings.values() if r["gauge_id"] == gauge_id), key=lambda r: r["day"]
    )
    return "\n".join(f"{r['day']};{r['mm']};{r['remark']}" for r in found)


@server.tool()
async def month_summary(ctx: Context, gauge_id: str, month: str) -> dict[str, Any]:
    """The sum and wettest day of a month, and how many percent of your readings ever were below its wettest day."""
    who = observer(ctx)
    gauge_of(who, gauge_id)
    seen = [
        r for r in readings.values() if r["gauge_id"] == gauge_id and r["day"].startswith(month)
    ]
    if not seen:
        return {"month": month, "mm": 0, "wettest": None, "below_percent": None}
    wettest = max(seen, key=lambda r: r["mm"])
    base = [r for r in readings.values() if "percentile-all" in LEAKS or r["observer"] == who]
    below = sum(r["mm"] < wettest["mm"] for r in base) / len(base)
    return {
        "month": month,
        "mm": round(sum(r["mm"] for r in seen), 1),
        "wettest": wettest["day"],
        "below_percent": round(100 * below, 1),
    }


@server.tool()
async def create_circle(ctx: Context, name: str) -> dict[str, Any]:
    """Found a circle; whoever you give its code may join."""
    who = observer(ctx)
    row = {
        "id": "c-" + secrets.token_hex(5),
        "name": name,
        "founder": who,
        "code": secrets.token_hex(6),
        "members": [who],
    }
    circles[row["id"]] = row
    return row


@server.tool()
async def join_circle(ctx: Context, code: str) -> dict[str, Any]:
    """Join a circle by its code. Its members see the totals and the latest remark of one another."""
    who = observer(ctx)
    row = next((c for c in circles.values() if c["code"] == code), None)
    if row is None:
        raise ToolError("No circle has this code")
    if who not in row["members"]:
        row["members"].append(who)
    return {"id": row["id"], "name": row["name"]}


def admit(who: str, circle_id: str) -> dict[str, Any]:
    row = circles.get(circle_id)
    if row and "expelled-cache" in LEAKS and (who, circle_id) in admitted:
        return row
    if row is None or who not in row["members"]:
        raise ToolError(f"No circle {circle_id}")
    admitted.add((who, circle_id))
    return row


@server.tool()
async def circle_board(ctx: Context, circle_id: str) -> list[dict[str, Any]]:
    """The totals and latest remarks of the members of a circle of yours."""
    board = []
    for member in admit(observer(ctx), circle_id)["members"]:
        theirs = [r for r in readings.values() if r["observer"] == member]
        latest = theirs[-1]["remark"] if theirs else ""
        board.append(
            {
                "member": member,
                "mm": round(sum(r["mm"] for r in theirs), 1),
                "latest_remark": latest,
            }
        )
    return board


@server.tool()
async def expel(ctx: Context, circle_id: str, member: str) -> str:
    """Put a member out of a circle that you founded; it gets a new code."""
    who = observer(ctx)
    row = circles.get(circle_id)
    if row is None or row["founder"] != who:
        raise ToolError(f"You founded no circle {circle_id}")
    if member == who or member not in row["members"]:
        raise ToolError(f"{member} is no other member")
    row["members"].remove(member)
    row["code"] = secrets.token_hex(6)
    return f"{member} is out; the new code is {row['code']}"


@server.resource("raingauge://gauges/{gauge_id}", mime_type="application/json")
async def gauge_card(ctx: Context, gauge_id: str) -> dict[str, Any]:
    """The card of one of your gauges."""
    who = observer(ctx)
    found = gauges.get(gauge_id)
    if found is None or found["observer"] != who:
        raise ResourceNotFoundError(f"No gauge card {gauge_id}")
    return plain(found)


if __name__ == "__main__":
    server.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
