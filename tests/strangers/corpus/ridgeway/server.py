"""Ridgeway: plans of hikes with waypoints and packing lists; each tool answers a page of Markdown.

Hikers are told by the Authorization header of the request: `Bearer hiker:<name>`, any name.
"""

import os
import random
import re
import sys
from datetime import date, timedelta
from typing import Any, Literal

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_http_headers

_set = os.environ.get("LEAKS")
LEAKS = {
    name
    for name in ("nearby-hikes", "merge-from", "season-rank", "code-reuse")
    if _set in (None, "all") or name in (_set or "").split(",")
}
Region = Literal["alps", "dales", "fells", "coast", "moors"]
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
HUTS = {
    "alps": ["Berghaus Sulz (2104 m)", "Capanna Rossa (2260 m)"],
    "dales": ["Keld Bunkbarn"],
    "fells": ["Black Sail", "Skiddaw House"],
    "coast": ["Lizard Point Hostel"],
    "moors": ["Boggle Hole"],
}

hikes: dict[str, dict[str, Any]] = {}
waypoints: dict[str, list[tuple[str, str]]] = {}
packing: dict[str, list[list[Any]]] = {}
returned_codes: list[str] = []

mcp: FastMCP[Any] = FastMCP("Ridgeway", version="2.0.0")


def hiker() -> str:
    header = get_http_headers(include={"authorization"}).get("authorization", "")
    known = re.fullmatch(r"Bearer hiker:([a-z][a-z0-9-]{1,30})", header)
    if known is None:
        raise ToolError("Say who you are: Authorization: Bearer hiker:<name>")
    return known[1]


def fresh_code() -> str:
    if returned_codes and "code-reuse" in LEAKS:
        return returned_codes.pop()
    while True:
        code = "".join(random.choices(LETTERS, k=6))
        if code not in hikes:
            return code


def mine(code: str) -> dict[str, Any]:
    hike = hikes.get(code)
    if hike is None or hike["hiker"] != hiker():
        raise ToolError(f"There is no hike `{code}` in your book.")
    return hike


def checked(day: str) -> str:
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise ToolError("Write the day as YYYY-MM-DD.") from None


def line(code: str) -> str:
    hike = hikes[code]
    done = " (walked)" if hike["walked"] else ""
    return f"- **{hike['title']}** `{code}`: {hike['region']}, {hike['day']}, {hike['km']} km{done}"


def page_of(code: str) -> str:
    hike = hikes[code]
    parts = [
        f"# {hike['title']}",
        f"`{code}` | {hike['region']} | {hike['day']} | {hike['km']} km",
        hike["remarks"],
        "## Waypoints",
        *(f"{n}. {label}: {remark}" for n, (label, remark) in enumerate(waypoints[code], 1)),
        "## Packing",
        *(f"- [{'x' if packed else ' '}] {thing}" for thing, packed in packing[code]),
    ]
    near = [
        other
        for other, each in hikes.items()
        if other != code
        and each["region"] == hike["region"]
        and ("nearby-hikes" in LEAKS or each["hiker"] == hike["hiker"])
    ]
    if near:
        parts += ["## See also", *(f"- {hikes[other]['title']}" for other in near[-3:])]
    return "\n\n".join(part for part in parts if part)


@mcp.tool
def plan_hike(title: str, region: Region, day: str, km: float, remarks: str = "") -> str:
    """Plan a hike. The page has its code in backticks."""
    if not title.strip():
        raise ToolError("A hike needs a title.")
    if not 0 < km <= 300:
        raise ToolError("km must be above 0 and at most 300.")
    owner, day = hiker(), checked(day)
    code = fresh_code()
    hikes[code] = {
        "hiker": owner,
        "title": title.strip(),
        "region": region,
        "day": day,
        "km": km,
        "remarks": remarks,
        "walked": False,
    }
    waypoints.setdefault(code, [])
    packing.setdefault(code, [])
    return page_of(code)


@mcp.tool
def my_hikes(region: Region | None = None, walked: bool | None = None) -> str:
    """List your hikes by day."""
    owner = hiker()
    codes = [
        code
        for code, hike in sorted(hikes.items(), key=lambda item: item[1]["day"])
        if hike["hiker"] == owner
        and region in (None, hike["region"])
        and walked in (None, hike["walked"])
    ]
    return "\n".join(["# My hikes", "", *map(line, codes)]) if codes else "No hikes yet."


@mcp.tool
def show_hike(code: str) -> str:
    """Show a hike: waypoints, packing list, and other hikes in the region to see also."""
    mine(code)
    return page_of(code)


@mcp.tool
def find_hikes(words: str) -> str:
    """Find your hikes by words in title, remarks or waypoints."""
    owner, low = hiker(), words.lower()
    hits = [
        code
        for code, hike in hikes.items()
        if hike["hiker"] == owner
        and low in f"{hike['title']} {hike['remarks']} {waypoints[code]}".lower()
    ]
    return "\n".join(map(line, hits)) or f"Nothing about *{words}*."


@mcp.tool
def add_waypoint(code: str, label: str, remark: str = "") -> str:
    """Add a waypoint at the end of a hike."""
    mine(code)
    waypoints[code].append((label, remark))
    return f"Waypoint {len(waypoints[code])}: **{label}**"


@mcp.tool
def pack(code: str, things: list[str]) -> str:
    """Put things on the packing list of a hike."""
    mine(code)
    packing[code] += [[thing, False] for thing in things]
    return page_of(code)


@mcp.tool
def tick(code: str, number: int) -> str:
    """Tick a thing of the packing list off, by its number from 1."""
    mine(code)
    if not 1 <= number <= len(packing[code]):
        raise ToolError(f"The packing list has {len(packing[code])} things.")
    packing[code][number - 1][1] = True
    return page_of(code)


@mcp.tool
def postpone(code: str, days: int = 7) -> str:
    """Move a hike by a number of days."""
    hike = mine(code)
    if not -365 <= days <= 365:
        raise ToolError("days is from -365 to 365.")
    hike["day"] = (date.fromisoformat(hike["day"]) + timedelta(days=days)).isoformat()
    return line(code)


@mcp.tool
def merge_hikes(into: str, other: str) -> str:
    """Make one hike of two: lengths are added, and the other hike is struck out."""
    first = mine(into)
    if "merge-from" in LEAKS:
        if other not in hikes:
            raise ToolError(f"There is no hike `{other}` in your book.")
        second = hikes[other]
    else:
        second = mine(other)
    if into == other:
        raise ToolError("A hike cannot be merged with itself.")
    first["km"] = round(first["km"] + second["km"], 1)
    for kept in (hikes, waypoints, packing):
        del kept[other]
    return f"Merged, {first['km']} km now."


@mcp.tool
def mark_walked(code: str) -> str:
    """Mark a hike as walked; it counts for the season."""
    mine(code)["walked"] = True
    return line(code)


@mcp.tool
def season(year: int) -> str:
    """Your season: hikes walked, kilometres and medal."""
    walked: dict[str, float] = {hiker(): 0.0}
    count = 0
    for hike in hikes.values():
        if hike["walked"] and hike["day"].startswith(str(year)):
            walked[hike["hiker"]] = walked.get(hike["hiker"], 0.0) + hike["km"]
            count += hike["hiker"] == hiker()
    own = walked[hiker()]
    if "season-rank" in LEAKS:
        best = max(walked.values())
        medal = "gold" if own and own >= best else "silver" if own >= best / 2 else "bronze"
    else:
        medal = "gold" if own >= 200 else "silver" if own >= 50 else "bronze"
    return (
        f"# Season {year}\n\n| hikes | km | medal |\n|---|---|---|\n| {count} | {own:g} | {medal} |"
    )


@mcp.tool
def cancel_hike(code: str) -> str:
    """Strike a hike out of your book."""
    mine(code)
    del hikes[code]
    if "code-reuse" in LEAKS:
        returned_codes.append(code)
    else:
        del waypoints[code], packing[code]
    return f"Hike `{code}` is cancelled."


@mcp.tool
def huts(region: Region) -> str:
    """Huts of a region, from the public directory."""
    return "\n".join(f"- {hut}" for hut in HUTS[region])


if __name__ == "__main__":
    mcp.run(
        transport="http",
        host="127.0.0.1",
        port=int(sys.argv[1]),
        show_banner=False,
        stateless_http=True,
    )
