"""Contacts of sales people (a small CRM) for assistants: people, calls, deals, imports, merging."""

import csv
import io
import os
import secrets
import sys
from datetime import UTC, datetime
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

_ENV = os.environ.get("LEAKS", "all")
_ALL = "merge-second email-unique draft-prompt import-report".split()
LEAKS = frozenset(_ALL if _ENV == "all" else _ENV.split(","))

SELLERS = {
    "Token crm.aylin.6d02": "aylin",
    "Token crm.bruno.f1a8": "bruno",
    "Token crm.celia.93b7": "celia",
}
STAGES = ["lead", "talking", "offer", "won", "lost"]


class Crm:
    def __init__(self) -> None:
        self.contacts: dict[str, dict[str, Any]] = {}
        self.reports: dict[str, str] = {}
        self.report = ""

    def owned_by(self, seller: str) -> list[dict[str, Any]]:
        return [row for row in self.contacts.values() if row["_seller"] == seller]

    def get(self, seller: str, contact_id: str) -> dict[str, Any]:
        row = self.contacts.get(contact_id)
        if row is None or row["_seller"] != seller:
            raise ToolError(f"contact {contact_id} does not exist")
        return row

    def add(self, seller: str, name: str, email: str, company: str, stage: str) -> dict[str, Any]:
        if "@" not in email:
            raise ToolError("email must be an address")
        if stage not in STAGES:
            raise ToolError(f"stage must be one of {', '.join(STAGES)}")
        if self.taken(seller, email):
            raise ToolError("a contact with this email exists already")
        row = {
            "_seller": seller,
            "contact_id": "ct_" + secrets.token_hex(6),
            "name": name,
            "email": email.lower(),
            "company": company,
            "stage": stage,
            "calls": [],
            "value": 0.0,
        }
        self.contacts[row["contact_id"]] = row
        return row

    def taken(self, seller: str, email: str) -> bool:
        rows = self.contacts.values() if "email-unique" in LEAKS else self.owned_by(seller)
        return any(row["email"] == email.lower() for row in rows)


crm = Crm()
app = MCPServer("rolodex", title="Rolodex", log_level="CRITICAL")


def seller_of(ctx: Context) -> str:
    sent = (ctx.headers or {}).get("authorization", "")
    if sent not in SELLERS:
        raise ToolError("the Authorization header is missing or wrong")
    return SELLERS[sent]


def visible(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}


@app.tool()
def create_contact(
    ctx: Context, name: str, email: str, company: str = "", stage: str = "lead"
) -> dict[str, Any]:
    """Adds a contact; the email must be new among your contacts."""
    return visible(crm.add(seller_of(ctx), name, email, company, stage))


@app.tool()
def contacts(ctx: Context, stage: str = "", offset: int = 0, limit: int = 20) -> dict[str, Any]:
    """Your contacts, by name."""
    rows = [r for r in crm.owned_by(seller_of(ctx)) if stage in ("", r["stage"])]
    rows.sort(key=lambda r: r["name"].lower())
    page = rows[max(0, offset) : max(0, offset) + max(1, min(limit, 100))]
    return {"total": len(rows), "contacts": [visible(row) for row in page]}


@app.tool()
def contact(ctx: Context, contact_id: str) -> dict[str, Any]:
    """One contact with the calls."""
    return visible(crm.get(seller_of(ctx), contact_id))


@app.tool()
def update_contact(
    ctx: Context,
    contact_id: str,
    company: str | None = None,
    stage: str | None = None,
    value: float | None = None,
) -> dict[str, Any]:
    """Changes company, stage or the value of the deal."""
    row = crm.get(seller_of(ctx), contact_id)
    if stage is not None and stage not in STAGES:
        raise ToolError(f"stage must be one of {', '.join(STAGES)}")
    for field, new in (("company", company), ("stage", stage), ("value", value)):
        if new is not None:
            row[field] = new
    return visible(row)


@app.tool()
def remove_contact(ctx: Context, contact_id: str) -> str:
    """Removes a contact for good."""
    row = crm.get(seller_of(ctx), contact_id)
    del crm.contacts[contact_id]
    return f"removed {row['name']}"


@app.tool()
def log_call(ctx: Context, contact_id: str, summary: str) -> dict[str, Any]:
    """Notes a call with a contact."""
    row = crm.get(seller_of(ctx), contact_id)
    row["calls"].append({"at": datetime.now(UTC).isoformat(), "summary": summary})
    return {"contact_id": contact_id, "calls": len(row["calls"])}


@app.tool()
def merge_contacts(ctx: Context, keep_id: str, duplicate_id: str) -> dict[str, Any]:
    """Takes over the calls and the missing fields of a duplicate, and removes the duplicate."""
    seller = seller_of(ctx)
    keep = crm.get(seller, keep_id)
    if keep_id == duplicate_id:
        raise ToolError("these are the same contact")
    if "merge-second" in LEAKS and duplicate_id in crm.contacts:
        duplicate = crm.contacts[duplicate_id]
    else:
        duplicate = crm.get(seller, duplicate_id)
    keep["calls"] = sorted(keep["calls"] + duplicate["calls"], key=lambda call: call["at"])
    keep["company"] = keep["company"] or duplicate["company"]
    keep["value"] = keep["value"] or duplicate["value"]
    del crm.contacts[duplicate_id]
    return visible(keep)


@app.tool()
async def import_csv(ctx: Context, text: str) -> str:
    """Imports lines with the columns name, email, company; read import_report afterwards."""
    seller = seller_of(ctx)
    lines = []
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), 1):
        name, email = (row.get("name") or "").strip(), (row.get("email") or "").strip()
        try:
            if not name:
                raise ToolError("no name")
            crm.add(seller, name, email, (row.get("company") or "").strip(), "lead")
            lines.append(f"{number}: added {name} <{email}>")
        except ToolError as error:
            lines.append(f"{number}: skipped {name or '?'}, {error}")
        await ctx.report_progress(number, message=f"line {number}")
    report = "\n".join(lines) or "no lines"
    crm.reports[seller] = crm.report = report
    return f"{len(lines)} lines read"


@app.tool()
def import_report(ctx: Context) -> str:
    """What became of each line of your latest import."""
    seller = seller_of(ctx)
    report = crm.report if "import-report" in LEAKS else crm.reports.get(seller)
    if not report:
        raise ToolError("nothing was imported yet")
    return report


@app.tool()
def forecast(ctx: Context) -> dict[str, float]:
    """The value of your deals by stage."""
    sums = dict.fromkeys(STAGES, 0.0)
    for row in crm.owned_by(seller_of(ctx)):
        sums[row["stage"]] += row["value"]
    return sums


@app.prompt()
def draft_email(contact_id: str, purpose: str, ctx: Context) -> str:
    """Asks a model to draft an e-mail to a contact, with what was said in calls."""
    seller = seller_of(ctx)
    if "draft-prompt" in LEAKS and contact_id in crm.contacts:
        row = crm.contacts[contact_id]
    else:
        row = crm.get(seller, contact_id)
    said = "\n".join(f"- {call['summary']}" for call in row["calls"]) or "- nothing yet"
    return (
        f"Write an e-mail to {row['name']} of {row['company'] or 'their company'}"
        f" <{row['email']}>. Purpose: {purpose}\nEarlier calls:\n{said}"
    )


if __name__ == "__main__":
    app.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
