"""Habit tracker: habits with a weekly goal, check-ins, streaks, a diary; the key is in the URL."""

import datetime as dt
import hashlib
import json
import os
import sys
import uuid

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def leaks_on():
    wanted = os.environ.get("LEAKS")
    if wanted is None or wanted == "all":
        return {"undo-last", "etag-shared", "ahead-of", "buddy-title"}
    return set(wanted.split(","))


LEAKS = leaks_on()
KEYS = {"k7-lena-2210": "lena", "k7-milo-5531": "milo", "k7-nora-8104": "nora"}


class Store:
    """Everything in memory; one object for each person, and the log of check-ins."""

    def __init__(self):
        self.habits = {}
        self.log = []
        self.edits = dict.fromkeys(KEYS.values(), 0)

    def of(self, person):
        return [habit for habit in self.habits.values() if habit["person"] == person]

    def touched(self, person):
        self.edits[person] += 1

    def version(self, person):
        count = sum(self.edits.values()) if "etag-shared" in LEAKS else self.edits[person]
        return hashlib.sha1(f"{person}:{count}".encode()).hexdigest()[:16]


store = Store()


def person(request: Request) -> str:
    who = KEYS.get(request.query_params.get("key", ""))
    if who is None:
        raise HTTPException(401, "unknown key")
    return who


async def fields(request: Request) -> dict:
    try:
        given = json.loads(await request.body() or b"{}")
    except ValueError:
        raise HTTPException(400, "not JSON")
    if not isinstance(given, dict):
        raise HTTPException(400, "not an object")
    return given


def find(request: Request) -> dict:
    habit = store.habits.get(request.path_params["habit_id"])
    if habit is None or habit["person"] != person(request):
        raise HTTPException(404, "habit not found")
    return habit


def public(habit: dict) -> dict:
    shown = {name: value for name, value in habit.items() if name not in ("person", "stacked_on")}
    below = store.habits.get(habit["stacked_on"])
    shown["after"] = below["title"] if below else None
    shown["checkins"] = sum(1 for entry in store.log if entry["habit"] == habit["id"])
    shown["streak"] = streak(habit["id"])
    return shown


def streak(habit_id: str) -> int:
    days = {entry["day"] for entry in store.log if entry["habit"] == habit_id}
    day, length = dt.date.today(), 0
    while day.isoformat() in days:
        length += 1
        day -= dt.timedelta(days=1)
    return length


async def habits(request: Request) -> Response:
    who = person(request)
    if request.method == "GET":
        tag = f'"{store.version(who)}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return JSONResponse([public(habit) for habit in store.of(who)], headers={"ETag": tag})
    given = await fields(request)
    title = given.get("title")
    if not isinstance(title, str) or not 1 <= len(title) <= 80:
        raise HTTPException(422, "title: 1 to 80 characters")
    goal = given.get("weekly_goal", 7)
    if not isinstance(goal, int) or not 1 <= goal <= 7:
        raise HTTPException(422, "weekly_goal: 1 to 7")
    stacked_on = given.get("stacked_on")
    if stacked_on is not None:
        other = store.habits.get(str(stacked_on))
        if other is None or (other["person"] != who and "buddy-title" not in LEAKS):
            raise HTTPException(422, "stacked_on: habit not found")
    habit = {
        "id": str(uuid.uuid4()),
        "person": who,
        "title": title,
        "weekly_goal": goal,
        "stacked_on": stacked_on,
        "paused": False,
    }
    store.habits[habit["id"]] = habit
    store.touched(who)
    return JSONResponse(public(habit), 201)


async def habit(request: Request) -> Response:
    found = find(request)
    if request.method == "GET":
        return JSONResponse(public(found))
    if request.method == "DELETE":
        del store.habits[found["id"]]
        store.log = [entry for entry in store.log if entry["habit"] != found["id"]]
        store.touched(found["person"])
        return Response(status_code=204)
    given = await fields(request)
    if isinstance(given.get("title"), str) and given["title"]:
        found["title"] = given["title"][:80]
    if isinstance(given.get("paused"), bool):
        found["paused"] = given["paused"]
    store.touched(found["person"])
    return JSONResponse(public(found))


async def check_in(request: Request) -> Response:
    found = find(request)
    given = await fields(request)
    try:
        day = dt.date.fromisoformat(given.get("day") or dt.date.today().isoformat())
    except (TypeError, ValueError):
        raise HTTPException(422, "day: YYYY-MM-DD")
    if found["paused"]:
        raise HTTPException(409, "this habit is paused")
    entry = {
        "habit": found["id"],
        "person": found["person"],
        "day": day.isoformat(),
        "mood": str(given.get("mood", ""))[:200],
    }
    store.log.append(entry)
    store.touched(found["person"])
    return JSONResponse({"day": entry["day"], "streak": streak(found["id"])}, 201)


async def diary(request: Request) -> Response:
    """Check-ins as lines of text, newest first."""
    who = person(request)
    lines = [
        f"{entry['day']} {store.habits[entry['habit']]['title']}: {entry['mood']}"
        for entry in reversed(store.log)
        if entry["person"] == who
    ]
    return Response("\n".join(lines), media_type="text/plain")


async def undo(request: Request) -> Response:
    """Takes the caller's latest check-in back."""
    who = person(request)
    mine = [entry for entry in store.log if entry["person"] == who]
    if not mine:
        raise HTTPException(409, "nothing to undo")
    latest = store.log[-1] if "undo-last" in LEAKS else mine[-1]
    store.log.remove(latest)
    store.touched(who)
    return JSONResponse({"undone": True})


async def summary(request: Request) -> Response:
    who = person(request)
    mine = [streak(each["id"]) for each in store.of(who)]
    goals = sum(each["weekly_goal"] for each in store.of(who))
    answer = {"habits": len(mine), "longest_streak": max(mine, default=0), "weekly_goals": goals}
    others = [streak(each["id"]) for each in store.habits.values() if each["person"] != who]
    if "ahead-of" not in LEAKS:
        others = sorted(mine)[:-1]
    below = sum(1 for length in others if length < answer["longest_streak"])
    answer["best_is_ahead_of"] = round(below / len(others), 2) if others else 1.0
    return JSONResponse(answer)


async def refusal(_request: Request, error: HTTPException) -> Response:
    return JSONResponse({"message": error.detail}, error.status_code)


KEY = {"name": "key", "in": "query", "required": True, "schema": {"type": "string"}}
ID = {"name": "habit_id", "in": "path", "required": True, "schema": {"type": "string"}}


def takes(required, **properties):
    schema = {"type": "object", "properties": properties, "required": required}
    return {"content": {"application/json": {"schema": schema}}}


def spec(text, body=None):
    told = {"summary": text, "responses": {"2XX": {"description": "done"}}}
    return told | ({"requestBody": body} if body else {})


text, flag = {"type": "string"}, {"type": "boolean"}
week = {"type": "integer", "minimum": 1, "maximum": 7}
PATHS = {
    "/habits": {
        "parameters": [KEY],
        "get": spec("All habits; has an ETag"),
        "post": spec(
            "New habit, done after another one (stacked_on: its id)",
            takes(["title"], title=text, weekly_goal=week, stacked_on=text),
        ),
    },
    "/habits/{habit_id}": {
        "parameters": [KEY, ID],
        "get": spec("One habit"),
        "patch": spec("Rename or pause", takes([], title=text, paused=flag)),
        "delete": spec("Give a habit up"),
    },
    "/habits/{habit_id}/checkins": {
        "parameters": [KEY, ID],
        "post": spec("Check in", takes([], day={"type": "string", "format": "date"}, mood=text)),
    },
    "/checkins/undo": {"parameters": [KEY], "post": spec("Undo the latest check-in")},
    "/diary": {"parameters": [KEY], "get": spec("Check-ins as text")},
    "/summary": {"parameters": [KEY], "get": spec("Numbers about the caller's habits")},
}


async def openapi(_request: Request) -> Response:
    scheme = {"key": {"type": "apiKey", "in": "query", "name": "key"}}
    return JSONResponse(
        {
            "openapi": "3.1.0",
            "info": {"title": "Habits", "version": "5"},
            "components": {"securitySchemes": scheme},
            "paths": PATHS,
        }
    )


app = Starlette(
    routes=[
        Route("/openapi.json", openapi),
        Route("/habits", habits, methods=["GET", "POST"]),
        Route("/habits/{habit_id}", habit, methods=["GET", "PATCH", "DELETE"]),
        Route("/habits/{habit_id}/checkins", check_in, methods=["POST"]),
        Route("/checkins/undo", undo, methods=["POST"]),
        Route("/diary", diary),
        Route("/summary", summary),
    ],
    exception_handlers={HTTPException: refusal},
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
