"""Clutch: driving instructors, their students and the weekly timetable. Starlette, state in memory.

Instructors sign up and log in with name and password; the token of the login goes into Authorization: Bearer.
"""

import csv
import hashlib
import io
import os
import re
import secrets
import sys
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Literal
from uuid import uuid4

import uvicorn
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

LEAKS = [part.strip() for part in os.environ.get("LEAKS", "all").split(",")]
PAGE = 10

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat"]
Slot = Literal["morning", "midday", "afternoon", "evening"]
Licence = Literal["A", "B", "BE", "C"]


def leak(name: str) -> bool:
    return "all" in LEAKS or name in LEAKS


def new_id() -> str:
    return uuid4().hex


@dataclass
class Instructor:
    username: str
    salt: bytes
    digest: bytes
    school: str = ""
    motto: str = ""
    id: str = field(default_factory=new_id)


@dataclass
class Student:
    instructor_id: str
    name: str
    licence: str
    phone: str
    notes: str
    status: str = "learning"
    id: str = field(default_factory=new_id)


@dataclass
class Lesson:
    instructor_id: str
    student_id: str
    day: str
    slot: str
    car: str
    remarks: str
    done: int = 0
    id: str = field(default_factory=new_id)


people: dict[str, Instructor] = {}
sessions: dict[str, str] = {}
students: dict[str, Student] = {}
lessons: dict[str, Lesson] = {}
exported: dict[str, list[str]] = {}  # the names of the files that somebody had written
files: dict[str, str] = {}  # the folder with the files


class Account(BaseModel):
    username: str = Field(min_length=1, max_length=80)
    password: str = Field(min_length=8, max_length=200)


class Profile(BaseModel):
    school: str | None = Field(None, max_length=200)
    motto: str | None = Field(None, max_length=400)


class NewStudent(BaseModel):
    name: str = Field(min_length=1, max_length=120)
    licence: Licence = "B"
    phone: str = Field("", max_length=40)
    notes: str = Field("", max_length=2000)


class StudentChange(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str | None = Field(None, min_length=1, max_length=120)
    phone: str | None = Field(None, max_length=40)
    notes: str | None = Field(None, max_length=2000)
    status: Literal["learning", "passed", "paused"] | None = None


class NewLesson(BaseModel):
    day: Day = "mon"
    slot: Slot = "morning"
    car: str = Field("", max_length=20, description="number plate of the car; empty for theory")
    remarks: str = Field("", max_length=2000)


class LessonChange(BaseModel):
    day: Day | None = None
    slot: Slot | None = None
    remarks: str | None = Field(None, max_length=2000)


class NewExport(BaseModel):
    kind: Literal["students", "lessons"] = "students"


routes: list[Route] = []
paths: dict[str, dict] = {}
models: dict[str, dict] = {}


def op(
    method: str,
    path: str,
    body: type[BaseModel] | None = None,
    query: dict | None = None,
    free: bool = False,
):
    """Registers a handler, and describes it in the OpenAPI document."""

    def register(handler):
        async def endpoint(request: Request) -> Response:
            args = []
            if not free:
                args.append(me(request))
            if body is not None:
                try:
                    args.append(body.model_validate_json(await request.body()))
                except ValidationError as refused:
                    errors = refused.errors(
                        include_url=False, include_context=False, include_input=False
                    )
                    return JSONResponse({"error": errors}, 422)
            answer = handler(request, *args)
            return (
                answer
                if isinstance(answer, Response)
                else JSONResponse(answer, 201 if handler.__name__.startswith("add_") else 200)
            )

        routes.append(Route(path, endpoint, methods=[method], name=handler.__name__))
        said = {
            "operationId": handler.__name__,
            "summary": handler.__doc__ or handler.__name__,
            "responses": {"200": {"description": "done"}},
        }
        said["parameters"] = [
            {"name": n, "in": "path", "required": True, "schema": {"type": "string"}}
            for n in re.findall(r"{(\w+)}", path)
        ]
        said["parameters"] += [
            {"name": n, "in": "query", "schema": s} for n, s in (query or {}).items()
        ]
        if body is not None:
            models[body.__name__] = body.model_json_schema(
                ref_template="#/components/schemas/{model}"
            )
            models[body.__name__].pop("additionalProperties", None)
            content = {
                "application/json": {"schema": {"$ref": f"#/components/schemas/{body.__name__}"}}
            }
            said["requestBody"] = {"required": True, "content": content}
        if free:
            said["security"] = []
        paths.setdefault(path, {})[method.lower()] = said
        return handler

    return register


def me(request: Request) -> Instructor:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    found = people.get(sessions.get(token, "")) if kind.lower() == "bearer" else None
    if found is None:
        raise HTTPException(401, "log in first")
    return found


def digest(password: str, salt: bytes) -> bytes:
    return hashlib.sha256(salt + password.encode()).digest()


def the_student(who: Instructor, student_id: str) -> Student:
    found = students.get(student_id)
    if found is None or found.instructor_id != who.id:
        raise HTTPException(404, "no such student")
    return found


def the_lesson(who: Instructor, request: Request) -> Lesson:
    of = the_student(who, request.path_params["student_id"])
    found = lessons.get(request.path_params["lesson_id"])
    if found is None or found.student_id != of.id:
        raise HTTPException(404, "no such lesson")
    return found


def lessons_of(who: Instructor) -> list[Lesson]:
    return [x for x in lessons.values() if x.instructor_id == who.id and x.student_id in students]


@op("POST", "/signup", Account, free=True)
def add_account(request: Request, body: Account):
    """Creates an account"""
    if any(p.username == body.username for p in people.values()):
        raise HTTPException(409, "this name is taken")
    salt = secrets.token_bytes(16)
    new = Instructor(body.username, salt, digest(body.password, salt))
    people[new.id] = new
    return {"id": new.id, "username": new.username}


@op("POST", "/login", Account, free=True)
def login(request: Request, body: Account):
    """Gives a token"""
    for p in people.values():
        if p.username == body.username and secrets.compare_digest(
            p.digest, digest(body.password, p.salt)
        ):
            token = secrets.token_urlsafe(32)
            sessions[token] = p.id
            return {"token": token, "id": p.id}
    raise HTTPException(401, "wrong name or password")


@op("GET", "/me")
def my_profile(request: Request, who: Instructor):
    return {k: getattr(who, k) for k in ("id", "username", "school", "motto")}


@op("PATCH", "/me", Profile)
def change_profile(request: Request, who: Instructor, body: Profile):
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(who, name, value)
    return my_profile(request, who)


@op("POST", "/students", NewStudent)
def add_student(request: Request, who: Instructor, body: NewStudent):
    """Takes a student on"""
    new = Student(who.id, **body.model_dump())
    students[new.id] = new
    return asdict(new)


@op(
    "GET",
    "/students",
    query={
        "status": {"type": "string", "enum": ["learning", "passed", "paused"]},
        "after": {"type": "string"},
    },
)
def list_students(request: Request, who: Instructor):
    """The caller's students, ten at a time; `next` of an answer goes into `after`"""
    status, after = request.query_params.get("status"), request.query_params.get("after")
    rows = [
        s for s in students.values() if s.instructor_id == who.id and status in (None, "", s.status)
    ]
    if after:
        places = [n for n, s in enumerate(rows) if s.id == after]
        if not places:
            raise HTTPException(400, "`after` is not a place in this list")
        rows = rows[places[0] + 1 :]
    return {
        "students": [asdict(s) for s in rows[:PAGE]],
        "next": rows[PAGE - 1].id if len(rows) > PAGE else None,
    }


@op("GET", "/students/{student_id}")
def get_student(request: Request, who: Instructor):
    return asdict(the_student(who, request.path_params["student_id"]))


@op("PATCH", "/students/{student_id}", StudentChange)
def change_student(request: Request, who: Instructor, body: StudentChange):
    """Corrects a student"""
    found = the_student(who, request.path_params["student_id"])
    allowed = set(StudentChange.model_fields)
    if leak("assign"):
        allowed = set(asdict(found)) - {"id"}
    for name, value in body.model_dump(exclude_none=True).items():
        if name in allowed and isinstance(value, str):
            setattr(found, name, value)
    return asdict(found)


@op("DELETE", "/students/{student_id}")
def remove_student(request: Request, who: Instructor):
    """Removes a student with all lessons"""
    found = the_student(who, request.path_params["student_id"])
    del students[found.id]
    for key in [k for k, x in lessons.items() if x.student_id == found.id]:
        del lessons[key]
    return Response(status_code=204)


@op("POST", "/students/{student_id}/lessons", NewLesson)
def add_lesson(request: Request, who: Instructor, body: NewLesson):
    """Enters a weekly lesson; a car is there once at a time"""
    of = the_student(who, request.path_params["student_id"])
    if body.car:
        booked = lessons.values() if leak("car") else lessons_of(who)
        if any((x.car, x.day, x.slot) == (body.car, body.day, body.slot) for x in booked):
            raise HTTPException(409, "the car is not free then")
    new = Lesson(who.id, of.id, **body.model_dump())
    lessons[new.id] = new
    return asdict(new)


@op("GET", "/students/{student_id}/lessons")
def list_lessons(request: Request, who: Instructor):
    of = the_student(who, request.path_params["student_id"])
    return [asdict(x) for x in lessons.values() if x.student_id == of.id]


@op("GET", "/students/{student_id}/lessons/{lesson_id}")
def get_lesson(request: Request, who: Instructor):
    if leak("nested"):
        the_student(who, request.path_params["student_id"])
        found = lessons.get(request.path_params["lesson_id"])
        if found is None:
            raise HTTPException(404, "no such lesson")
        return asdict(found)
    return asdict(the_lesson(who, request))


@op("PATCH", "/students/{student_id}/lessons/{lesson_id}", LessonChange)
def change_lesson(request: Request, who: Instructor, body: LessonChange):
    found = the_lesson(who, request)
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(found, name, value)
    return asdict(found)


@op("DELETE", "/students/{student_id}/lessons/{lesson_id}")
def remove_lesson(request: Request, who: Instructor):
    del lessons[the_lesson(who, request).id]
    return Response(status_code=204)


@op("POST", "/students/{student_id}/lessons/{lesson_id}/done")
def lesson_done(request: Request, who: Instructor):
    """Counts that a weekly lesson took place"""
    found = the_lesson(who, request)
    found.done += 1
    return asdict(found)


@op(
    "GET",
    "/timetable",
    query={"day": {"type": "string", "enum": ["mon", "tue", "wed", "thu", "fri", "sat"]}},
)
def timetable(request: Request, who: Instructor):
    """The caller's week"""
    day = request.query_params.get("day")
    rows = [x for x in lessons_of(who) if day in (None, "", x.day)]
    return [
        {"day": x.day, "slot": x.slot, "car": x.car, "student": students[x.student_id].name}
        for x in rows
    ]


@op("GET", "/stats")
def stats(request: Request, who: Instructor):
    """How many students and lessons the caller has"""
    own = [s for s in students.values() if s.instructor_id == who.id]
    return {
        "students": len(own),
        "passed": sum(s.status == "passed" for s in own),
        "weekly": len(lessons_of(who)),
        "given": sum(x.done for x in lessons_of(who)),
    }


@op("POST", "/exports", NewExport)
def add_export(request: Request, who: Instructor, body: NewExport):
    """Writes the caller's students or lessons into a file, which is fetched by its name"""
    rows = (
        [s for s in students.values() if s.instructor_id == who.id]
        if body.kind == "students"
        else lessons_of(who)
    )
    out = io.StringIO()
    writer = csv.writer(out)
    for n, row in enumerate(rows):
        kept = {k: v for k, v in asdict(row).items() if k != "instructor_id"}
        if n == 0:
            writer.writerow(kept)
        writer.writerow(kept.values())
    name = (
        f"{body.kind}-{date.today()}.csv"
        if leak("export")
        else f"{body.kind}-{date.today()}-{secrets.token_hex(8)}.csv"
    )
    files[name] = out.getvalue()
    if name not in exported.setdefault(who.id, []):
        exported[who.id].append(name)
    return {"name": name, "rows": len(rows)}


@op("GET", "/exports")
def list_exports(request: Request, who: Instructor):
    """The caller's files"""
    return [{"name": n} for n in exported.get(who.id, [])]


@op("GET", "/exports/{name}")
def get_export(request: Request, who: Instructor):
    """A file of the caller's"""
    name = request.path_params["name"]
    if name not in exported.get(who.id, []):
        raise HTTPException(404, "no such file")
    return PlainTextResponse(files[name], media_type="text/csv")


async def openapi(request: Request) -> JSONResponse:
    components = {
        "schemas": models,
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    }
    info = {"title": "Clutch", "version": "1.2"}
    return JSONResponse(
        {
            "openapi": "3.1.0",
            "info": info,
            "paths": paths,
            "components": components,
            "security": [{"bearer": []}],
        }
    )


async def refused(request: Request, error: HTTPException) -> JSONResponse:
    return JSONResponse({"error": error.detail}, error.status_code)


app = Starlette(
    routes=[*routes, Route("/openapi.json", openapi)], exception_handlers={HTTPException: refused}
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
