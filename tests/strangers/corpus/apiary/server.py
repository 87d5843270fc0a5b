"""Apiary: a hive diary for beekeepers over MCP, with resources and prompts beside the tools.

Keepers send `Authorization: Bearer <key>` with each request; the key is read from the request.
"""

import os
import re
import secrets
import sys
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError

KNOWN_LEAKS = {"inspection-resource", "prompt-hive", "harvest-early", "inspect-wording"}
_wanted = os.environ.get("LEAKS", "all")
LEAKS = KNOWN_LEAKS if _wanted == "all" else set(filter(None, _wanted.split(",")))

KEYS = {"bee-ingrid-41": "ingrid", "bee-joao-77": "joao", "bee-kemi-12": "kemi"}
FORAGE = {
    "march": "willow, hazel, crocus",
    "april": "dandelion, blackthorn, fruit trees",
    "may": "oilseed rape, maple, hawthorn",
    "june": "lime, clover, bramble",
    "july": "lime, phacelia, heather begins",
    "august": "heather, balsam",
}


@dataclass
class Hive:
    slug: str
    keeper: str
    label: str
    kind: str
    site: str
    queen_year: int | None = None
    remark: str = ""


@dataclass
class Inspection:
    code: str
    keeper: str
    hive: str
    day: str
    frames: int
    temper: str
    findings: str
    honey: list[dict[str, Any]] = field(default_factory=list)


hives: dict[tuple[str, str], Hive] = {}
inspections: dict[str, Inspection] = {}

mcp = MCPServer(
    "apiary",
    instructions="A hive diary. Every keeper sees only their own hives, inspections and honey.",
)


def keeper_of(ctx: Context) -> str:
    header = (ctx.headers or {}).get("authorization", "")
    scheme, _, key = header.partition(" ")
    keeper = KEYS.get(key.strip()) if scheme.lower() == "bearer" else None
    if keeper is None:
        raise MCPError(code=-32001, message="Unknown keeper: send your key as a bearer token")
    return keeper


def slug_of(label: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    if not slug:
        raise ToolError("A hive's label needs at least one letter or digit")
    return slug[:40]


def checked_day(text: str | None) -> str:
    if not text:
        return date.today().isoformat()  # noqa: DTZ011
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as bad:
        raise ToolError(f"Not a day: {text}; write it as YYYY-MM-DD") from bad


def hive_of(keeper: str, slug: str) -> Hive:
    hive = hives.get((keeper, slug))
    if hive is None:
        raise ToolError(f"You have no hive called {slug}")
    return hive


def inspection_of(keeper: str, code: str) -> Inspection:
    found = inspections.get(code)
    if found is None or found.keeper != keeper:
        raise ToolError(f"No inspection {code}")
    return found


def described(hive: Hive) -> dict[str, Any]:
    mine = [i for i in inspections.values() if i.keeper == hive.keeper and i.hive == hive.slug]
    return {
        "slug": hive.slug,
        "label": hive.label,
        "kind": hive.kind,
        "site": hive.site,
        "queen_year": hive.queen_year,
        "remark": hive.remark,
        "inspections": [i.code for i in mine],
        "honey_kg": round(sum(h["kilograms"] for i in mine for h in i.honey), 2),
    }


def sheet(found: Inspection) -> str:
    lines = [
        f"Inspection {found.code} of {found.hive} on {found.day}",
        f"frames of brood: {found.frames}, temper: {found.temper}",
        found.findings,
        *(f"honey: {h['kilograms']} kg ({h['comment']})" for h in found.honey),
    ]
    return "\n".join(line for line in lines if line)


@mcp.tool()
def add_hive(
    ctx: Context,
    label: str,
    kind: str = "langstroth",
    site: str = "",
    queen_year: int | None = None,
    remark: str = "",
) -> dict[str, Any]:
    """Set up a hive. Its slug, made from the label, names it from then on."""
    keeper = keeper_of(ctx)
    if kind not in {"langstroth", "dadant", "top-bar", "warre"}:
        raise ToolError("kind is one of langstroth, dadant, top-bar, warre")
    slug = slug_of(label)
    if (keeper, slug) in hives:
        raise ToolError(f"You have a hive called {slug} already")
    hives[keeper, slug] = Hive(slug, keeper, label, kind, site, queen_year, remark)
    return described(hives[keeper, slug])


@mcp.tool()
def list_hives(ctx: Context, site: str | None = None) -> list[dict[str, Any]]:
    """List your hives, all or those at one site."""
    keeper = keeper_of(ctx)
    return [
        described(hive)
        for hive in hives.values()
        if hive.keeper == keeper and (site is None or hive.site == site)
    ]


@mcp.tool()
def requeen(ctx: Context, hive: str, queen_year: int, remark: str = "") -> dict[str, Any]:
    """Note a new queen in a hive."""
    found = hive_of(keeper_of(ctx), hive)
    found.queen_year = queen_year
    found.remark = remark or found.remark
    return described(found)


@mcp.tool()
def inspect_hive(
    ctx: Context,
    hive: str,
    findings: str,
    frames: int = 0,
    temper: str = "calm",
    day: str | None = None,
) -> dict[str, Any]:
    """Write down an inspection of a hive; the answer has its code."""
    keeper = keeper_of(ctx)
    if not 0 <= frames <= 40:
        raise ToolError("frames is from 0 to 40")
    if "inspect-wording" in LEAKS and (keeper, hive) not in hives:
        if any(slug == hive for _, slug in hives):
            raise ToolError(f"Hive {hive} is kept at another apiary")
    hive_of(keeper, hive)
    code = secrets.token_hex(4)
    inspections[code] = Inspection(
        code, keeper, hive, checked_day(day), frames, temper, findings.strip()
    )
    return {"code": code, "hive": hive, "day": inspections[code].day}


@mcp.tool()
def show_inspection(ctx: Context, code: str) -> str:
    """Show an inspection with the honey taken at it."""
    return sheet(inspection_of(keeper_of(ctx), code))


@mcp.tool()
def diary(ctx: Context, hive: str | None = None, containing: str = "") -> list[dict[str, Any]]:
    """Your inspections, newest day first, of one hive or all, with a word in the findings."""
    keeper = keeper_of(ctx)
    if hive is not None:
        hive_of(keeper, hive)
    mine = [
        {"code": i.code, "hive": i.hive, "day": i.day, "findings": i.findings}
        for i in inspections.values()
        if i.keeper == keeper
        and hive in (None, i.hive)
        and containing.lower() in i.findings.lower()
    ]
    return sorted(mine, key=lambda each: each["day"], reverse=True)


@mcp.tool()
def take_honey(ctx: Context, inspection: str, kilograms: float, comment: str = "") -> str:
    """Record honey taken at an inspection."""
    keeper = keeper_of(ctx)
    if not 0 < kilograms <= 200:
        raise ToolError("kilograms is above 0 and at most 200")
    taken = {"kilograms": round(kilograms, 2), "comment": comment}
    if "harvest-early" in LEAKS:
        if inspection in inspections:
            inspections[inspection].honey.append(taken)
        inspection_of(keeper, inspection)
    else:
        inspection_of(keeper, inspection).honey.append(taken)
    return f"{taken['kilograms']} kg recorded"


@mcp.tool()
def strike_inspection(ctx: Context, code: str) -> str:
    """Remove an inspection from the diary, with its honey."""
    del inspections[inspection_of(keeper_of(ctx), code).code]
    return f"Inspection {code} removed"


@mcp.tool()
def remove_hive(ctx: Context, hive: str) -> str:
    """Give up a hive; its inspections go with it."""
    keeper = keeper_of(ctx)
    found = hive_of(keeper, hive)
    for code in [c for c, i in inspections.items() if (i.keeper, i.hive) == (keeper, found.slug)]:
        del inspections[code]
    del hives[keeper, found.slug]
    return f"Hive {hive} removed"


@mcp.resource("apiary://forage", mime_type="text/plain")
def forage() -> str:
    """The months and what flowers in them: the same for every keeper."""
    return "\n".join(f"{month}: {plants}" for month, plants in FORAGE.items())


@mcp.resource("apiary://hives/{slug}", mime_type="application/json")
def hive_card(ctx: Context, slug: str) -> dict[str, Any]:
    """The card of one of your hives."""
    hive = hives.get((keeper_of(ctx), slug))
    if hive is None:
        raise ResourceNotFoundError(f"No hive card {slug}")
    return described(hive)


@mcp.resource("apiary://inspections/{code}", mime_type="text/plain")
def inspection_sheet(ctx: Context, code: str) -> str:
    """The sheet of one of your inspections, as it is printed."""
    keeper = keeper_of(ctx)
    found = inspections.get(code)
    if found is None or (found.keeper != keeper and "inspection-resource" not in LEAKS):
        raise ResourceNotFoundError(f"No inspection sheet {code}")
    return sheet(found)


@mcp.prompt()
def plan_visit(ctx: Context, hive: str, month: str = "may") -> str:
    """Ask for a plan of the next visit to a hive."""
    found = hives.get((keeper_of(ctx), hive))
    if found is None and "prompt-hive" in LEAKS:
        found = next((each for each in hives.values() if each.slug == hive), None)
    if found is None:
        raise MCPError(code=-32602, message=f"No hive {hive} to plan for")
    plants = FORAGE.get(month.lower(), "little")
    return (
        f"I keep a {found.kind} hive called {found.label} at {found.site or 'home'}; its queen is "
        f"of {found.queen_year or 'an unknown year'}. Remark: {found.remark or 'none'}. In "
        f"{month} there flowers {plants}. Plan my next visit."
    )


@mcp.prompt()
def letter_to_neighbour(tone: str = "friendly") -> str:
    """Ask for a letter that offers honey to a neighbour."""
    return f"Write a {tone} letter that offers a neighbour a jar of honey."


if __name__ == "__main__":
    mcp.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
