"""Privacy in the browser: no token, answer or worker stays; headers guard the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Response, expect

from crosstalk.environment import RunningSystem
from tests.e2e.person import Person

Visit = Callable[..., Person]

# The same for everybody, and named after their content.
_PUBLIC = re.compile(r"^/(_next/static/|icon\.svg)")
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.")
_KEPT = """
async () => JSON.stringify({
  local: {...localStorage},
  session: {...sessionStorage},
  cookies: document.cookie,
  caches: await caches.keys(),
  databases: (await indexedDB.databases()).map((each) => each.name),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  state: history.state,
})
"""


def _use_everything(person: Person, title: str) -> None:
    person.sign_up()
    person.add(title)
    page = person.page
    page.get_by_role("link", name="Assistant").click()
    page.get_by_role("textbox", name="Ask about your tasks").fill("how many tasks are there?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have 1 task").first).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_neither_token_nor_task_is_kept_in_the_browser(visit: Visit) -> None:
    person, title = visit(), "see a doctor"
    _use_everything(person, title)
    page = person.page
    kept: str = page.evaluate(_KEPT)
    assert '"caches":[]' in kept
    assert '"databases":[]' in kept
    assert '"workers":0' in kept
    assert '"cookies":""' in kept
    for trace in (title, person.email):
        assert trace not in kept
    assert not _TOKEN.search(kept)
    assert not _TOKEN.search(person.sees())
    cookies = page.context.cookies()
    assert [cookie["name"] for cookie in cookies] == ["crosstalk.session_token"]
    assert cookies[0]["httpOnly"]
    assert cookies[0]["sameSite"] == "Lax"


def test_answers_with_users_data_are_not_stored(running: RunningSystem, visit: Visit) -> None:
    person = visit()
    answers: list[Response] = []
    person.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    _use_everything(person, "see a doctor")
    person.sign_out()
    seen = set()
    for answer in answers:
        path = urlsplit(answer.url).path
        if _PUBLIC.match(path) or answer.request.method == "OPTIONS":
            continue
        seen.add(path)
        assert "no-store" in answer.headers.get("cache-control", ""), path
        assert not answer.from_service_worker
    assert {"/tasks", "/chat", "/chatkit", "/api/auth/token", "/sign-in"} <= seen


def test_the_session_is_in_its_cookie_alone_and_signing_out_clears_the_browser(
    visit: Visit,
) -> None:
    person = visit()
    person.page.goto("/sign-up")
    entered = person.have_account()
    session = person.page.context.cookies()[0]["value"]
    for secret in (person.password, session.split(".")[0]):
        assert secret not in entered.text()
    left = person.end_session()
    assert left.headers["clear-site-data"] == '"cache", "storage"'
    assert person.page.context.cookies() == []


def test_a_page_may_run_and_reach_only_what_it_names(running: RunningSystem, visit: Visit) -> None:
    person = visit()
    answer = person.page.goto("/sign-in")
    assert answer is not None
    headers = answer.headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"'self' 'nonce-[\w+/=]{20,}' 'strict-dynamic'", policy["script-src"])
    assert policy["connect-src"] == f"'self' {running.backend_url}"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    # Over plain http it would be ignored; production requires https.
    assert "strict-transport-security" not in headers
    again = person.page.goto("/sign-in")
    assert again is not None
    assert again.headers["content-security-policy"] != headers["content-security-policy"]
