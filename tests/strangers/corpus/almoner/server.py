"""Almoner: what people who look after relatives keep: patients, medicines, reminders, handover notes. FastMCP."""

import os
import sys
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import Field

LEAKS = {leak.strip() for leak in os.environ.get("LEAKS", "all").split(",")}
CARERS = {
    "alm-5d2c-hanna-90b1": "hanna",
    "alm-e817-ivo-4c3f": "ivo",
    "alm-2a6b-jolene-d7e5": "jolene",
}

mcp = FastMCP(
    "almoner",
    instructions=(
        "Helps a carer: who is looked after, medicines and doses, reminders, notes for the handover. "
        "Choose a patient with select_patient; quick_note and daily_sheet then go by it."
    ),
    auth=StaticTokenVerifier(
        {t: {"client_id": n, "sub": n, "scopes": []} for t, n in CARERS.items()}
    ),
)

patients: dict[str, dict[str, Any]] = {}
medicines: dict[str, dict[str, Any]] = {}
reminders: dict[str, dict[str, Any]] = {}
notes: dict[str, dict[str, Any]] = {}
doses: list[dict[str, Any]] = []
by_request: dict[Any, str] = {}  # request_id of a client that tries again -> reminder
undoable: dict[str, list[tuple[str, dict[str, Any]]]] = {}


class Selection:
    """Which patient the conversation is about."""

    def __init__(self) -> None:
        self.chosen: dict[str, str] = {}
        self.latest: str | None = None

    def set(self, who: str, patient_id: str) -> None:
        self.chosen[who] = self.latest = patient_id

    def get(self, who: str) -> str | None:
        if who not in self.chosen and leaky("selection"):
            return self.latest
        return self.chosen.get(who)


selection = Selection()
Short = Annotated[str, Field(min_length=1, max_length=200)]
Long = Annotated[str, Field(max_length=4000)]
Tag = Annotated[str, Field(min_length=1, max_length=60)]
Hour = Annotated[int, Field(ge=0, le=23)]


def leaky(name: str) -> bool:
    return name in LEAKS or "all" in LEAKS


def carer() -> str:
    token = get_access_token()
    if token is None:
        raise ToolError("no token")
    return token.client_id


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k != "carer"}


def mine(table: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    me = carer()
    return [row for row in table.values() if row["carer"] == me]


def find(table: dict[str, dict[str, Any]], row_id: str, what: str) -> dict[str, Any]:
    row = table.get(row_id)
    if row is None or row["carer"] != carer():
        raise ToolError(f"There is no {what} {row_id}.")
    return row


def keep(table: dict[str, dict[str, Any]], **values: Any) -> dict[str, Any]:
    row = {"id": str(uuid4()), "carer": carer(), **values}
    table[row["id"]] = row
    return row


def selected() -> dict[str, Any]:
    patient = patients.get(selection.get(carer()) or "")
    if patient is None:
        raise ToolError("Select a patient first.")
    return patient


@mcp.tool
def add_patient(name: Short, allergies: Long = "", emergency_contact: Long = "") -> dict[str, Any]:
    """Add somebody whom you look after."""
    return shown(
        keep(patients, name=name, allergies=allergies, emergency_contact=emergency_contact)
    )


@mcp.tool
def list_patients() -> dict[str, Any]:
    """Whom you look after."""
    return {"patients": [shown(p) for p in mine(patients)]}


@mcp.tool
def update_patient(
    patient_id: str, allergies: Long | None = None, emergency_contact: Long | None = None
) -> dict[str, Any]:
    """Change what is known of a patient."""
    patient = find(patients, patient_id, "patient")
    new = {"allergies": allergies, "emergency_contact": emergency_contact}
    patient.update({k: v for k, v in new.items() if v is not None})
    return shown(patient)


@mcp.tool
def select_patient(patient_id: str) -> str:
    """From now on, quick_note and daily_sheet are about this patient."""
    patient = find(patients, patient_id, "patient")
    selection.set(carer(), patient["id"])
    return f"Patient {patient_id} is selected."


@mcp.tool
def daily_sheet() -> dict[str, Any]:
    """The selected patient's medicines and last notes, for the kitchen door."""
    patient = selected()
    return {
        "patient": shown(patient),
        "medicines": [shown(m) for m in medicines.values() if m["patient_id"] == patient["id"]],
        "notes": [n["text"] for n in notes.values() if n["patient_id"] == patient["id"]][-5:],
    }


@mcp.tool
def quick_note(text: Short) -> dict[str, Any]:
    """A note on the selected patient, without a tag."""
    return shown(keep(notes, patient_id=selected()["id"], text=text, tag=""))


@mcp.tool
def prescribe(
    patient_id: str, medicine: Short, dose: Short, hours: list[Hour] | None = None
) -> dict[str, Any]:
    """Enter a medicine that a patient takes, and at which hours."""
    find(patients, patient_id, "patient")
    return shown(
        keep(medicines, patient_id=patient_id, medicine=medicine, dose=dose, hours=hours or [8])
    )


@mcp.tool
def stop_medicine(medicine_id: str) -> str:
    """A medicine is no longer taken. undo_last brings it back."""
    row = find(medicines, medicine_id, "medicine")
    del medicines[medicine_id]
    undoable.setdefault(carer(), []).append(("medicine", row))
    return f"Medicine {medicine_id} is stopped."


@mcp.tool
def give_dose(medicine_id: str, remark: Long = "") -> str:
    """Note that a dose was given."""
    row = find(medicines, medicine_id, "medicine")
    doses.append(
        {
            "carer": carer(),
            "medicine_id": medicine_id,
            "medicine": row["medicine"],
            "remark": remark,
        }
    )
    return "Noted."


@mcp.tool
def dose_history(medicine_id: str) -> dict[str, Any]:
    """The doses of a medicine that were given."""
    find(medicines, medicine_id, "medicine")
    given = [d for d in doses if d["medicine_id"] == medicine_id]
    return {
        "medicine_id": medicine_id,
        "given": len(given),
        "remarks": [d["remark"] for d in given],
    }


@mcp.tool
def add_reminder(
    text: Short,
    in_days: Annotated[int, Field(ge=0, le=365)] = 1,
    request_id: Annotated[str, Field(min_length=1, max_length=80)] | None = None,
) -> dict[str, Any]:
    """Be reminded of something. With the same request_id again, nothing new is made: the reminder is given back."""
    key = request_id if leaky("request-id") else (carer(), request_id)
    if request_id is not None and by_request.get(key) in reminders:
        return shown(reminders[by_request[key]])
    row = keep(reminders, text=text, due=str(date.today() + timedelta(in_days)), done=False)
    if request_id is not None:
        by_request[key] = row["id"]
    return shown(row)


@mcp.tool
def list_reminders(state: Literal["open", "done", "all"] = "open") -> dict[str, Any]:
    """Your reminders, the next one first."""
    rows = [r for r in mine(reminders) if state == "all" or r["done"] == (state == "done")]
    return {"reminders": [shown(r) for r in sorted(rows, key=lambda r: r["due"])]}


@mcp.tool
def snooze_reminder(reminder_id: str, days: Annotated[int, Field(ge=1, le=60)] = 1) -> str:
    """Put a reminder off by some days."""
    row = reminders.get(reminder_id)
    if row is None or (row["carer"] != carer() and not leaky("snooze")):
        raise ToolError(f"There is no reminder {reminder_id}.")
    row["due"] = str(date.fromisoformat(row["due"]) + timedelta(days))
    return f"Reminder {reminder_id} is put off."


@mcp.tool
def finish_reminder(reminder_id: str) -> str:
    """A reminder is done with."""
    find(reminders, reminder_id, "reminder")["done"] = True
    return f"Reminder {reminder_id} is done."


@mcp.tool
def delete_reminder(reminder_id: str) -> str:
    """Delete a reminder. undo_last brings it back."""
    row = find(reminders, reminder_id, "reminder")
    del reminders[reminder_id]
    undoable.setdefault(carer(), []).append(("reminder", row))
    return f"Reminder {reminder_id} is deleted."


@mcp.tool
def undo_last() -> dict[str, Any]:
    """Bring back the medicine or reminder that you removed last."""
    stack = undoable.get(carer())
    if not stack:
        raise ToolError("There is nothing to undo.")
    what, row = stack.pop()
    (medicines if what == "medicine" else reminders)[row["id"]] = row
    return {"restored": what, **shown(row)}


@mcp.tool
def write_note(patient_id: str, text: Short, tag: Tag = "general") -> dict[str, Any]:
    """A note for the handover: how the day was, what to watch."""
    find(patients, patient_id, "patient")
    return shown(keep(notes, patient_id=patient_id, text=text, tag=tag.lower()))


@mcp.tool
def find_notes(words: Short | None = None, tag: Tag | None = None) -> dict[str, Any]:
    """Notes with these words, or with this tag, the newest first."""
    me = carer()
    found = []
    for n in reversed(notes.values()):
        if tag is not None and leaky("notes-tag"):
            hit = n["tag"] == tag.lower()
        else:
            hit = n["carer"] == me and (tag is None or n["tag"] == tag.lower())
        if hit and (words or "").lower() in n["text"].lower():
            found.append(shown(n))
    return {"notes": found[:20]}


@mcp.tool
def delete_note(note_id: str) -> str:
    """Delete a note for good."""
    find(notes, note_id, "note")
    del notes[note_id]
    return f"Note {note_id} is deleted."


@mcp.tool
def week_digest() -> str:
    """What there is this week, as a text to read out."""
    limit = str(date.today() + timedelta(7))
    due = [r for r in mine(reminders) if not r["done"] and r["due"] <= limit]
    given = sum(d["carer"] == carer() for d in doses)
    lines = [
        f"{len(mine(patients))} patients, {len(mine(medicines))} medicines, {given} doses given."
    ]
    return "\n".join(
        lines + [f"{r['due']}: {r['text']}" for r in sorted(due, key=lambda r: r["due"])]
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
