"""A person in a browser: their tasks, and that no other user's are ever on their screen."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable

import httpx2
import pytest
from playwright.sync_api import expect

from crosstalk.environment import RunningSystem
from tests.e2e.browser import pages_before
from tests.e2e.person import Person

Visit = Callable[[], Person]


def _title(word: str) -> str:
    return f"{word} {secrets.token_hex(6)}"


def test_two_people_at_once_see_their_own_tasks_only(visit: Visit) -> None:
    alice, bob = visit(), visit()
    hers, his = _title("hers"), _title("his")
    alice.join()
    bob.sign_up()
    alice.add(hers)
    bob.add(his)
    for person, own, other in ((alice, hers, his), (bob, his, hers)):
        person.reload()
        expect(person.done(own)).to_be_visible()
        assert other not in person.sees()
    bob.page.get_by_role("searchbox", name="Search all tasks").fill(hers)
    expect(bob.page.get_by_role("heading", name="Nothing matches")).to_be_visible()


def test_completing_all_leaves_the_tasks_of_others_open(visit: Visit) -> None:
    alice, bob = visit(), visit()
    hers, his = _title("hers"), _title("his")
    alice.join()
    bob.sign_up()
    alice.add(hers)
    bob.add(his)
    bob.page.get_by_role("button", name="Complete all").click()
    expect(bob.page.get_by_text("One task completed.")).to_be_visible()
    bob.reload()
    expect(bob.done(his)).to_be_checked()
    alice.reload()
    expect(alice.done(hers)).not_to_be_checked()


def test_completing_all_of_a_project_leaves_the_other_tasks_open(visit: Visit) -> None:
    person, outside, inside = visit(), _title("outside"), _title("inside")
    person.join()
    person.add(outside)
    page = person.page
    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name").fill("House")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="House", level=1)).to_be_visible()
    person.add(inside)
    page.get_by_role("button", name="Complete all here").click()
    expect(page.get_by_text("One task completed.")).to_be_visible()
    person.reload()
    expect(person.done(inside)).to_be_checked()
    expect(person.done(outside)).not_to_be_checked()


def test_the_next_person_at_the_same_browser_sees_nothing_of_the_one_before(visit: Visit) -> None:
    alice, secret = visit(), _title("see a doctor")
    bob = Person(alice.page, f"person-{secrets.token_hex(6)}")
    page = alice.page
    alice.join()
    alice.add(secret)
    user_id = alice.user_id()
    alice.sign_out()
    bob.sign_up()

    def nothing_of_hers() -> None:
        text = bob.sees()
        for trace in (secret, alice.name, user_id):
            assert trace not in text

    nothing_of_hers()
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert secret not in stored
    assert user_id not in stored
    shown = 0
    for _ in pages_before(page):
        expect(page.locator("body")).not_to_be_empty()
        nothing_of_hers()
        shown += 1
    assert shown
    page.goto("/tasks")
    expect(page.get_by_role("heading", name="No tasks yet")).to_be_visible()
    nothing_of_hers()

    bob.sign_out()
    alice.sign_in()
    expect(alice.done(secret)).to_be_visible()


def test_after_signing_out_the_back_button_shows_no_task(visit: Visit) -> None:
    person, secret = visit(), _title("see a doctor")
    person.join()
    person.add(secret)
    person.page.goto("/chat")
    expect(person.page.get_by_role("button", name="Sign out")).to_be_visible()
    person.sign_out()
    for _ in pages_before(person.page):
        expect(person.page.get_by_role("button", name="Sign in")).to_be_visible()
        assert secret not in person.sees()
        assert person.name not in person.sees()


@pytest.mark.parametrize("path", ["/tasks", "/chat"])
def test_protected_page_redirects_a_visitor_to_sign_in(visit: Visit, path: str) -> None:
    stranger = visit()
    stranger.page.goto(path)
    expect(stranger.page).to_have_url(re.compile("/sign-in"))
    raw = stranger.page.request.get(path, max_redirects=0)
    assert raw.status in (302, 303, 307)
    assert raw.headers["location"].startswith("/sign-in")


def test_wrong_password_is_refused(visit: Visit) -> None:
    person = visit()
    person.join()
    person.sign_out()
    page = person.page
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("The e-mail address or the password is not right.")).to_be_visible()
    assert page.request.get("/api/auth/token").status == 401


def test_sign_in_token_is_valid_for_its_subject_only(running: RunningSystem, visit: Visit) -> None:
    alice, bob = visit(), visit()
    alice.join()
    bob.sign_up()
    title = _title("hers")
    alice.add(title)
    hers, his = alice.user_id(), bob.user_id()
    with httpx2.Client(base_url=running.backend_url, timeout=30.0) as http:

        def tasks(user_id: str, token: str) -> httpx2.Response:
            headers = {"Authorization": f"Bearer {token}"}
            return http.get(f"/api/{user_id}/tasks", headers=headers)

        own = tasks(hers, alice.token())
        assert own.status_code == 200
        assert [task["title"] for task in own.json()["items"]] == [title]
        assert tasks(his, bob.token()).json()["items"] == []
        foreign = tasks(hers, bob.token())
        assert foreign.status_code in (403, 404)
        assert title not in foreign.text
        # The signature of one token under the claims of another.
        head, claims, _ = alice.token().split(".")
        forged = ".".join([head, claims, bob.token().split(".")[2]])
        assert tasks(hers, forged).status_code == 401


def test_session_token_is_refused_soon_after_sign_out(running: RunningSystem, visit: Visit) -> None:
    person = visit()
    person.join()
    token, path = person.token(), f"/api/{person.user_id()}/tasks"
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=running.backend_url, timeout=30.0) as http:
        assert http.get(path, headers=headers).status_code == 200
        person.end_session()
        # The backend reads the list of ended sessions every five seconds.
        until = time.monotonic() + 120
        while http.get(path, headers=headers).status_code == 200:
            assert time.monotonic() < until, "its session ended, and it is still good"
            time.sleep(0.5)
        assert http.get(path, headers=headers).status_code == 401


def test_the_sign_in_token_is_not_for_the_tool_server(running: RunningSystem, visit: Visit) -> None:
    person = visit()
    person.join()
    answer = httpx2.post(
        running.mcp_url,
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        headers={
            "Authorization": f"Bearer {person.token()}",
            "Accept": "application/json, text/event-stream",
        },
        timeout=30.0,
    )
    assert answer.status_code == 401
