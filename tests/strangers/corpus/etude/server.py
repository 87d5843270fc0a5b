"""Etude: a practice book for musicians; REST and MCP on one Starlette application."""

import contextlib
import json
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

LEAKS = os.environ.get("LEAKS", "all").split(",")
EVERY_LEAK = LEAKS == ["all"]
API_KEYS = {"etd-7Q2-vera": "vera", "etd-9X4-wim": "wim", "etd-3K8-xenia": "xenia"}

pieces: dict[str, dict[str, Any]] = {}
sessions: dict[str, dict[str, Any]] = {}
goals: dict[str, dict[str, Any]] = {}


class Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def on(leak: str) -> bool:
    return EVERY_LEAK or leak in LEAKS


def musician(headers: Any) -> str:
    name = API_KEYS.get((headers or {}).get("x-api-key", ""))
    if name is None:
        raise Refused(401, "unknown API key")
    return name


def text(data: dict[str, Any], key: str, default: str | None = None) -> str:
    value = data.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise Refused(400, f"{key} must be a text")
    return value.strip()


def minutes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 720:
        raise Refused(400, "minutes must be a whole number from 1 to 720")
    return value


def piece_of(name: str, piece_id: str) -> dict[str, Any]:
    piece = pieces.get(piece_id)
    if piece is None or piece["musician"] != name:
        raise Refused(404, "no such piece")
    return piece


def out(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "musician"}


def add_piece(name: str, title: str, composer: str, hints: str) -> dict[str, Any]:
    piece_id = secrets.token_urlsafe(8)
    pieces[piece_id] = {
        "id": piece_id,
        "musician": name,
        "title": title,
        "composer": composer,
        "hints": hints,
        "tempo": 60,
    }
    return pieces[piece_id]


def add_session(name: str, piece_id: str, length: int, diary: str) -> dict[str, Any]:
    piece = piece_of(name, piece_id)
    session_id = secrets.token_hex(8)
    sessions[session_id] = {
        "id": session_id,
        "musician": name,
        "piece_id": piece["id"],
        "minutes": length,
        "diary": diary,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return sessions[session_id]


def summary(name: str) -> dict[str, Any]:
    mine = [s for s in sessions.values() if s["musician"] == name]
    total = sum(s["minutes"] for s in mine)
    counted = list(sessions.values()) if on("report-average") else mine
    average = sum(s["minutes"] for s in counted) / len(counted) if counted else 0
    return {"sessions": len(mine), "minutes": total, "average_minutes": round(average, 1)}


def goal_key(name: str, week: str) -> str:
    if not re.fullmatch(r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])", week):
        raise Refused(400, "week must read like 2026-W07")
    return week if on("goal-week") else f"{name}/{week}"


Handler = Callable[[Request, str, dict[str, Any]], Awaitable[Response]]


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A REST endpoint: the musician by the key, the body as JSON, refusals as problems."""

    async def run(request: Request) -> Response:
        try:
            name = musician(request.headers)
            raw = await request.body()
            data = json.loads(raw) if raw else {}
            if not isinstance(data, dict):
                raise Refused(400, "the body must be an object")
            return await handler(request, name, data)
        except ValueError:
            return JSONResponse({"title": "the body must be JSON", "status": 400}, 400)
        except Refused as no:
            return JSONResponse({"title": no.reason, "status": no.status}, no.status)

    return run


async def pieces_list(request: Request, name: str, data: dict[str, Any]) -> Response:
    composer = request.query_params.get("composer", "").lower()
    mine = [out(p) for p in pieces.values() if p["musician"] == name]
    return JSONResponse([p for p in mine if composer in p["composer"].lower()])


async def pieces_add(request: Request, name: str, data: dict[str, Any]) -> Response:
    title, composer = text(data, "title"), text(data, "composer", "")
    return JSONResponse(out(add_piece(name, title, composer, text(data, "hints", ""))), 201)


async def piece_show(request: Request, name: str, data: dict[str, Any]) -> Response:
    return JSONResponse(out(piece_of(name, request.path_params["piece_id"])))


async def piece_change(request: Request, name: str, data: dict[str, Any]) -> Response:
    piece = piece_of(name, request.path_params["piece_id"])
    tempo = data.get("tempo", piece["tempo"])
    if not isinstance(tempo, int) or not 20 <= tempo <= 300:
        raise Refused(400, "tempo must be from 20 to 300")
    hints = text(data, "hints", piece["hints"])
    piece["tempo"], piece["hints"] = tempo, hints
    return JSONResponse(out(piece))


async def piece_drop(request: Request, name: str, data: dict[str, Any]) -> Response:
    piece = piece_of(name, request.path_params["piece_id"])
    del pieces[piece["id"]]
    for key in [key for key, s in sessions.items() if s["piece_id"] == piece["id"]]:
        del sessions[key]
    return Response(status_code=204)


async def piece_copy(request: Request, name: str, data: dict[str, Any]) -> Response:
    piece = piece_of(name, request.path_params["piece_id"])
    copied = add_piece(name, f"{piece['title']} (copy)", piece["composer"], piece["hints"])
    return JSONResponse(out(copied), 201)


async def sessions_list(request: Request, name: str, data: dict[str, Any]) -> Response:
    piece = piece_of(name, request.path_params["piece_id"])
    mine = [out(s) for s in sessions.values() if s["piece_id"] == piece["id"]]
    return JSONResponse({"sessions": mine, "minutes": sum(s["minutes"] for s in mine)})


async def sessions_add(request: Request, name: str, data: dict[str, Any]) -> Response:
    length, diary = minutes(data.get("minutes")), text(data, "diary", "")
    added = add_session(name, request.path_params["piece_id"], length, diary)
    return JSONResponse(out(added), 201)


async def session_drop(request: Request, name: str, data: dict[str, Any]) -> Response:
    found = sessions.get(request.path_params["session_id"])
    if found is not None and found["musician"] != name and on("session-forbidden"):
        raise Refused(403, "not your session")
    if found is None or found["musician"] != name:
        raise Refused(404, "no such session")
    del sessions[found["id"]]
    return Response(status_code=204)


async def goal_set(request: Request, name: str, data: dict[str, Any]) -> Response:
    week = request.path_params["week"]
    goal = {"week": week, "minutes": minutes(data.get("minutes")), "aim": text(data, "aim", "")}
    goals[goal_key(name, week)] = {**goal, "musician": name}
    return JSONResponse(goal)


async def goal_show(request: Request, name: str, data: dict[str, Any]) -> Response:
    found = goals.get(goal_key(name, request.path_params["week"]))
    if found is None or found["musician"] != name:
        raise Refused(404, "no goal for this week")
    return JSONResponse(out(found))


async def composers(request: Request, name: str, data: dict[str, Any]) -> Response:
    begun = request.query_params.get("begins", "").lower()
    known = {
        piece["composer"]
        for piece in pieces.values()
        if piece["composer"] and (piece["musician"] == name or on("composer-words"))
    }
    return JSONResponse({"suggestions": sorted(c for c in known if c.lower().startswith(begun))})


async def stats(request: Request, name: str, data: dict[str, Any]) -> Response:
    mine = [s for s in sessions.values() if s["musician"] == name]
    by_piece: dict[str, int] = {}
    for each in mine:
        by_piece[each["piece_id"]] = by_piece.get(each["piece_id"], 0) + each["minutes"]
    return JSONResponse({"minutes_by_piece": by_piece})


API: list[tuple[str, str, Handler, dict[str, str], list[str]]] = [
    ("GET", "/api/pieces", pieces_list, {}, ["composer"]),
    ("POST", "/api/pieces", pieces_add, {"title!": "", "composer": "", "hints": ""}, []),
    ("GET", "/api/pieces/{piece_id}", piece_show, {}, []),
    ("PATCH", "/api/pieces/{piece_id}", piece_change, {"tempo": "integer", "hints": ""}, []),
    ("DELETE", "/api/pieces/{piece_id}", piece_drop, {}, []),
    ("POST", "/api/pieces/{piece_id}/copy", piece_copy, {}, []),
    ("GET", "/api/pieces/{piece_id}/sessions", sessions_list, {}, []),
    (
        "POST",
        "/api/pieces/{piece_id}/sessions",
        sessions_add,
        {"minutes!": "integer", "diary": ""},
        [],
    ),
    ("DELETE", "/api/sessions/{session_id}", session_drop, {}, []),
    ("PUT", "/api/goals/{week}", goal_set, {"minutes!": "integer", "aim": ""}, []),
    ("GET", "/api/goals/{week}", goal_show, {}, []),
    ("GET", "/api/composers", composers, {}, ["begins"]),
    ("GET", "/api/stats", stats, {}, []),
]


def described(path: str, body: dict[str, str], query: list[str], name: str) -> dict[str, Any]:
    fields = {key.rstrip("!"): {"type": kind or "string"} for key, kind in body.items()}
    parameters: list[dict[str, Any]] = [
        {"name": each, "in": "path", "required": True, "schema": {"type": "string"}}
        for each in re.findall(r"{(\w+)}", path)
    ]
    parameters += [{"name": each, "in": "query", "schema": {"type": "string"}} for each in query]
    operation: dict[str, Any] = {
        "operationId": name,
        "parameters": parameters,
        "responses": {"default": {"description": "JSON, or a problem with title and status"}},
    }
    if fields:
        must = [key[:-1] for key in body if key.endswith("!")]
        schema = {"type": "object", "properties": fields, "required": must}
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation


async def openapi(request: Request) -> Response:
    paths: dict[str, Any] = {}
    for method, path, handler, body, query in API:
        paths.setdefault(path, {})[method.lower()] = described(path, body, query, handler.__name__)
    scheme = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
    return JSONResponse(
        {
            "openapi": "3.0.3",
            "info": {"title": "Etude", "version": "1.0"},
            "components": {"securitySchemes": {"key": scheme}},
            "security": [{"key": []}],
            "paths": paths,
        }
    )


mcp = MCPServer("etude")


def known(ctx: Context) -> str:
    try:
        return musician(ctx.headers)
    except Refused as no:
        raise ToolError(no.reason) from no


@mcp.tool()
def repertoire(ctx: Context) -> dict[str, Any]:
    """Your pieces."""
    name = known(ctx)
    return {"pieces": [out(piece) for piece in pieces.values() if piece["musician"] == name]}


@mcp.tool()
def start_piece(ctx: Context, title: str, composer: str = "", hints: str = "") -> dict[str, Any]:
    """Begin to learn a piece."""
    return out(add_piece(known(ctx), title, composer, hints))


@mcp.tool()
def log_practice(ctx: Context, piece_id: str, length: int, diary: str = "") -> dict[str, Any]:
    """Log practice of a piece, in minutes."""
    name = known(ctx)
    try:
        return out(add_session(name, piece_id, minutes(length), diary))
    except Refused as no:
        raise ToolError(no.reason) from no


@mcp.tool()
def practice_report(ctx: Context) -> dict[str, Any]:
    """Your practice in numbers: sessions, minutes, and how long a session of yours is."""
    return summary(known(ctx))


@mcp.tool()
def search_diary(ctx: Context, word: str) -> dict[str, Any]:
    """Find your sessions by a word in the diary."""
    name = known(ctx)
    mine = [out(s) for s in sessions.values() if s["musician"] == name]
    return {"sessions": [s for s in mine if word.lower() in s["diary"].lower()]}


mcp_app = mcp.streamable_http_app(stateless_http=True, json_response=True)


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    async with mcp.session_manager.run():
        yield


app = Starlette(
    routes=[
        *(Route(path, endpoint(handler), methods=[method]) for method, path, handler, *_ in API),
        Route("/openapi.json", openapi),
        Mount("/", mcp_app),
    ],
    lifespan=lifespan,
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False)
