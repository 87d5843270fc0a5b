"""A training diary for athletes: workouts, routines and personal records; MCP over HTTP."""

import os
import re
import secrets
import sys
from datetime import date
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, Field, PrivateAttr

_given = os.environ.get("LEAKS", "all")
_switches = ("review-prompt", "records-of-all", "routines-by-slug", "whose-workout")
LEAKS = {name: _given == "all" or name in _given.split(",") for name in _switches}

ATHLETES = {"trn_5c1f": "dana", "trn_9b3e": "emil", "trn_e07a": "femke", "trn_2d44": "goran"}

mcp = MCPServer(
    "training-diary",
    instructions="Logs workouts of the athlete whose bearer token the request carries.",
)

Exercise = Literal["squat", "bench", "deadlift", "row", "press"]


class Effort(BaseModel):
    exercise: Exercise
    kilos: float = Field(gt=0, le=600)
    repetitions: int = Field(ge=1, le=100)


class Workout(BaseModel):
    workout_id: str
    day: date
    feeling: str
    efforts: list[Effort]
    _athlete: str = PrivateAttr("")


class Routine(BaseModel):
    slug: str
    title: str
    exercises: list[Exercise]
    started: int = 0
    _athlete: str = PrivateAttr("")


workouts: dict[str, Workout] = {}
routines: dict[Any, Routine] = {}


def bearer(ctx: Context) -> str | None:
    header = (ctx.headers or {}).get("authorization", "")
    return ATHLETES.get(header.removeprefix("Bearer ").strip())


def athlete_of(ctx: Context) -> str:
    if (athlete := bearer(ctx)) is None:
        raise ToolError("unauthorized: send Authorization: Bearer <token>")
    return athlete


def records_of(athlete: str | None) -> dict[str, float]:
    best: dict[str, float] = {}
    for workout in workouts.values():
        if athlete in (None, workout._athlete):
            for effort in workout.efforts:
                best[effort.exercise] = max(best.get(effort.exercise, 0), effort.kilos)
    return best


def own_workout(workout_id: str, athlete: str) -> Workout:
    workout = workouts.get(workout_id)
    if workout is None or workout._athlete != athlete:
        raise ToolError(f"no workout {workout_id} in your diary")
    return workout


@mcp.tool()
def log_workout(
    day: date,
    efforts: Annotated[list[Effort], Field(min_length=1, max_length=30)],
    ctx: Context,
    feeling: Annotated[str, Field(max_length=2000)] = "",
) -> dict[str, Any]:
    """Write a workout into your diary. Tells which efforts are new personal records."""
    athlete = athlete_of(ctx)
    best = records_of(None if LEAKS["records-of-all"] else athlete)
    new = sorted({e.exercise for e in efforts if e.kilos > best.get(e.exercise, 0)})
    workout = Workout(
        workout_id="w" + secrets.token_hex(5),
        day=day,
        feeling=feeling,
        efforts=efforts,
    )
    workout._athlete = athlete
    workouts[workout.workout_id] = workout
    return {"workout_id": workout.workout_id, "new_records": new}


@mcp.tool()
def list_workouts(ctx: Context, exercise: Exercise | None = None) -> list[Workout]:
    """Your workouts, the latest day first; of one exercise when given."""
    athlete = athlete_of(ctx)
    mine = [w for w in workouts.values() if w._athlete == athlete]
    if exercise:
        mine = [w for w in mine if any(e.exercise == exercise for e in w.efforts)]
    return sorted(mine, key=lambda w: w.day, reverse=True)


@mcp.tool()
def get_workout(workout_id: str, ctx: Context) -> Workout:
    """One workout of your diary."""
    return own_workout(workout_id, athlete_of(ctx))


@mcp.tool()
def amend_workout(
    workout_id: str,
    ctx: Context,
    feeling: Annotated[str | None, Field(max_length=2000)] = None,
    day: date | None = None,
) -> Workout:
    """Change the day of a workout, or how it felt."""
    workout = own_workout(workout_id, athlete_of(ctx))
    workout.feeling = workout.feeling if feeling is None else feeling
    workout.day = day or workout.day
    return workout


@mcp.tool()
def erase_workout(workout_id: str, ctx: Context) -> str:
    """Take a workout out of your diary."""
    athlete = athlete_of(ctx)
    if LEAKS["whose-workout"] and workout_id in workouts:
        if workouts[workout_id]._athlete != athlete:
            raise ToolError(f"workout {workout_id} can be erased by its athlete only")
    else:
        own_workout(workout_id, athlete)
    del workouts[workout_id]
    return f"erased {workout_id}"


@mcp.tool()
def personal_records(ctx: Context) -> dict[str, float]:
    """The heaviest that you lifted, by exercise."""
    return records_of(athlete_of(ctx))


def routine_key(athlete: str, slug: str) -> Any:
    return slug if LEAKS["routines-by-slug"] else (athlete, slug)


def own_routine(athlete: str, slug: str) -> Routine:
    routine = routines.get(routine_key(athlete, slug))
    if routine is None or routine._athlete != athlete:
        raise ToolError(f"you have no routine {slug}")
    return routine


@mcp.tool()
def save_routine(
    title: Annotated[str, Field(min_length=2, max_length=60)],
    exercises: Annotated[list[Exercise], Field(min_length=1, max_length=12)],
    ctx: Context,
) -> Routine:
    """Save a routine under its title; one that you have under the same title is replaced."""
    athlete = athlete_of(ctx)
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not slug:
        raise ToolError("a title needs letters or digits")
    routine = Routine(slug=slug, title=title, exercises=exercises)
    routine._athlete = athlete
    routines[routine_key(athlete, slug)] = routine
    return routine


@mcp.tool()
def list_routines(ctx: Context) -> list[Routine]:
    """Your routines."""
    athlete = athlete_of(ctx)
    return [each for each in routines.values() if each._athlete == athlete]


@mcp.tool()
def start_routine(slug: str, ctx: Context) -> dict[str, Any]:
    """Suggests loads for a routine of yours: nine tenths of your records."""
    athlete = athlete_of(ctx)
    routine = own_routine(athlete, slug)
    routine.started += 1
    best = records_of(athlete)
    loads = {
        name: round(best[name] * 0.9, 1) if name in best else 20.0 for name in routine.exercises
    }
    return {"routine": routine.title, "times": routine.started, "kilos": loads}


@mcp.tool()
def drop_routine(slug: str, ctx: Context) -> str:
    """Delete a routine of yours."""
    athlete = athlete_of(ctx)
    own_routine(athlete, slug)
    del routines[routine_key(athlete, slug)]
    return f"dropped {slug}"


def as_text(workout: Workout) -> str:
    lines = [f"- {e.exercise}: {e.repetitions} x {e.kilos} kg" for e in workout.efforts]
    return f"# Workout of {workout.day}\n\n{workout.feeling}\n\n" + "\n".join(lines)


@mcp.resource("diary://workouts/{workout_id}", mime_type="text/markdown")
def workout_page(workout_id: str, ctx: Context) -> str:
    """A workout of your diary as a page."""
    workout = workouts.get(workout_id)
    if workout is None or workout._athlete != bearer(ctx):
        raise ResourceNotFoundError(f"no workout {workout_id} in your diary")
    return as_text(workout)


@mcp.prompt()
def review_workout(workout_id: str, ctx: Context) -> str:
    """Ask a coach's opinion on a workout of yours."""
    workout, athlete = workouts.get(workout_id), bearer(ctx)
    allowed = athlete is not None and (
        LEAKS["review-prompt"] or getattr(workout, "_athlete", 0) == athlete
    )
    if workout is None or not allowed:
        raise MCPError(code=-32602, message=f"no workout {workout_id} in your diary")
    return f"You are a strength coach. Say what to do better next time.\n\n{as_text(workout)}"


if __name__ == "__main__":
    mcp.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
