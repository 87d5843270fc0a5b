"""Appointments in memory: FastAPI, idempotency keys, entity tags, `Location`, times in errors."""

import hashlib
import json
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field


class Slot(BaseModel):
    """What is booked."""

    subject: str = Field(max_length=300)
    day: str = Field("2026-12-01", pattern=r"^\d{4}-\d{2}-\d{2}$")
    minutes: int = Field(30, ge=5, le=480)


api = FastAPI(title="appointments")
book: dict[str, dict[str, object]] = {}
replies: dict[tuple[str, str], tuple[str, dict[str, object]]] = {}
Auth = Annotated[str, Header()]


class Problem(Exception):
    """An error with its time, as this API words it."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.text = status, text


@api.exception_handler(Problem)
async def problem(request: Request, error: Problem) -> JSONResponse:
    """Answer with the time of the error and a number of the request."""
    said = {
        "detail": f"{error.text} ({datetime.now(UTC).isoformat()})",
        "request": uuid.uuid4().hex,
    }
    return JSONResponse(said, error.status)


def who(authorization: str) -> str:
    """Return the caller."""
    kind, _, token = authorization.partition(" ")
    name, _, seal = token.partition("/")
    if kind != "Bearer" or seal != hashlib.sha256(f"clinic {name}".encode()).hexdigest()[:12]:
        raise HTTPException(401)
    return name


def mine(user: str, appointment_id: str) -> dict[str, object]:
    """Return one's own appointment."""
    found = book.get(appointment_id)
    if found is None or found["owner"] != user:
        raise Problem(404, "no appointment has this id")
    return found


def answer(found: dict[str, object], status: int = 200) -> JSONResponse:
    """Return an appointment with its tag."""
    body = {name: value for name, value in found.items() if name != "owner"}
    tag = hashlib.sha256(json.dumps(body).encode()).hexdigest()[:20]
    where = f"/appointments/{found['id']}"
    return JSONResponse(body, status, {"etag": f'"{tag}"', "location": where})


@api.post("/appointments", status_code=201)
def create(
    slot: Slot,
    authorization: Auth = "",
    idempotency_key: Annotated[str | None, Header()] = None,
) -> JSONResponse:
    """Book; a repeat under one key gives the first result."""
    user = who(authorization)
    said = slot.model_dump_json()
    if idempotency_key and (user, idempotency_key) in replies:
        before, result = replies[user, idempotency_key]
        if before != said:
            raise Problem(422, "you have used this key for another call")
        return answer(result, 201)
    made = {"id": str(uuid.uuid4()), "owner": user, **slot.model_dump(), "updated_at": time.time()}
    book[str(made["id"])] = made
    if idempotency_key:
        replies[user, idempotency_key] = (said, dict(made))
    return answer(made, 201)


@api.get("/appointments")
def agenda(
    authorization: Auth = "", cursor: str | None = None, limit: int = Query(10, ge=1, le=50)
) -> dict[str, object]:
    """List one's own, page by page; the cursor is the last id."""
    user = who(authorization)
    rows = sorted(
        (each for each in book.values() if each["owner"] == user),
        key=lambda each: (str(each["day"]), str(each["id"])),
    )
    ids = [each["id"] for each in rows]
    if cursor is not None and cursor not in ids:
        raise Problem(400, "the cursor does not belong to this list")
    start = ids.index(cursor) + 1 if cursor is not None else 0
    page = rows[start : start + limit]
    more = start + limit < len(rows)
    shown = [{k: v for k, v in each.items() if k != "owner"} for each in page]
    return {"appointments": shown, "cursor": page[-1]["id"] if more else None}


@api.get("/appointments/{appointment_id}")
def show(appointment_id: str, authorization: Auth = "") -> JSONResponse:
    """Show one."""
    return answer(mine(who(authorization), appointment_id))


@api.put("/appointments/{appointment_id}")
def move(appointment_id: str, slot: Slot, authorization: Auth = "") -> JSONResponse:
    """Change one."""
    found = mine(who(authorization), appointment_id)
    found.update(slot.model_dump(), updated_at=time.time())
    return answer(found)


@api.delete("/appointments/{appointment_id}", status_code=204)
def cancel(appointment_id: str, authorization: Auth = "") -> None:
    """Cancel one."""
    mine(who(authorization), appointment_id)
    del book[appointment_id]


uvicorn.run(api, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
