"""Patchbay: sounds ("patches") of synthesizers over MCP, with banks, tags, a bin, and share codes to copy a patch by.

FastMCP with bearer tokens; everything in memory.
"""

import os
import sys
from secrets import token_hex
from typing import Annotated, Any

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

ALL_LEAKS = ("bank-foreign", "import-alias", "page-then-filter", "bin-wording")
chosen = os.environ.get("LEAKS", "all")
LEAKS = set(ALL_LEAKS if chosen == "all" else chosen.split(","))

TOKENS = {"pb_vera_6f1e": "vera", "pb_wim_a09c": "wim", "pb_xaver_3d77": "xaver"}
mcp = FastMCP(
    "Patchbay",
    instructions="Your synthesizer patches. Nobody sees them but those to whom you give a share code.",
    auth=StaticTokenVerifier(
        {token: {"client_id": user, "scopes": []} for token, user in TOKENS.items()}
    ),
)

patches: dict[str, dict[str, Any]] = {}
banks: dict[str, dict[str, Any]] = {}
shares: dict[str, str] = {}  # code -> patch

Text = Annotated[str, Field(max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Knobs = Annotated[dict[str, float], Field(description="Knobs and their values", max_length=40)]


def me() -> str:
    token = get_access_token()
    if token is None:
        raise ToolError("Who are you?")
    return token.client_id


def patch_of(user: str, patch_id: str) -> dict[str, Any]:
    found = patches.get(patch_id)
    if found and found["binned"] and (found["user"] == user or "bin-wording" in LEAKS):
        raise ToolError(f"Patch {patch_id} is in the bin")
    if found is None or found["user"] != user:
        raise ToolError(f"There is no patch {patch_id}")
    return found


def bank_of(user: str, bank_id: str) -> dict[str, Any]:
    found = banks.get(bank_id)
    if found is None or found["user"] != user:
        raise ToolError(f"There is no bank {bank_id}")
    return found


def shown(patch: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in patch.items() if k not in {"user", "binned"}}


def kept(user: str, fields: dict[str, Any]) -> dict[str, Any]:
    patch = {"id": "pat_" + token_hex(7), "user": user, "binned": False, **fields}
    patches[patch["id"]] = patch
    return patch


@mcp.tool
async def save_patch(
    name: Name,
    engine: Name = "subtractive",
    knobs: Knobs = {},  # noqa: B006
    notes: Text = "",
) -> dict[str, Any]:
    """Save a new patch."""
    fields = {"name": name, "engine": engine, "knobs": dict(knobs), "notes": notes, "tags": []}
    return shown(kept(me(), fields))


@mcp.tool
async def list_patches(
    offset: Annotated[int, Field(ge=0)] = 0,
    limit: Annotated[int, Field(ge=1, le=100)] = 25,
    tag: str = "",
) -> dict[str, Any]:
    """List your patches, in the order in which they were saved."""
    user = me()

    def wanted(p: dict[str, Any]) -> bool:
        return p["user"] == user and not p["binned"] and (not tag or tag in p["tags"])

    rows = list(patches.values())
    if "page-then-filter" in LEAKS:
        page = [p for p in rows[offset : offset + limit] if wanted(p)]
    else:
        page = [p for p in rows if wanted(p)][offset : offset + limit]
    return {"patches": [{"id": p["id"], "name": p["name"], "tags": p["tags"]} for p in page]}


@mcp.tool
async def get_patch(patch_id: str) -> dict[str, Any]:
    """One of your patches with all its knobs."""
    return shown(patch_of(me(), patch_id))


@mcp.tool
async def search_patches(text: Name) -> list[dict[str, Any]]:
    """Your patches with a word in name, engine or notes."""
    user = me()
    word = text.lower()
    return [
        shown(p)
        for p in patches.values()
        if p["user"] == user
        and not p["binned"]
        and word in f"{p['name']} {p['engine']} {p['notes']}".lower()
    ]


@mcp.tool
async def turn_knob(patch_id: str, knob: Name, value: float) -> dict[str, Any]:
    """Set a knob of one of your patches."""
    patch = patch_of(me(), patch_id)
    patch["knobs"][knob] = value
    return shown(patch)


@mcp.tool
async def edit_patch(
    patch_id: str, name: Name | None = None, notes: Text | None = None
) -> dict[str, Any]:
    """Change the name or the notes of one of your patches."""
    patch = patch_of(me(), patch_id)
    patch["name"] = patch["name"] if name is None else name
    patch["notes"] = patch["notes"] if notes is None else notes
    return shown(patch)


@mcp.tool
async def tag_patch(patch_id: str, tags: list[Name]) -> dict[str, Any]:
    """Give one of your patches its tags, instead of those it had."""
    patch = patch_of(me(), patch_id)
    patch["tags"] = sorted(set(tags))
    return shown(patch)


@mcp.tool
async def bin_patch(patch_id: str) -> str:
    """Put one of your patches into the bin. Its share codes end."""
    patch = patch_of(me(), patch_id)
    patch["binned"] = True
    for code in [c for c, p in shares.items() if p == patch_id]:
        del shares[code]
    return "binned"


@mcp.tool
async def restore_patch(patch_id: str) -> dict[str, Any]:
    """Take one of your patches out of the bin."""
    patch = patches.get(patch_id)
    if patch is None or patch["user"] != me():
        raise ToolError(f"There is no patch {patch_id}")
    patch["binned"] = False
    return shown(patch)


@mcp.tool
async def create_bank(name: Name, remark: Text = "") -> dict[str, Any]:
    """Create a bank, which holds up to 16 patches."""
    bank = {"id": "bnk_" + token_hex(7), "user": me(), "name": name, "remark": remark, "slots": []}
    banks[bank["id"]] = bank
    return {"id": bank["id"], "name": name, "remark": remark}


@mcp.tool
async def fill_slot(bank_id: str, patch_id: str) -> str:
    """Put one of your patches into the next slot of one of your banks."""
    user = me()
    bank = bank_of(user, bank_id)
    if "bank-foreign" in LEAKS:
        if patch_id not in patches:
            raise ToolError(f"There is no patch {patch_id}")
    else:
        patch_of(user, patch_id)
    if len(bank["slots"]) >= 16:
        raise ToolError("The bank is full")
    bank["slots"].append(patch_id)
    return f"slot {len(bank['slots'])}"


@mcp.tool
async def dump_bank(bank_id: str) -> dict[str, Any]:
    """A bank with its patches, to be sent to the synthesizer."""
    bank = bank_of(me(), bank_id)
    filled = [shown(patches[key]) for key in bank["slots"] if not patches[key]["binned"]]
    return {"name": bank["name"], "remark": bank["remark"], "patches": filled}


@mcp.tool
async def share_patch(patch_id: str) -> dict[str, Any]:
    """Make a code with which others copy one of your patches as it is then."""
    patch_of(me(), patch_id)
    code = token_hex(8)
    shares[code] = patch_id
    return {"code": code}


@mcp.tool
async def copy_shared(code: str) -> dict[str, Any]:
    """Copy a patch that somebody shared with you. The copy is yours, and goes its own way."""
    user = me()
    if code not in shares:
        raise ToolError("This code leads to nothing")
    source = patches[shares[code]]
    fields = {k: source[k] for k in ("name", "engine", "knobs", "notes")}
    if "import-alias" not in LEAKS:
        fields["knobs"] = dict(source["knobs"])
    return shown(kept(user, {**fields, "tags": []}))


@mcp.resource("patchbay://patches/{patch_id}", mime_type="application/json")
async def patch_sheet(patch_id: str) -> dict[str, Any]:
    """The sheet of one of your patches."""
    return shown(patch_of(me(), patch_id))


if __name__ == "__main__":
    mcp.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
