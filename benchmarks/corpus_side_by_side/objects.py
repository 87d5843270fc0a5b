"""Objects that authztrace's contracts name: it makes none itself.

A person would write what stands here for their own API, so its lines count as theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Sends a request as somebody, with a JSON body where fields are given, and returns the answer.
Send = Callable[..., Any]


def signatures(send: Send) -> dict[str, str]:
    """A draft of each, and one that is out for signature."""
    drafts = {
        f"{user.upper()}_DOC": send(
            user, "POST", "/documents", title=f"{user}-secret", content=f"{user}-secret"
        )["id"]
        for user in ("alice", "bob")
    }
    sent = send("alice", "POST", "/documents", title="alice-secret sent")["id"]
    signer = send(
        "alice", "POST", f"/documents/{sent}/signers", email="a@b.example", full_name="alice-secret"
    )
    return {**drafts, "ALICE_SENT": sent, "SIGNER": signer["id"]}


def budget(send: Send) -> dict[str, str]:
    """An envelope and a payment of each."""
    found: dict[str, str] = {}
    for user in ("alice", "bob"):
        made = send(user, "POST", "/envelopes", name=f"{user}-secret", monthly=100)
        found[f"{user.upper()}_ENVELOPE"] = made["id"]
        memo = f"{user}-secret"
        path = f"/payments/payment-of-{user}"
        send(user, "PUT", path, payee="shop", cents=5, day="2026-11-01", memo=memo)
    return found


def billing(send: Send) -> dict[str, str]:
    """A client and a draft of each; an issued invoice and a client without invoices."""
    found: dict[str, str] = {}
    for user in ("alice", "bob"):
        client = send(user, "POST", "/v1/clients", name=f"{user}-secret")["id"]
        lines = [{"text": f"{user}-secret", "unit_price": 5}]
        due = "2026-12-31"
        invoice = send(user, "POST", "/v1/invoices", client=client, lines=lines, due=due)["id"]
        issued = send(user, "POST", "/v1/invoices", client=client, lines=lines, due=due)["id"]
        send(user, "POST", f"/v1/invoices/{issued}/issue")
        spare = send(user, "POST", "/v1/clients", name=f"{user}-secret")["id"]
        names = ("CLIENT", "INVOICE", "ISSUED", "SPARE")
        for name, value in zip(names, (client, invoice, issued, spare), strict=True):
            found[f"{user.upper()}_{name}"] = value
    return found


def expenses(send: Send) -> dict[str, str]:
    """A claim of each with a line and a receipt."""
    found: dict[str, str] = {}
    for user in ("alice", "bob"):
        text = f"{user}-secret"
        send(user, "POST", "/claims", purpose=text)
        line = send(user, "POST", "/claims/1/lines", vendor=text, category="meals", cents=5)
        receipt = send(user, "POST", "/claims/1/receipts", content=text)
        found[f"{user.upper()}_LINE"] = line["line"]["id"]
        found[f"{user.upper()}_RECEIPT"] = receipt["name"]
    return found


def garage(send: Send) -> dict[str, str]:
    """A vehicle of each with a service."""
    found: dict[str, str] = {}
    for user, plate in (("alice", "A-LI-1"), ("bob", "B-OB-2")):
        text = f"{user}-secret"
        send(user, "POST", "/v1/vehicles", plate=plate, make=text, model="m", year=2000)
        path = f"/v1/vehicles/{plate}/services"
        service = send(user, "POST", path, done_on="2026-01-01", odometer=5, work=text)
        found[f"{user.upper()}_SERVICE"] = service["code"]
    return found


def stargaze(send: Send) -> dict[str, str]:
    """An instrument, an observation and a sketch of each."""
    found: dict[str, str] = {}
    for user in ("alice", "bob"):
        made = send(user, "POST", "/instruments", name=f"{user}-secret", aperture_mm=80)
        found[f"{user.upper()}_INSTRUMENT"] = made["id"]
        seen = send(user, "POST", "/observations", object="M31", night="2026-01-01", seeing=3)
        found[f"{user.upper()}_OBSERVATION"] = seen["id"]
        send(user, "PUT", f"/sketches/{user}.txt", text=f"{user}-secret")
    return found


def lettings(send: Send) -> dict[str, str]:
    """A unit and a document of each."""
    found: dict[str, str] = {}
    for user in ("alice", "bob"):
        text = f"{user}-secret"
        made = send(user, "POST", "/api/units", address=text, tenant=text, rent=900)
        found[f"{user.upper()}_UNIT"] = made["code"]
        send(user, "PUT", f"/api/documents/{user}.txt", text=text)
    return found


def hivebook(send: Send) -> dict[str, str]:
    """A hive of each with an inspection."""
    found: dict[str, str] = {}
    for user in ("alice", "bob"):
        hive = send(user, "POST", "/hives", name=f"{user}-secret", race="carnica")["code"]
        path = f"/hives/{hive}/inspections"
        look = send(user, "POST", path, day="2026-05-05", remarks=f"{user}-secret")
        found |= {f"{user.upper()}_HIVE": hive, f"{user.upper()}_LOOK": look["ref"]}
    return found


def jobhunt(send: Send) -> dict[str, str]:
    """Applications and an interview of each, and alice's cursor."""
    for user, letter in (("alice", "a"), ("bob", "b")):
        text = f"{user}-secret"
        for _ in range(2):
            send(user, "POST", "/applications", company=text, position="p")
        path = f"/interviews/6d0d8b7e-0000-4000-8000-00000000000{letter}"
        send(user, "PUT", path, application=1, day="2026-12-12", preparation=text)
    page = send("alice", "GET", "/applications?limit=1")
    return {"ALICE_CURSOR": page["result"]["next_cursor"]}


def shortlinks(send: Send) -> dict[str, str]:
    """A link and a campaign of each."""
    found: dict[str, str] = {}
    for user in ("alice", "bob"):
        text, slug = f"{user}-secret", f"link-of-{user}"
        target = "https://a.example/x"
        send(user, "POST", "/v1/links", target=target, slug=slug, title=text, notes=text)
        found[f"{user.upper()}_CAMPAIGN"] = send(user, "POST", "/v1/campaigns", name=text)["id"]
    return found


def timeclock(send: Send) -> dict[str, str]:
    """A project of each, and an entry with a tag."""
    found: dict[str, str] = {}
    for user in ("alice", "bob"):
        text = f"{user}-secret"
        project = send(user, "POST", "/projects", name=text, client=text)["id"]
        entry = send(
            user, "POST", "/entries", project_id=project, day="2026-01-01", minutes=5, note=text
        )
        found |= {f"{user.upper()}_PROJECT": project, f"{user.upper()}_ENTRY": entry["id"]}
    return found
