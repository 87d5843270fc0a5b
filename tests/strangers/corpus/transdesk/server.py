"""Transdesk: projects, segments and a translation memory for translation agencies. FastAPI.

Whoever comes has a token of the agencies' single sign-on (HS256, shared secret) with `sub` and `org`. An agency shares
its projects, memory, glossary and templates; notes are personal.
"""

import difflib
import os
import sys
import uuid
from typing import Annotated, Any, Literal

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

SSO_SECRET = os.environ.get("SSO_SECRET", "td-sso-61f0c2b97e4d4a58b3f7-agencies")
PLANTED = {"nested-segment", "notes-by-project", "memory-exact", "archive-fallback"}
LEAKS = {x.strip() for x in os.environ.get("LEAKS", "all").split(",") if x.strip()}
if "all" in LEAKS:
    LEAKS = PLANTED

Language = Literal["de", "en", "fr", "nl", "pl"]
FLOW = {
    "draft": {"open"},
    "open": {"review", "draft"},
    "review": {"open", "done"},
    "done": {"review"},
}

app = FastAPI(title="Transdesk", version="4.0")
projects: dict[str, dict[str, Any]] = {}
archive: dict[str, dict[str, Any]] = {}
segments: dict[str, dict[str, Any]] = {}
memory: list[dict[str, Any]] = []
glossary: dict[str, dict[str, Any]] = {}
templates: dict[str, dict[str, Any]] = {}
notes: dict[str, dict[str, Any]] = {}


class Caller(BaseModel):
    sub: str
    org: str


def caller(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> Caller:
    refused = HTTPException(401, "token missing or invalid", {"WWW-Authenticate": "Bearer"})
    if given is None:
        raise refused
    try:
        claims = jwt.decode(
            given.credentials, SSO_SECRET, ["HS256"], options={"require": ["sub", "exp", "org"]}
        )
    except jwt.InvalidTokenError:
        raise refused from None
    if not isinstance(claims["org"], str) or not claims["org"]:
        raise refused
    return Caller(sub=claims["sub"], org=claims["org"])


Me = Annotated[Caller, Depends(caller)]


class NewProject(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    source: Language = "en"
    target: Language = "de"
    brief: str = Field("", max_length=4000)


class ProjectChange(BaseModel):
    title: str | None = Field(None, min_length=1, max_length=200)
    brief: str | None = Field(None, max_length=4000)


class NewState(BaseModel):
    state: Literal["draft", "open", "review", "done"]


class Texts(BaseModel):
    texts: list[Annotated[str, Field(min_length=1, max_length=1000)]] = Field(
        min_length=1, max_length=50
    )


class Translation(BaseModel):
    translation: str = Field(min_length=1, max_length=1000)


class Term(BaseModel):
    term: str = Field(min_length=1, max_length=200)
    translation: str = Field(min_length=1, max_length=200)
    remark: str = Field("", max_length=1000)


class NewTemplate(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    brief: str = Field("", max_length=4000)


class FromTemplate(BaseModel):
    title: str = Field(min_length=1, max_length=200)


class NewNote(BaseModel):
    text: str = Field(min_length=1, max_length=2000)
    project_id: str | None = None


def public(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k != "org"}


def of_org(table: dict[str, dict[str, Any]], me: Caller, row_id: str, what: str) -> dict[str, Any]:
    row = table.get(row_id)
    if row is None or row["org"] != me.org:
        raise HTTPException(404, f"no such {what}")
    return row


def insert(table: dict[str, dict[str, Any]], me: Caller, /, **fields: Any) -> dict[str, Any]:
    row = {"id": str(uuid.uuid4()), "org": me.org, **fields}
    table[row["id"]] = row
    return row


def new_project(me: Caller, **fields: Any) -> dict[str, Any]:
    return insert(projects, me, created_by=me.sub, state="draft", **fields)


@app.post("/projects", status_code=201)
def create_project(new: NewProject, me: Me) -> dict[str, Any]:
    return public(new_project(me, **new.model_dump()))


@app.get("/projects")
def list_projects(
    me: Me,
    state: Literal["draft", "open", "review", "done"] | None = None,
    q: Annotated[str, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    size: Annotated[int, Query(ge=1, le=50)] = 25,
) -> dict[str, Any]:
    """The agency's projects that are not archived; `q` looks into titles and briefs."""
    found = [
        public(p)
        for p in projects.values()
        if p["org"] == me.org
        and state in (None, p["state"])
        and q.lower() in f"{p['title']} {p['brief']}".lower()
    ]
    return {"total": len(found), "projects": found[(page - 1) * size : page * size]}


@app.get("/projects/archived")
def list_archived(me: Me) -> list[dict[str, Any]]:
    return [public(p) for p in archive.values() if p["org"] == me.org]


@app.get("/projects/{project_id}")
def get_project(project_id: str, me: Me) -> dict[str, Any]:
    """A project, archived or not."""
    row = projects.get(project_id)
    if row is not None and row["org"] == me.org:
        return {**public(row), "archived": False}
    row = archive.get(project_id)
    if row is None or (row["org"] != me.org and "archive-fallback" not in LEAKS):
        raise HTTPException(404, "no such project")
    return {**public(row), "archived": True}


@app.patch("/projects/{project_id}")
def change_project(project_id: str, change: ProjectChange, me: Me) -> dict[str, Any]:
    row = of_org(projects, me, project_id, "project")
    row.update(change.model_dump(exclude_none=True))
    return public(row)


@app.post("/projects/{project_id}/state")
def move_project(project_id: str, new: NewState, me: Me) -> dict[str, Any]:
    """draft, open, review, done; one step at a time."""
    row = of_org(projects, me, project_id, "project")
    if new.state not in FLOW[row["state"]]:
        raise HTTPException(409, f"a project that is {row['state']} cannot become {new.state}")
    row["state"] = new.state
    return public(row)


@app.post("/projects/{project_id}/archive")
def archive_project(project_id: str, me: Me) -> dict[str, Any]:
    row = of_org(projects, me, project_id, "project")
    archive[row["id"]] = projects.pop(row["id"])
    return public(row)


@app.post("/projects/{project_id}/unarchive")
def unarchive_project(project_id: str, me: Me) -> dict[str, Any]:
    row = of_org(archive, me, project_id, "archived project")
    projects[row["id"]] = archive.pop(row["id"])
    return public(row)


@app.delete("/projects/{project_id}", status_code=204)
def delete_project(project_id: str, me: Me) -> Response:
    of_org(projects, me, project_id, "project")
    del projects[project_id]
    for key in [k for k, s in segments.items() if s["project_id"] == project_id]:
        del segments[key]
    return Response(status_code=204)


@app.post("/projects/{project_id}/segments", status_code=201)
def add_segments(project_id: str, new: Texts, me: Me) -> list[dict[str, Any]]:
    of_org(projects, me, project_id, "project")
    return [
        public(insert(segments, me, project_id=project_id, source=text, translation=None))
        for text in new.texts
    ]


@app.get("/projects/{project_id}/segments")
def list_segments(project_id: str, me: Me, untranslated: bool = False) -> list[dict[str, Any]]:
    of_org(projects, me, project_id, "project")
    return [
        public(s)
        for s in segments.values()
        if s["project_id"] == project_id and not (untranslated and s["translation"])
    ]


@app.put("/projects/{project_id}/segments/{segment_id}")
def translate(project_id: str, segment_id: str, new: Translation, me: Me) -> dict[str, Any]:
    """Translates a segment; the pair goes into the agency's memory."""
    project = of_org(projects, me, project_id, "project")
    segment = segments.get(segment_id)
    if segment is None:
        raise HTTPException(404, "no such segment")
    if segment["project_id"] != project_id and "nested-segment" not in LEAKS:
        raise HTTPException(404, "no such segment")
    segment["translation"] = new.translation
    memory.append(
        {
            "org": me.org,
            "pair": (project["source"], project["target"]),
            "source": segment["source"],
            "translation": new.translation,
        }
    )
    return public(segment)


@app.get("/projects/{project_id}/export", response_class=PlainTextResponse)
def export(project_id: str, me: Me) -> str:
    """The project as a table of two columns, tab-separated."""
    project = of_org(projects, me, project_id, "project")
    rows = [s for s in segments.values() if s["project_id"] == project_id]
    lines = [f"{s['source']}\t{s['translation'] or ''}" for s in rows]
    return "\n".join([f"# {project['title']} ({project['source']}-{project['target']})", *lines])


@app.get("/memory/suggest")
def suggest(
    me: Me,
    text: Annotated[str, Query(min_length=1, max_length=1000)],
    source: Language = "en",
    target: Language = "de",
) -> list[dict[str, Any]]:
    """What was translated before: exact matches (100), then similar ones from 70."""
    exact, similar = [], []
    for unit in memory:
        if unit["pair"] != (source, target):
            continue
        if unit["source"].strip().lower() == text.strip().lower():
            if unit["org"] == me.org or "memory-exact" in LEAKS:
                exact.append({"match": 100, "translation": unit["translation"]})
        elif unit["org"] == me.org:
            matcher = difflib.SequenceMatcher(None, unit["source"].lower(), text.lower())
            ratio = matcher.ratio() if matcher.real_quick_ratio() >= 0.7 else 0
            if ratio >= 0.7:
                similar.append(
                    {
                        "match": int(ratio * 100),
                        "source": unit["source"],
                        "translation": unit["translation"],
                    }
                )
    similar.sort(key=lambda unit: -unit["match"])
    return exact[::-1][:5] + similar[:5]


@app.post("/glossary", status_code=201)
def add_term(new: Term, me: Me) -> dict[str, Any]:
    return public(insert(glossary, me, **new.model_dump()))


@app.get("/glossary")
def list_terms(me: Me, prefix: Annotated[str, Query(max_length=100)] = "") -> list[dict[str, Any]]:
    return [
        public(t)
        for t in glossary.values()
        if t["org"] == me.org and t["term"].lower().startswith(prefix.lower())
    ]


@app.delete("/glossary/{term_id}", status_code=204)
def delete_term(term_id: str, me: Me) -> Response:
    del glossary[of_org(glossary, me, term_id, "term")["id"]]
    return Response(status_code=204)


@app.post("/templates", status_code=201)
def add_template(new: NewTemplate, me: Me) -> dict[str, Any]:
    return public(insert(templates, me, **new.model_dump()))


@app.get("/templates")
def list_templates(me: Me) -> list[dict[str, Any]]:
    return [public(t) for t in templates.values() if t["org"] == me.org]


@app.post("/templates/{template_id}/projects", status_code=201)
def project_from_template(template_id: str, new: FromTemplate, me: Me) -> dict[str, Any]:
    template = of_org(templates, me, template_id, "template")
    return public(
        new_project(me, title=new.title, source="en", target="de", brief=template["brief"])
    )


@app.post("/notes", status_code=201)
def add_note(new: NewNote, me: Me) -> dict[str, Any]:
    """A personal note, on a project or on nothing."""
    if new.project_id is not None:
        of_org(projects, me, new.project_id, "project")
    return public(insert(notes, me, author=me.sub, **new.model_dump()))


@app.get("/notes")
def list_notes(me: Me, project_id: str | None = None) -> list[dict[str, Any]]:
    """The caller's own notes, or those of them that are on one project."""
    if project_id is None:
        return [public(n) for n in notes.values() if (n["org"], n["author"]) == (me.org, me.sub)]
    of_org(projects, me, project_id, "project")
    return [
        public(n)
        for n in notes.values()
        if n["project_id"] == project_id
        and ("notes-by-project" in LEAKS or (n["org"], n["author"]) == (me.org, me.sub))
    ]


@app.delete("/notes/{note_id}", status_code=204)
def delete_note(note_id: str, me: Me) -> Response:
    note = of_org(notes, me, note_id, "note")
    if note["author"] != me.sub:
        raise HTTPException(404, "no such note")
    del notes[note_id]
    return Response(status_code=204)


@app.get("/stats")
def stats(me: Me) -> dict[str, Any]:
    """The agency's projects by state, and how many words were translated."""
    mine = [p for p in projects.values() if p["org"] == me.org]
    done = [s for s in segments.values() if s["org"] == me.org and s["translation"]]
    return {
        "projects": {state: sum(p["state"] == state for p in mine) for state in FLOW},
        "words": sum(len(s["source"].split()) for s in done),
    }


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
