"""The page behind a form: what it tells, and who is refused."""

from __future__ import annotations

import httpx2

from crosstalk.surface.pages.following import led_to
from crosstalk.surface.pages.html import Page, page_of
from crosstalk.surface.rest.request import Request

HTML = {"content-type": "text/html"}
SENT = Request("http://app.test/notes", {"Cookie": "sid=1; a=2", "Content-Type": "x"}, b"")
SEEN: list[httpx2.Request] = []


def answer(request: httpx2.Request) -> httpx2.Response:
    SEEN.append(request)
    leads = {"/": "/home", "/strange": "/login?next=/strange"}
    if request.url.path in leads:
        return httpx2.Response(302, headers={"location": leads[request.url.path]})
    text = '<ul class="flash"><li class=ok>Saved <b>it</b></li></ul><p class="error"></p><p>rest'
    if "told=no" in request.headers.get("cookie", ""):
        text = '<div role="alert" class="alert alert-danger">There is no such note.</div>'
    return httpx2.Response(200, headers=HTML, text=text)


def led(location: str, set_cookie: str = "") -> Page | None:
    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return led_to(http, SENT, location, set_cookie, lambda url: "/login" in url)


def test_a_page_behind_redirects_tells_that_a_form_was_taken() -> None:
    page = led("/")
    assert page is not None
    assert (page.messages, page.failures) == (["Saved it"], [])
    assert SEEN[-1].headers["cookie"] == "sid=1; a=2"
    assert "content-type" not in SEEN[-1].headers


def test_a_cookie_of_the_answer_carries_what_is_told() -> None:
    page = led("/home", "told=no; Path=/, sid=3; HttpOnly")
    assert page is not None
    assert page.failures == ["There is no such note."]
    assert SEEN[-1].headers["cookie"] == "sid=3; a=2; told=no"


def test_a_sender_who_is_led_to_the_login_in_the_end_is_refused() -> None:
    assert led("/strange") is None
    assert led("/login") is None


def test_another_server_is_not_asked() -> None:
    before = len(SEEN)
    assert led("https://elsewhere.test/") == page_of("")
    assert len(SEEN) == before
