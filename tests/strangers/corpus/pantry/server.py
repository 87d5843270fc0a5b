"""Pantry: the stock and the shopping list of a household, as MCP tools for an assistant.

The assistant runs in front of many households and names the account in each call.
"""

import os
import sys
import time
import uuid
from datetime import date, timedelta
from typing import Annotated, Literal, TypedDict

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

LEAKS = set(
    "bulk-first,expiring-cache,waste-totals,restore-wording".split(",")
    if os.environ.get("LEAKS", "all") == "all"
    else os.environ["LEAKS"].split(",")
)

Account = Annotated[
    str,
    Field(
        description="The household's account, e.g. house-amal",
        pattern=r"^house-[a-z0-9]{2,24}$",
    ),
]
Shelf = Literal["fridge", "freezer", "cupboard", "cellar"]


class Item(TypedDict):
    id: str
    account: str
    name: str
    quantity: float
    unit: str
    shelf: str
    best_before: str | None
    remark: str
    binned_at: float | None
    binned_why: str


class Wish(TypedDict):
    id: str
    account: str
    text: str
    bought: bool


class Pantry:
    """Everything that all households store, in memory."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.wishes: dict[str, Wish] = {}
        self.expiring: dict[tuple[str, int], list[dict[str, object]]] = {}

    def of(self, account: str) -> list[Item]:
        return [
            each
            for each in self.items.values()
            if each["account"] == account and each["binned_at"] is None
        ]

    def item(self, account: str, item_id: str) -> Item:
        found = self.items.get(item_id)
        if found is None or found["account"] != account or found["binned_at"] is not None:
            raise ToolError(f"There is no item {item_id} in this pantry.")
        return found

    def changed(self, account: str) -> None:
        for key in [key for key in self.expiring if key[0] in (account, "*")]:
            del self.expiring[key]


store = Pantry()
server = MCPServer("pantry", version="0.4.1")


def shown(item: Item) -> dict[str, object]:
    return {
        key: item[key]  # type: ignore[literal-required]
        for key in ("id", "name", "quantity", "unit", "shelf", "best_before", "remark")
    }


@server.tool()
def stock_item(
    account: Account,
    name: str,
    quantity: Annotated[float, Field(gt=0, le=10_000)] = 1,
    unit: str = "piece",
    shelf: Shelf = "cupboard",
    best_before: date | None = None,
    remark: str = "",
) -> dict[str, object]:
    """Put something into the pantry."""
    item: Item = {
        "id": f"itm_{uuid.uuid4().hex[:12]}",
        "account": account,
        "name": name.strip(),
        "quantity": quantity,
        "unit": unit,
        "shelf": shelf,
        "best_before": best_before.isoformat() if best_before else None,
        "remark": remark,
        "binned_at": None,
        "binned_why": "",
    }
    if not item["name"]:
        raise ToolError("An item needs a name.")
    store.items[item["id"]] = item
    store.changed(account)
    return shown(item)


@server.tool()
def list_stock(
    account: Account,
    shelf: Shelf | None = None,
    page: Annotated[int, Field(ge=1)] = 1,
    per_page: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, object]:
    """List the pantry, page by page, by name."""
    mine = sorted(
        (each for each in store.of(account) if shelf in (None, each["shelf"])),
        key=lambda each: (each["name"].lower(), each["id"]),
    )
    start = (page - 1) * per_page
    return {
        "items": [shown(each) for each in mine[start : start + per_page]],
        "page": page,
        "pages": max(1, -(-len(mine) // per_page)),
        "total": len(mine),
    }


@server.tool()
def find_items(account: Account, text: Annotated[str, Field(min_length=2)]) -> dict[str, object]:
    """Find items whose name or remark has the text."""
    low = text.lower()
    hits = [e for e in store.of(account) if low in e["name"].lower() or low in e["remark"].lower()]
    return {"found": [shown(each) for each in hits]}


@server.tool()
def take_item(
    account: Account, item_id: str, amount: Annotated[float, Field(gt=0)]
) -> dict[str, object]:
    """Take some of an item out; at nothing left it disappears."""
    item = store.item(account, item_id)
    if amount > item["quantity"]:
        raise ToolError(f"Only {item['quantity']:g} {item['unit']} of {item['name']} left.")
    item["quantity"] = round(item["quantity"] - amount, 3)
    if item["quantity"] == 0:
        del store.items[item_id]
    store.changed(account)
    return shown(item)


@server.tool()
def change_item(
    account: Account,
    item_id: str,
    name: str | None = None,
    shelf: Shelf | None = None,
    remark: str | None = None,
) -> dict[str, object]:
    """Rename an item, move it to another shelf or change its remark."""
    item = store.item(account, item_id)
    item["name"] = name or item["name"]
    item["shelf"] = shelf or item["shelf"]
    item["remark"] = item["remark"] if remark is None else remark
    store.changed(account)
    return shown(item)


@server.tool()
def throw_away(account: Account, item_id: str, reason: str = "spoiled") -> str:
    """Put an item into the bin; restore_item takes it out again."""
    item = store.item(account, item_id)
    item["binned_at"] = time.time()
    item["binned_why"] = reason
    store.changed(account)
    return f"{item['name']} is in the bin."


@server.tool()
def restore_item(account: Account, item_id: str) -> dict[str, object]:
    """Take an item out of the bin again."""
    item = store.items.get(item_id)
    if "restore-wording" in LEAKS:
        if item is None:
            raise ToolError(f"There is no item {item_id}.")
        if item["account"] != account or item["binned_at"] is None:
            raise ToolError(f"Item {item_id} is not in your bin.")
    elif item is None or item["account"] != account or item["binned_at"] is None:
        raise ToolError(f"Item {item_id} is not in your bin.")
    item["binned_at"] = None
    item["binned_why"] = ""
    store.changed(account)
    return shown(item)


@server.tool()
def waste_report(account: Account) -> dict[str, object]:
    """What this household threw away, by reason."""
    binned = [
        each
        for each in store.items.values()
        if each["binned_at"] is not None and (each["account"] == account or "waste-totals" in LEAKS)
    ]
    reasons: dict[str, int] = {}
    for each in binned:
        if each["account"] == account:
            reasons[each["binned_why"]] = reasons.get(each["binned_why"], 0) + 1
    return {"thrown_away": len(binned), "by_reason": reasons}


@server.tool()
def expiring(
    account: Account, within_days: Annotated[int, Field(ge=0, le=365)] = 7
) -> dict[str, object]:
    """Items whose best-before day is near, soonest first."""
    key = ("*" if "expiring-cache" in LEAKS else account, within_days)
    if key not in store.expiring:
        last = (date.today() + timedelta(days=within_days)).isoformat()  # noqa: DTZ011
        near = [e for e in store.of(account) if e["best_before"] and e["best_before"] <= last]
        near.sort(key=lambda each: str(each["best_before"]))
        store.expiring[key] = [
            {"name": e["name"], "best_before": e["best_before"], "shelf": e["shelf"]} for e in near
        ]
    return {"within_days": within_days, "items": store.expiring[key]}


@server.tool()
def add_to_shopping(
    account: Account, lines: Annotated[list[str], Field(min_length=1)]
) -> list[str]:
    """Put lines on the shopping list; answers their ids."""
    ids = []
    for line in lines:
        wish: Wish = {"id": uuid.uuid4().hex, "account": account, "text": line, "bought": False}
        store.wishes[wish["id"]] = wish
        ids.append(wish["id"])
    return ids


@server.tool()
def shopping_list(account: Account, bought: bool = False) -> list[dict[str, str]]:
    """The lines still to buy, or those bought."""
    return [
        {"id": each["id"], "text": each["text"]}
        for each in store.wishes.values()
        if each["account"] == account and each["bought"] is bought
    ]


@server.tool()
def mark_bought(
    account: Account, entry_ids: Annotated[list[str], Field(min_length=1, max_length=50)]
) -> str:
    """Tick lines of the shopping list off, several at once."""
    looked_at = entry_ids[:1] if "bulk-first" in LEAKS else entry_ids
    for entry_id in looked_at:
        wish = store.wishes.get(entry_id)
        if wish is None or wish["account"] != account:
            raise ToolError(f"No line {entry_id} on this shopping list.")
    for entry_id in entry_ids:
        if entry_id in store.wishes:
            store.wishes[entry_id]["bought"] = True
    return "Ticked off."


@server.tool()
def clear_bought(account: Account) -> str:
    """Remove the lines that are ticked off."""
    gone = [w["id"] for w in store.wishes.values() if w["account"] == account and w["bought"]]
    for entry_id in gone:
        del store.wishes[entry_id]
    return f"{len(gone)} removed."


if __name__ == "__main__":
    server.run(
        transport="streamable-http",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        json_response=True,
        stateless_http=True,
    )
