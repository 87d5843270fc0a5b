"""Knitter's stash (MCP): yarn, projects with row counters. The proxy in front sets X-Forwarded-User."""

import csv
import io
import json
import os
import sys
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal
from uuid import uuid4

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp_types import Completion
from pydantic import Field

LEAKS = os.environ.get("LEAKS", "all")
Weight = Literal["lace", "sock", "dk", "aran", "bulky"]
Text = Annotated[str, Field(min_length=1, max_length=500)]


def leaky(name: str) -> bool:
    return LEAKS == "all" or name in LEAKS.split(",")


@dataclass
class Yarn:
    knitter: str
    name: str
    weight: str
    grams: int
    dye_lot: str = ""
    yarn_id: str = field(default_factory=lambda: uuid4().hex[:20])

    def show(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if k != "knitter"}


@dataclass
class Project:
    knitter: str
    title: str
    pattern: str
    yarn_id: str | None = None
    rows: int = 0
    finished: bool = False
    project_id: str = field(default_factory=lambda: uuid4().hex[:20])

    def show(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if k != "knitter"}


yarns: dict[str, Yarn] = {}
projects: dict[str, Project] = {}
on_the_needles: dict[str, str] = {}  # the project that a knitter works on: rows are counted for it
revisions: dict[str, int] = {}  # goes up with each change of a knitter's stash
overviews: dict[tuple, str] = {}  # overviews of the stash that were made, by revision
caller: ContextVar[str | None] = ContextVar("caller", default=None)


async def who_calls(ctx: Any, call_next: Any) -> Any:
    headers = getattr(ctx.request, "headers", None) or {}
    token = caller.set(headers.get("x-forwarded-user") or None)
    try:
        return await call_next(ctx)
    finally:
        caller.reset(token)


server = MCPServer(
    "stashbook",
    instructions="Yarn and knitting projects of the person who calls.",
    middleware=[who_calls],
    log_level="ERROR",
)


def me() -> str:
    user = caller.get()
    if user is None:
        raise ToolError("The proxy sent no X-Forwarded-User")
    return user


def the_yarn(yarn_id: str) -> Yarn:
    yarn = yarns.get(yarn_id)
    if yarn is None or yarn.knitter != me():
        raise ToolError(f"No yarn {yarn_id!r}")
    return yarn


def the_project(project_id: str) -> Project:
    project = projects.get(project_id)
    if project is None or project.knitter != me():
        raise ToolError(f"No project {project_id!r}")
    return project


def changed() -> None:
    revisions[me()] = revisions.get(me(), 0) + 1


def stash() -> list[Yarn]:
    return [y for y in yarns.values() if y.knitter == me()]


def needles() -> str:
    """Under which name the caller's project on the needles is kept."""
    return "current" if leaky("needles") else me()


@server.tool()
async def add_yarn(
    name: Text,
    grams: Annotated[int, Field(ge=1, le=100000)] = 100,
    weight: Weight = "dk",
    dye_lot: str = "",
) -> dict[str, Any]:
    """Puts yarn into the stash."""
    yarn = Yarn(me(), name, weight, grams, dye_lot)
    yarns[yarn.yarn_id] = yarn
    changed()
    return yarn.show()


@server.tool()
async def import_stash(table: Text) -> dict[str, Any]:
    """Puts several yarns into the stash: lines of name,grams."""
    made = []
    for row in csv.reader(io.StringIO(table)):
        if len(row) == 2 and row[0].strip() and row[1].strip().isdecimal():
            made.append(Yarn(me(), row[0].strip(), "dk", int(row[1])))
    yarns.update({y.yarn_id: y for y in made})
    if made:
        changed()
    return {"added": [y.show() for y in made]}


@server.tool()
async def list_stash(weight: Weight | None = None, offset: int = 0) -> dict[str, Any]:
    """The stash, fifteen yarns at a time."""
    rows = [y for y in stash() if weight in (None, y.weight)]
    return {"total": len(rows), "yarns": [y.show() for y in rows[max(offset, 0) :][:15]]}


@server.tool()
async def get_yarn(yarn_id: str) -> dict[str, Any]:
    """One yarn, and the projects that it is for."""
    yarn = the_yarn(yarn_id)
    used = [
        p.title for p in projects.values() if p.knitter == yarn.knitter and p.yarn_id == yarn_id
    ]
    return {**yarn.show(), "projects": used}


@server.tool()
async def use_yarn(yarn_id: str, grams: Annotated[int, Field(ge=1)]) -> dict[str, Any]:
    """Takes some yarn out of the stash; yarn that is used up is gone."""
    yarn = the_yarn(yarn_id)
    if grams > yarn.grams:
        raise ToolError(f"There are only {yarn.grams} g of it")
    yarn.grams -= grams
    if yarn.grams == 0:
        del yarns[yarn_id]
    changed()
    return yarn.show()


@server.tool()
async def find_yarn(query: Text) -> list[dict[str, Any]]:
    """Yarn of the stash with these letters in its name or dye lot."""
    return [y.show() for y in stash() if query.lower() in f"{y.name} {y.dye_lot}".lower()]


@server.tool()
async def start_project(
    title: Text, pattern: str = "", yarn_id: str | None = None
) -> dict[str, Any]:
    """Begins a project, with yarn of the stash; it is on the needles then."""
    project = Project(me(), title, pattern, the_yarn(yarn_id).yarn_id if yarn_id else None)
    projects[project.project_id] = project
    on_the_needles[needles()] = project.project_id
    return project.show()


@server.tool()
async def list_projects(finished: bool = False) -> list[dict[str, Any]]:
    """Projects that are not finished, or those that are."""
    return [p.show() for p in projects.values() if p.knitter == me() and p.finished == finished]


@server.tool()
async def get_project(project_id: str) -> dict[str, Any]:
    """One project, finished or not."""
    return the_project(project_id).show()


@server.tool()
async def take_up(project_id: str) -> dict[str, Any]:
    """Puts a project on the needles: rows are counted for it from now on."""
    project = the_project(project_id)
    if project.finished:
        raise ToolError("It is finished")
    on_the_needles[needles()] = project_id
    return project.show()


@server.tool()
async def count_rows(rows: Annotated[int, Field(ge=1, le=500)] = 1) -> dict[str, Any]:
    """Counts rows of the project on the needles."""
    me()
    project = projects.get(on_the_needles.get(needles(), ""))
    if project is None or project.finished:
        raise ToolError("Nothing is on the needles: take_up a project")
    project.rows += rows
    return project.show()


@server.tool()
async def finish_project(project_id: str) -> dict[str, Any]:
    """Marks a project as finished."""
    project = projects.get(project_id)
    if project is None or not leaky("finish"):
        project = the_project(project_id)
    project.finished = True
    return {"finished": True, "rows": project.rows}


@server.tool()
async def drop_project(project_id: str) -> str:
    """Removes a project."""
    del projects[the_project(project_id).project_id]
    return "removed"


@server.tool()
async def statistics() -> dict[str, Any]:
    """What is in the stash, and how much was knitted."""
    own = [p for p in projects.values() if p.knitter == me()]
    return {
        "yarns": len(stash()),
        "grams": sum(y.grams for y in stash()),
        "rows": sum(p.rows for p in own),
        "finished": sum(p.finished for p in own),
    }


@server.resource("stash://overview", mime_type="text/markdown")
async def overview() -> str:
    """The stash as a page; made once for each revision of it."""
    revision = revisions.get(me(), 0)
    key = (revision,) if leaky("overview") else (me(), revision)
    if key not in overviews:
        lines = [
            f"- {y.name} ({y.weight}): {y.grams} g" for y in sorted(stash(), key=lambda y: y.name)
        ]
        overviews[key] = "\n".join(["# Stash", *(lines or ["Nothing yet."])])
    return overviews[key]


@server.resource("stash://yarns/{yarn_id}", mime_type="application/json")
async def yarn_card(yarn_id: str) -> str:
    """One yarn."""
    try:
        return json.dumps(the_yarn(yarn_id).show())
    except ToolError as e:
        raise ResourceError(str(e)) from None


@server.prompt()
async def plan_project(yarn: str, garment: str = "socks") -> str:
    """Asks for a pattern, for yarn of the stash by its name."""
    there = [
        f"{y.name}: {y.grams} g, {y.weight}" for y in stash() if y.name.lower() == yarn.lower()
    ]
    return (
        f"Suggest a pattern for {garment} with {'; '.join(there) or yarn + ' (not in the stash)'}."
    )


@server.completion()
async def complete(ref: Any, argument: Any, context: Any) -> Completion | None:
    """Names of yarn, and garments, while the prompt plan_project is filled in; ids of yarn for the resource."""
    typed = argument.value.lower()
    if argument.name == "garment":
        return Completion(
            values=[g for g in ("cardigan", "hat", "shawl", "socks") if g.startswith(typed)]
        )
    if argument.name == "yarn_id":
        return Completion(values=[y.yarn_id for y in stash() if y.yarn_id.startswith(typed)][:100])
    if argument.name != "yarn" or getattr(ref, "name", None) != "plan_project":
        return None
    names = {y.name for y in (yarns.values() if leaky("completion") else stash())}
    found = sorted(name for name in names if name.lower().startswith(typed))
    return Completion(values=found[:100], total=len(found), has_more=len(found) > 100)


if __name__ == "__main__":
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
