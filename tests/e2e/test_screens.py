"""Every screen at the width of a telephone and of a desk: drawn, without barriers, not too wide."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from crosstalk.environment import RunningSystem
from tests.e2e.browser import axe_violations
from tests.e2e.held_stream import hold_stream
from tests.e2e.person import Person
from tests.e2e.test_sharing import Shared, choose, open_sharing

Visit = Callable[..., Person]
Picture = Callable[[Person, str], None]
Look = Callable[..., None]
SIZES = [pytest.param(360, 740, id="360"), pytest.param(1440, 900, id="1440")]

# Also of what is cut off at the edge of a box and so makes nothing scroll.
_TOO_WIDE = """
() => {
  const every = [...document.querySelectorAll("*")];
  const roots = [document, ...every.flatMap((e) => e.shadowRoot ?? [])];
  const wide = document.documentElement.clientWidth;
  return roots
    .flatMap((root) => [...root.querySelectorAll("button, input, textarea, select, a, h1, h2, h3")])
    .filter((e) => e.checkVisibility() && !e.closest("ul.overflow-x-auto, [inert]"))
    .filter((e) => e.getBoundingClientRect().right > wide)
    .map((e) => e.outerHTML.slice(0, 120))
    .concat(document.documentElement.scrollWidth > wide ? ["the page scrolls sideways"] : []);
}
"""
_TASKS = [
    {"title": "Renew the passport", "priority": "high", "status": "in_progress"},
    {"title": "Buy milk", "description": "Two litres, and the oats that are always out of stock."},
    {"title": "Water the plants", "priority": "low"},
    {"title": "A title of one very long word: " + "Donaudampfschifffahrt" * 5},
    {"title": "Call the landlord about the heating before it gets cold again this winter"},
]


@pytest.fixture
def look(picture: Picture) -> Look:
    """Takes pictures of a screen, also in the dark, and checks that every person can use it."""

    def look_at(person: Person, name: str, part: str = "body", *, dark: bool = True) -> None:
        # What fades in is judged when it is there.
        person.page.wait_for_timeout(300)
        picture(person, name)
        assert axe_violations(person.page, part) == [], name
        assert person.page.evaluate(_TOO_WIDE) == [], name
        if dark:
            person.page.emulate_media(color_scheme="dark")
            # Colours that fade are judged when they are there.
            person.page.wait_for_timeout(300)
            picture(person, f"{name}-dark")
            assert axe_violations(person.page, part) == [], f"{name} in the dark"
            person.page.emulate_media(color_scheme="light")

    return look_at


def _fill(person: Person, running: RunningSystem) -> None:
    def post(path: str, body: object) -> dict[str, str]:
        answer = person.call(running.backend_url, "POST", path, body)
        assert answer.status == 201
        found: dict[str, str] = answer.json()
        return found

    home = post("/projects", {"name": "Household"})
    post("/projects", {"name": "A project with a rather long name, as they sometimes get"})
    due = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%d")
    for task in _TASKS:
        post("/tasks", task)
    post("/tasks", {"title": "Pay the rent", "due_date": due, "project_id": home["id"]})
    post("/tasks", {"title": "Write to grandmother", "status": "completed"})


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_sign_in_screens_are_accessible(visit: Visit, look: Look, width: int, height: int) -> None:
    person = visit(width, height)
    person.page.goto("/sign-up")
    expect(person.page.get_by_role("button", name="Create account")).to_be_enabled()
    look(person, "sign-up")
    person.page.goto("/sign-in")
    person.page.get_by_label("E-mail address").fill(person.email)
    person.page.get_by_label("Password").fill("not the password")
    person.page.get_by_role("button", name="Sign in").click()
    expect(person.page.get_by_text("the password is not right")).to_be_visible()
    look(person, "sign-in-refused")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_task_screens_are_accessible(
    running: RunningSystem, visit: Visit, look: Look, width: int, height: int
) -> None:
    person = visit(width, height)
    person.join()
    page = person.page
    expect(page.get_by_role("heading", name="No tasks yet")).to_be_visible()
    look(person, "tasks-empty")
    _fill(person, running)
    person.reload()
    expect(person.done("Pay the rent")).to_be_visible()
    look(person, "tasks-full")
    page.get_by_role("button", name="Details").click()
    look(person, "tasks-details")
    page.get_by_role("button", name="Edit Buy milk").click()
    look(person, "task-dialog")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete Buy milk").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    # A notice lies over whatever row is below it, which axe takes for a small target.
    look(person, "task-deleted", "[aria-label=Notifications]")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("searchbox").fill(secrets.token_hex(8))
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    look(person, "tasks-nothing-found")
    page.route(f"{running.backend_url}/**", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert").filter(has_text="no connection")).to_be_visible()
    look(person, "tasks-error")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_assistant_screens_are_accessible(
    running: RunningSystem, visit: Visit, look: Look, width: int, height: int
) -> None:
    person = visit(width, height)
    # A look takes longer than an answer.
    hold_stream(person.page, "You have 7 tasks")
    person.join()
    _fill(person, running)
    page = person.page
    page.get_by_role("link", name="Assistant").click()
    composer = page.get_by_role("textbox", name="Ask about your tasks")
    expect(composer).to_be_visible()
    look(person, "chat-start")
    composer.fill("What is on my list? Show my tasks.")
    composer.press("Enter")
    expect(page.get_by_text("You have 7 tasks").first).to_be_visible()
    look(person, "chat-mid-stream", dark=False)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    composer.fill("How many tasks are there?")
    composer.press("Enter")
    expect(page.get_by_text("You have 7 tasks in 2 projects")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    look(person, "chat-answered")
    page.get_by_role("button", name="Conversations").click()
    expect(page.get_by_role("region", name="Conversations").get_by_role("listitem")).to_have_count(
        1
    )
    look(person, "chat-conversations")
    page.keyboard.press("Escape")
    page.route(f"{running.backend_url}/chatkit", lambda route: route.abort())
    composer.fill("Are you there?")
    composer.press("Enter")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    look(person, "chat-error")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_sharing_screens_are_accessible(
    running: RunningSystem, visit: Visit, look: Look, width: int, height: int
) -> None:
    owner, member, invited = visit(width, height), visit(width, height), visit(width, height)
    for person in (owner, member, invited):
        person.join()
    member.page.goto("/invitations")
    expect(member.page.get_by_role("heading", name="No invitations")).to_be_visible()
    look(member, "invitations-none")
    shared = Shared(owner, running)
    shared.give(member, "viewer")
    shared.invite(invited, "editor")
    Shared(member, running).invite(invited, "viewer")
    owner.reload()
    dialog = open_sharing(owner, shared.name)
    expect(dialog.get_by_role("region", name="Open invitations")).to_be_visible()
    look(owner, "sharing-owner", "dialog")
    dialog.get_by_role("button", name="Remove").click()
    look(owner, "sharing-confirm", "dialog")
    dialog.get_by_role("button", name="Cancel").click()
    dialog.get_by_label("Person’s id").fill(owner.user_id())
    dialog.get_by_role("button", name="Invite").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    look(owner, "sharing-refused", "dialog")
    member.page.goto("/tasks")
    choose(member.page, shared.name)
    expect(member.done(shared.title)).to_be_visible()
    look(member, "tasks-viewer")
    open_sharing(member, shared.name, "Members")
    look(member, "sharing-member", "dialog")
    invited.page.goto("/invitations")
    entries = invited.page.get_by_role("list", name="Invitations").get_by_role("listitem")
    expect(entries).to_have_count(2)
    look(invited, "invitations")
