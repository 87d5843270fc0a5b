"""A walk through pages, with a server that is made of answers."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from crosstalk.surface.credentials import Presented
from crosstalk.surface.errors import SurfaceError
from crosstalk.surface.pages.crawl import MOST_REQUESTS, Walk, crawled, leads_to_login

BASE = "http://app.test"
HTML = {"content-type": "text/html; charset=utf-8"}
Answering = Callable[[httpx2.Request], httpx2.Response]


def page(body: str) -> httpx2.Response:
    return httpx2.Response(200, headers=HTML, text=body)


def http(answer: Answering) -> httpx2.Client:
    return httpx2.Client(transport=httpx2.MockTransport(answer))


def walk(*starts: str, read_only: bool = False, skip: frozenset[str] = frozenset()) -> Walk:
    presented = Presented({"Cookie": "sid=1"}, csrf="t")
    return Walk(starts or ("/",), lambda: (presented, "ann"), read_only=read_only, skip=skip)


def notes(sent: list[str]) -> Answering:
    made: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(f"{request.method} {request.url.path}")
        if request.headers.get("cookie") != "sid=1":
            return httpx2.Response(302, headers={"location": "/welcome"})
        if request.method == "POST" and request.url.path == "/notes":
            made.append(request.content.decode())
            return httpx2.Response(303, headers={"location": "/notes/41"})
        if request.method == "POST":
            return httpx2.Response(303, headers={"location": "/"})
        if request.url.path == "/":
            links = "".join(f'<a href="/notes/{41 + place}">n</a>' for place in range(len(made)))
            return page(
                f'{links}<a href="/new">+</a><a href="/u/ann">me</a><a href="/logout">out</a>'
                '<a href="https://elsewhere.test/x">x</a><a href="/app.js">js</a>'
            )
        if request.url.path == "/new":
            return page(
                '<form method=post action="/notes"><input type=hidden name=csrf_token value=t>'
                '<input name="title"></form><form action="/find"><input name="q"></form>'
            )
        if request.url.path.startswith("/notes/"):
            return page(
                '<form method=post action="/notes/41/delete"></form>'
                '<form method=post action="/notes/41/star"></form>'
            )
        return page("")

    return answer


def test_links_and_forms_become_operations_and_ids_their_parameters() -> None:
    sent: list[str] = []
    found = crawled(http(notes(sent)), BASE, walk())
    assert {(path, method) for path, item in found.items.items() for method in item} == {
        ("/", "get"),
        ("/new", "get"),
        ("/u/{username}", "get"),
        ("/find", "get"),
        ("/notes", "post"),
        ("/notes/{note_id}", "get"),
        ("/notes/{note_id}/delete", "post"),
        ("/notes/{note_id}/star", "post"),
    }
    made = found.items["/notes"]["post"]
    assert made["x-csrf-field"] == "csrf_token"
    (content,) = made["requestBody"]["content"].values()
    assert list(content["schema"]["properties"]) == ["title"]
    assert found.items["/find"]["get"]["parameters"][0]["name"] == "q"


def test_forms_that_delete_or_end_the_session_are_not_sent() -> None:
    sent: list[str] = []
    crawled(http(notes(sent)), BASE, walk())
    assert "POST /notes/41/star" in sent
    assert not [each for each in sent if "delete" in each or "logout" in each]


def test_nothing_is_sent_where_nothing_may_change_and_what_is_skipped_is_not_called() -> None:
    sent: list[str] = []
    crawled(http(notes(sent)), BASE, walk(read_only=True))
    assert not [each for each in sent if each.startswith("POST")]
    found = crawled(http(notes([])), BASE, walk(skip=frozenset({"POST /notes"})))
    assert "/notes" not in found.items


def test_the_address_that_strangers_are_sent_to_is_a_refusal() -> None:
    found = crawled(http(notes([])), BASE, walk())
    assert found.refusing == {"/welcome"}
    assert leads_to_login("/welcome?next=/", f"{BASE}/notes", found.refusing)
    assert leads_to_login("/accounts/login/", f"{BASE}/notes", ())
    assert not leads_to_login("/notes/41", f"{BASE}/notes", found.refusing)


def test_an_address_keeps_its_last_slash() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return page('<a href="/tips/">t</a><a href="/notes/7/">n</a>')

    assert set(crawled(http(answer), BASE, walk()).items) == {"/", "/tips/", "/notes/{note_id}/"}


def test_a_walk_without_end_is_bounded() -> None:
    sent = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.url.path)
        here = request.url.path.count("/")
        return page("".join(f'<a href="/{"a/" * here}b{each}x">n</a>' for each in "pqr"))

    crawled(http(answer), BASE, walk())
    assert len(sent) <= MOST_REQUESTS + 10


def test_a_start_that_is_not_served_is_said() -> None:
    with pytest.raises(SurfaceError, match=r"no page is served at /: set rest\.pages"):
        crawled(http(lambda request: httpx2.Response(404)), BASE, walk())
