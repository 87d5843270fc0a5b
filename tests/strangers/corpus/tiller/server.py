"""Tiller: boats, passages, waypoints and harbour notes of people who sail. FastMCP, everything in memory."""

import base64
import json
import os
import sys
import time
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastmcp import FastMCP
from fastmcp.exceptions import PromptError, ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

LEAKS = {leak.strip() for leak in os.environ.get("LEAKS", "all").split(",")}
SKIPPERS = {
    "til_3c9f71_agnes": "agnes",
    "til_b20e48_bjarne": "bjarne",
    "til_77d5a0_chloe": "chloe",
}
PAGE = 3
GUIDE_FOR = 90.0  # seconds

mcp = FastMCP(
    "tiller",
    instructions="The sailor's notebook: boats and their service, passages with a log, waypoints, harbours.",
    auth=StaticTokenVerifier(
        {token: {"client_id": name, "sub": name, "scopes": []} for token, name in SKIPPERS.items()}
    ),
)

boats: dict[str, dict[str, Any]] = {}
service: dict[str, list[dict[str, Any]]] = {}
passages: dict[str, dict[str, Any]] = {}
logs: dict[str, list[str]] = {}
waypoints: dict[str, dict[str, Any]] = {}
harbour_notes: list[dict[str, str]] = []
guides: dict[Any, tuple[float, dict[str, Any]]] = {}

Short = Annotated[str, Field(min_length=1, max_length=200)]
Long = Annotated[str, Field(max_length=4000)]


def leaky(name: str) -> bool:
    return name in LEAKS or "all" in LEAKS


def skipper() -> str:
    token = get_access_token()
    if token is None:
        raise ToolError("no token")
    return token.client_id


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k != "skipper"}


def mine(table: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    me = skipper()
    return [row for row in table.values() if row["skipper"] == me]


def find(table: dict[str, dict[str, Any]], row_id: str, what: str) -> dict[str, Any]:
    row = table.get(row_id)
    if row is None or row["skipper"] != skipper():
        raise ToolError(f"There is no {what} {row_id}.")
    return row


def service_key(boat: dict[str, Any]) -> str:
    return boat["sail_number"].upper() if leaky("resold-boat") else boat["id"]


@mcp.tool
def register_boat(
    name: Short,
    sail_number: Annotated[str, Field(min_length=1, max_length=40)],
    draft: Annotated[float, Field(gt=0, le=10)] = 1.5,
    notes: Long = "",
) -> dict[str, Any]:
    """Enter a boat of yours."""
    boat = {"id": str(uuid4()), "skipper": skipper(), "name": name, "sail_number": sail_number}
    boat.update(draft=draft, notes=notes)
    boats[boat["id"]] = boat
    return shown(boat)


@mcp.tool
def list_boats() -> dict[str, Any]:
    """Your boats."""
    return {"boats": [shown(b) for b in mine(boats)]}


@mcp.tool
def edit_boat(boat_id: str, name: Short | None = None, notes: Long | None = None) -> dict[str, Any]:
    """Change a boat's name or notes."""
    boat = find(boats, boat_id, "boat")
    boat.update({k: v for k, v in {"name": name, "notes": notes}.items() if v is not None})
    return shown(boat)


@mcp.tool
def sell_boat(boat_id: str) -> str:
    """Take a boat out of your fleet, with its service and its passages."""
    boat = find(boats, boat_id, "boat")
    del boats[boat_id]
    if not leaky("resold-boat"):
        service.pop(service_key(boat), None)
    for passage in [p for p in mine(passages) if p["boat_id"] == boat_id]:
        del passages[passage["id"]]
        logs.pop(passage["id"], None)
    return f"Boat {boat_id} is sold."


@mcp.tool
def log_service(boat_id: str, work: Short, hours: Annotated[int, Field(ge=0, le=10**5)] = 0) -> str:
    """Note work that was done on a boat, and its engine's hours."""
    boat = find(boats, boat_id, "boat")
    service.setdefault(service_key(boat), []).append({"work": work, "hours": hours})
    return "Noted."


@mcp.tool
def service_history(boat_id: str) -> dict[str, Any]:
    """What was done on a boat, the newest first."""
    boat = find(boats, boat_id, "boat")
    return {"boat_id": boat_id, "service": service.get(service_key(boat), [])[::-1]}


@mcp.tool
def plan_passage(
    boat_id: str, origin: Short, destination: Short, remarks: Long = ""
) -> dict[str, Any]:
    """Plan a passage with one of your boats."""
    find(boats, boat_id, "boat")
    passage = {"id": str(uuid4()), "skipper": skipper(), "boat_id": boat_id, "origin": origin}
    passage.update(destination=destination, remarks=remarks, state="planned")
    passages[passage["id"]] = passage
    logs[passage["id"]] = []
    return shown(passage)


@mcp.tool
def list_passages(state: Literal["planned", "underway", "arrived"] | None = None) -> dict[str, Any]:
    """Your passages, all or those of one state."""
    return {"passages": [shown(p) for p in mine(passages) if state in (None, p["state"])]}


@mcp.tool
def set_sail(passage_id: str) -> str:
    """Begin a planned passage."""
    passage = find(passages, passage_id, "passage")
    if passage["state"] != "planned":
        raise ToolError(f"The passage is {passage['state']}.")
    passage["state"] = "underway"
    return f"Passage {passage_id} is underway."


@mcp.tool
def write_log(passage_id: str, entry: Short) -> str:
    """Write into the log of a passage that has not arrived."""
    if find(passages, passage_id, "passage")["state"] == "arrived":
        raise ToolError("The passage has arrived; its log is closed.")
    logs[passage_id].append(entry)
    return "Written."


@mcp.tool
def read_log(passage_id: str) -> dict[str, Any]:
    """The log of a passage."""
    if leaky("read-log"):
        if passage_id not in passages:
            raise ToolError(f"There is no passage {passage_id}.")
    else:
        find(passages, passage_id, "passage")
    return {"passage_id": passage_id, "entries": logs[passage_id]}


@mcp.tool
def arrive(passage_id: str) -> str:
    """End a passage; its log is closed then."""
    passage = find(passages, passage_id, "passage")
    if passage["state"] != "underway":
        raise ToolError(f"The passage is {passage['state']}.")
    passage["state"] = "arrived"
    return f"Passage {passage_id} has arrived."


@mcp.tool
def cancel_passage(passage_id: str) -> str:
    """Remove a passage and its log."""
    find(passages, passage_id, "passage")
    del passages[passage_id], logs[passage_id]
    return f"Passage {passage_id} is cancelled."


@mcp.tool
def search_passages(text: Short) -> dict[str, Any]:
    """Your passages with this text in places, remarks or log."""
    found = []
    for p in mine(passages):
        everything = [p["origin"], p["destination"], p["remarks"], *logs[p["id"]]]
        if text.lower() in "\n".join(everything).lower():
            found.append(shown(p))
    return {"passages": found}


@mcp.tool
def drop_waypoint(
    name: Short,
    latitude: Annotated[float, Field(ge=-90, le=90)],
    longitude: Annotated[float, Field(ge=-180, le=180)],
    remarks: Long = "",
) -> dict[str, Any]:
    """Keep a waypoint."""
    waypoint = {"id": str(uuid4()), "skipper": skipper(), "name": name, "latitude": latitude}
    waypoint.update(longitude=longitude, remarks=remarks)
    waypoints[waypoint["id"]] = waypoint
    return shown(waypoint)


@mcp.tool
def list_waypoints(cursor: str | None = None) -> dict[str, Any]:
    """Your waypoints, a few at a time; next_cursor of an answer gives the following ones."""
    whose, offset = skipper(), 0
    if cursor is not None:
        try:
            place = json.loads(base64.urlsafe_b64decode(cursor))
            of, offset = str(place["skipper"]), max(int(place["offset"]), 0)
        except (ValueError, KeyError, TypeError, OverflowError):
            raise ToolError("This is no cursor of your waypoints.") from None
        if of != whose and not leaky("cursor-owner"):
            raise ToolError("This is no cursor of your waypoints.")
        whose = of
    rows = [w for w in waypoints.values() if w["skipper"] == whose]
    following = None
    if len(rows) > offset + PAGE:
        place = json.dumps({"skipper": whose, "offset": offset + PAGE})
        following = base64.urlsafe_b64encode(place.encode()).decode()
    return {"waypoints": [shown(w) for w in rows[offset : offset + PAGE]], "next_cursor": following}


@mcp.tool
def delete_waypoints(
    waypoint_ids: Annotated[list[str], Field(min_length=1, max_length=50)],
) -> str:
    """Delete several waypoints, all of them or none."""
    for waypoint_id in waypoint_ids:
        find(waypoints, waypoint_id, "waypoint")
    for waypoint_id in waypoint_ids:
        waypoints.pop(waypoint_id, None)
    return f"{len(set(waypoint_ids))} waypoints deleted."


@mcp.tool
def note_harbour(harbour: Short, note: Short) -> str:
    """Note something about a harbour, for yourself."""
    harbour_notes.append({"skipper": skipper(), "harbour": harbour, "note": note})
    guides.pop(guide_key(harbour), None)
    return f"Noted about {harbour}."


def guide_key(harbour: str) -> Any:
    return harbour.lower() if leaky("guide-cache") else (skipper(), harbour.lower())


@mcp.tool
def harbour_guide(harbour: Short) -> dict[str, Any]:
    """What you noted about a harbour, and how many of your passages end there."""
    key = guide_key(harbour)
    kept = guides.get(key)
    if kept is None or kept[0] < time.monotonic():
        me = skipper()
        notes = [
            n["note"]
            for n in harbour_notes
            if n["skipper"] == me and n["harbour"].lower() == harbour.lower()
        ]
        kept = guides[key] = (time.monotonic() + GUIDE_FOR, {"harbour": harbour, "notes": notes})
    calls = sum(p["destination"].lower() == harbour.lower() for p in mine(passages))
    return {**kept[1], "passages": calls}


@mcp.tool
def totals() -> dict[str, int]:
    """How many boats, passages and waypoints you have."""
    return {
        "boats": len(mine(boats)),
        "passages": len(mine(passages)),
        "arrived": sum(p["state"] == "arrived" for p in mine(passages)),
        "waypoints": len(mine(waypoints)),
    }


@mcp.prompt
def crew_briefing(passage_id: str) -> str:
    """A briefing of the crew before one of your passages."""
    try:
        p = find(passages, passage_id, "passage")
    except ToolError as e:
        raise PromptError(str(e)) from None
    return (
        f"Write a briefing for the crew: from {p['origin']} to {p['destination']}. {p['remarks']}"
    )


if __name__ == "__main__":
    mcp.run(
        transport="http",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        stateless_http=True,
        show_banner=False,
        log_level="critical",
    )
