"""Diaries as pages that the server renders: forms, a session cookie, and CSRF tokens.

Arguments: the port, and the leaks that it has, with commas between.
"""

from __future__ import annotations

import sys
from html import escape
from itertools import count
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

LEAKS = frozenset(filter(None, sys.argv[2].split(",")))
PASSWORDS: dict[str, str] = {}
SESSIONS: dict[str, dict[str, str]] = {}
ENTRIES: dict[int, dict[str, str]] = {}
COMMENTS: list[tuple[int, str]] = []
NUMBERS = count(1)


class Refused(Exception):
    """Carries the answer of a refusal."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer


def page(request: Request, title: str, body: str, status: int = 200) -> Response:
    session = SESSIONS.get(request.cookies.get("sid", ""), {})
    token = f'<input type="hidden" name="csrf_token" value="{session.get("csrf", "")}">'
    links = '<a href="/entries">Entries</a> <a href="/entries/new">New</a> <a href="/search">?</a>'
    out = f'<form method="post" action="/logout">{token}<button>Log out</button></form>'
    return HTMLResponse(
        f"<!doctype html><title>{escape(title)}</title><nav>{links}{out}</nav>"
        f"{body.replace('CSRF', token)}",
        status,
    )


def session_of(request: Request) -> dict[str, str]:
    found = SESSIONS.get(request.cookies.get("sid", ""))
    if found is None:
        raise Refused(RedirectResponse("/login", 302))
    return found


async def fields(request: Request, *, checked: bool = True) -> dict[str, str]:
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    if checked and form.get("csrf_token") != session_of(request)["csrf"]:
        raise Refused(HTMLResponse("no token", 403))
    return form


def entry_of(request: Request, leak: str = "") -> tuple[int, dict[str, str]]:
    user = session_of(request)["user"]
    number = int(request.path_params["number"])
    entry = ENTRIES.get(number)
    if entry is None or (entry["owner"] != user and leak not in LEAKS):
        raise Refused(page(request, "Not found", "There is no such entry.", 404))
    return number, entry


async def login(request: Request) -> Response:
    if request.method == "GET":
        form = '<form method="post"><input name="name"><input name="password" type="password">'
        return page(request, "Log in", f'{form}</form><a href="/signup">Sign up</a>')
    form_ = await fields(request, checked=False)
    name = form_["name"]
    if request.url.path == "/signup":
        PASSWORDS.setdefault(name, form_["password"])
        return RedirectResponse("/login", 303)
    if PASSWORDS.get(name) != form_["password"]:
        return page(request, "Log in", "Wrong.", 401)
    sid = token_hex(8)
    SESSIONS[sid] = {"user": name, "csrf": token_hex(8)}
    answer = RedirectResponse("/entries", 303)
    answer.set_cookie("sid", sid)
    return answer


async def logout(request: Request) -> Response:
    await fields(request)
    SESSIONS.pop(request.cookies["sid"], None)
    return RedirectResponse("/login", 303)


async def entries(request: Request) -> Response:
    user = session_of(request)["user"]
    if request.method == "GET":
        rows = "".join(
            f'<li><a href="/entries/{number}">{escape(each["title"])}</a>'
            for number, each in ENTRIES.items()
            if each["owner"] == user
        )
        return page(request, "Entries", f"<ul>{rows}</ul>")
    form = await fields(request)
    if not form.get("title"):
        return page(request, "New", "A title is needed.", 422)
    number = next(NUMBERS)
    ENTRIES[number] = {"owner": user, "title": form["title"], "text": form.get("text", "")}
    return RedirectResponse(f"/entries/{number}", 303)


async def new(request: Request) -> Response:
    session_of(request)
    form = '<input name="title" required maxlength="80"><textarea name="text"></textarea>'
    return page(request, "New", f'<form method="post" action="/entries">CSRF{form}</form>')


async def entry(request: Request) -> Response:
    number, found = entry_of(request)
    said = "".join(f"<p>{escape(text)}</p>" for where, text in COMMENTS if where == number)
    data = ""
    if "payload" in LEAKS:
        titles = " ".join(each["title"] for each in ENTRIES.values())
        data = f'<script>self.__next_f.push([1,"{escape(titles)}"])</script>'
    forms = (
        f'<form method="post" action="/entries/{number}/comments">CSRF<textarea name="text" '
        f'required></textarea></form><form method="post" action="/entries/{number}/delete">CSRF'
        "<button>Delete</button></form>"
    )
    link = f'<a href="/entries/{number}/edit">Edit</a>'
    text = f"<h1>{escape(found['title'])}</h1><p>{escape(found['text'])}</p>{said}"
    return page(request, "Entry", f"{text}{link}{forms}{data}")


async def edit(request: Request) -> Response:
    if request.method == "POST":
        number, found = entry_of(request)
        form = await fields(request)
        found.update({name: form[name] for name in ("title", "text") if name in form})
        return RedirectResponse(f"/entries/{number}", 303)
    _, found = entry_of(request, "edit")
    form_ = f'<input name="title" value="{escape(found["title"])}"><textarea name="text">'
    body = f'<form method="post">CSRF{form_}{escape(found["text"])}</textarea></form>'
    return page(request, "Edit", body)


async def comment(request: Request) -> Response:
    number, _ = entry_of(request, "comment")
    COMMENTS.append((number, (await fields(request)).get("text", "")))
    return RedirectResponse("/entries", 303)


async def delete(request: Request) -> Response:
    number, _ = entry_of(request, "delete")
    await fields(request)
    del ENTRIES[number]
    return RedirectResponse("/entries", 303)


async def search(request: Request) -> Response:
    user, asked = session_of(request)["user"], request.query_params.get("q", "").lower()
    rows = "".join(
        f"<li>{escape(each['title'])}</li>"
        for each in ENTRIES.values()
        if asked and asked in each["text"].lower() and (each["owner"] == user or "search" in LEAKS)
    )
    return page(request, "Search", f'<form><input type="search" name="q"></form><ul>{rows}</ul>')


async def refused(request: Request, error: Any) -> Response:
    answer: Response = error.answer
    return answer


app = Starlette(
    routes=[
        Route("/", lambda request: RedirectResponse("/entries", 302)),
        Route("/login", login, methods=["GET", "POST"]),
        Route("/signup", login, methods=["GET", "POST"]),
        Route("/logout", logout, methods=["POST"]),
        Route("/entries", entries, methods=["GET", "POST"]),
        Route("/entries/new", new),
        Route("/entries/{number:int}", entry),
        Route("/entries/{number:int}/edit", edit, methods=["GET", "POST"]),
        Route("/entries/{number:int}/comments", comment, methods=["POST"]),
        Route("/entries/{number:int}/delete", delete, methods=["POST"]),
        Route("/search", search),
    ],
    exception_handlers={Refused: refused},
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
