"""The task page: all that a person can do with tasks and projects, and how trouble is told."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Route, expect

from crosstalk.environment import RunningSystem
from tests.e2e.person import Person

Visit = Callable[..., Person]


def _title(word: str) -> str:
    return f"{word} {secrets.token_hex(4)}"


def _refuse(status: int, code: str, **headers: str) -> Callable[[Route], None]:
    """Answers as the backend would, for a page of another origin."""

    def fulfil(route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.continue_()
            return
        route.fulfill(
            status=status,
            headers={
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "X-Request-ID, Retry-After",
                **headers,
            },
            json={"status": "error", "error_code": code, "message": "no", "details": {}},
        )

    return fulfil


def test_changes_of_a_person_are_there_after_a_reload(visit: Visit) -> None:
    person, title = visit(), _title("buy milk")
    person.join()
    expect(person.page.get_by_role("heading", name="No tasks yet")).to_be_visible()

    person.add(title)
    person.reload()
    expect(person.done(title)).not_to_be_checked()

    person.complete(title)
    person.reload()
    expect(person.done(title)).to_be_checked()


def test_a_deletion_can_be_undone_and_is_carried_out_when_the_page_is_left(visit: Visit) -> None:
    person, kept, gone = visit(), _title("kept"), _title("gone")
    person.join()
    person.add(kept)
    person.add(gone)
    person.delete(kept)
    person.page.get_by_role("button", name="Undo").click()
    expect(person.done(kept)).to_be_visible()
    person.delete(gone)
    # Leaving does not wait for the time to undo, nor does it take the deletion back.
    person.reload()
    expect(person.done(kept)).to_be_visible()
    expect(person.done(gone)).to_have_count(0)


def test_a_deletion_is_carried_out_when_the_time_to_undo_has_passed(visit: Visit) -> None:
    person, gone = visit(), _title("gone")
    person.join()
    person.add(gone)
    with person.answer("DELETE", r"/tasks/[^/]+$") as answer:
        person.delete(gone)
    assert answer.value.status == 200
    expect(person.page.get_by_role("button", name="Undo")).to_have_count(0)


def test_every_field_of_a_task_can_be_edited(visit: Visit) -> None:
    person, before, after = visit(), _title("before"), _title("after")
    person.join()
    page = person.page
    page.get_by_role("button", name="New project").click()
    page.get_by_role("textbox", name="Name").fill("House")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("button", name="All tasks").click()
    person.add(before)

    page.get_by_role("button", name=f"Edit {before}").click()
    dialog = page.get_by_role("dialog", name="Edit task")
    dialog.get_by_label("Title").fill(after)
    dialog.get_by_label("Description").fill("two litres")
    dialog.get_by_label("Status").select_option("In progress")
    dialog.get_by_label("Priority").select_option("High")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    dialog.get_by_label("Due date").fill(yesterday.strftime("%Y-%m-%d"))
    dialog.get_by_label("Project").select_option("House")
    with person.answer("PATCH", r"/tasks/[^/]+$") as answer:
        dialog.get_by_role("button", name="Save").click()
    assert answer.value.status == 200
    expect(dialog).to_have_count(0)

    person.reload()
    row = page.get_by_role("listitem").filter(has=person.done(after))
    for text in ("two litres", "In progress", "High priority", "Overdue since", "House"):
        expect(row).to_contain_text(text)


def test_projects_are_added_renamed_and_deleted_and_their_tasks_stay(visit: Visit) -> None:
    person, inside = visit(), _title("inside")
    person.join()
    page = person.page
    page.get_by_role("button", name="New project").click()
    page.get_by_role("textbox", name="Name").fill("House")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="House", level=1)).to_be_visible()
    person.add(inside)

    page.get_by_role("button", name="New project").click()
    page.get_by_role("textbox", name="Name").fill("House")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("That name is already taken.")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill("Home")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    page.get_by_role("button", name="Delete project").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="All tasks", level=1)).to_be_visible()
    expect(person.done(inside)).to_be_visible()


def test_a_long_list_comes_in_pages_and_is_filtered_searched_and_counted(
    running: RunningSystem, visit: Visit
) -> None:
    person = visit()
    person.join()
    titles = [f"task number {number:02}" for number in range(25)]
    for title in titles:
        assert person.call(running.backend_url, "POST", "/tasks", {"title": title}).status == 201
    person.reload()
    page, rows = person.page, person.page.get_by_role("checkbox", name="Done: ")
    expect(rows).to_have_count(20)
    page.get_by_role("button", name="Show more tasks").click()
    expect(rows).to_have_count(25)
    assert [row.get_attribute("aria-label") for row in rows.all()] == [
        f"Done: {title}" for title in reversed(titles)
    ]

    person.complete(titles[24])
    page.get_by_role("radio", name="Done").check(force=True)
    expect(rows).to_have_count(1)
    page.get_by_role("radio", name="To do").check(force=True)
    expect(rows).to_have_count(20)
    page.get_by_role("radio", name="All").check(force=True)
    page.get_by_role("searchbox", name="Search all tasks").fill("NUMBER 07")
    expect(rows).to_have_count(1)
    expect(person.done(titles[7])).to_be_visible()
    # Nothing of it stays in the address, and so in the history, for the next person here.
    assert page.url.endswith("/tasks")
    expect(page.get_by_label("Statistics")).to_contain_text("24")


def test_a_change_is_shown_at_once_and_taken_back_when_the_backend_refuses(
    running: RunningSystem, visit: Visit
) -> None:
    person, title = visit(), _title("buy milk")
    person.join()
    person.add(title)
    held: list[Route] = []
    person.page.route(f"{running.backend_url}/**/complete", lambda route: held.append(route))  # noqa: PLW0108
    person.done(title).check(force=True)
    expect(person.done(title)).to_be_checked()
    person.page.wait_for_timeout(100)
    assert held
    for route in held:
        _refuse(503, "unavailable")(route)
    expect(person.done(title)).not_to_be_checked()
    alert = person.page.get_by_role("alert").filter(has_text="not available right now")
    expect(alert).to_be_visible()


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "forbidden", "belongs to another account"),
        (429, "rate_limited", "Try again in 7 seconds"),
        (500, "server_error", "quote the reference req-17"),
        (503, "unavailable", "not available right now"),
    ],
)
def test_a_refusal_is_put_into_words(
    running: RunningSystem, visit: Visit, status: int, code: str, words: str
) -> None:
    person = visit()
    person.join()
    refuse = _refuse(status, code, **{"Retry-After": "7", "X-Request-ID": "req-17"})
    person.page.route(f"{running.backend_url}/**/tasks", refuse)
    person.page.get_by_label("New task").fill("buy milk")
    person.page.get_by_role("button", name="Add", exact=True).click()
    expect(person.page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    # What was typed is still there to be tried again.
    expect(person.page.get_by_label("New task")).to_have_value("buy milk")


def test_without_a_connection_the_page_says_so_and_recovers(
    running: RunningSystem, visit: Visit
) -> None:
    person, title = visit(), _title("buy milk")
    person.join()
    person.add(title)
    person.page.route(f"{running.backend_url}/**", lambda route: route.abort())
    person.page.reload()
    alert = person.page.get_by_role("alert").filter(has_text="no connection to the server")
    expect(alert).to_be_visible()
    person.page.unroute(f"{running.backend_url}/**")
    alert.get_by_role("button", name="Try again").click()
    expect(person.done(title)).to_be_visible()


def test_a_refused_token_is_replaced_once_without_the_person_noticing(
    running: RunningSystem, visit: Visit
) -> None:
    person, title = visit(), _title("buy milk")
    person.join()
    person.add(title)
    refused: list[str] = []
    tokens: list[str] = []

    def once(route: Route) -> None:
        if refused or route.request.method == "OPTIONS":
            route.continue_()
            return
        refused.append(route.request.url)
        _refuse(401, "unauthorized")(route)

    person.page.route(f"{running.backend_url}/**/complete", once)
    person.page.on("request", lambda asked: tokens.append(asked.url))
    with person.page.expect_response(
        lambda answer: answer.url.endswith("/complete") and answer.status == 200
    ):
        person.done(title).check(force=True)
    expect(person.done(title)).to_be_checked()
    assert len(refused) == 1
    assert len([url for url in tokens if url.endswith("/api/auth/token")]) == 1


def test_session_that_ended_elsewhere_redirects_to_sign_in(visit: Visit) -> None:
    person, title = visit(), _title("see a doctor")
    person.join()
    person.add(title)
    # Another device: no word reaches this page.
    person.end_session()
    person.page.get_by_role("link", name="Assistant").click()
    expect(person.page).to_have_url(re.compile("/sign-in"))
    assert title not in person.sees()


def test_signing_out_in_one_tab_empties_the_others(visit: Visit) -> None:
    person, title = visit(), _title("see a doctor")
    person.join()
    person.add(title)
    other = person.page.context.new_page()
    other.goto("/tasks")
    expect(other.get_by_role("checkbox", name=f"Done: {title}")).to_be_visible()
    person.sign_out()
    expect(other).to_have_url(re.compile("/sign-in"))
    assert title not in other.content()


def test_a_change_in_one_tab_appears_in_the_other(visit: Visit) -> None:
    person, title = visit(), _title("buy milk")
    person.join()
    other = person.page.context.new_page()
    other.goto("/tasks")
    expect(other.get_by_role("heading", name="No tasks yet")).to_be_visible()
    person.add(title)
    expect(other.get_by_role("checkbox", name=f"Done: {title}")).to_be_visible()


def test_task_page_can_be_used_by_keyboard(visit: Visit) -> None:
    person, first, second = visit(), _title("first"), _title("second")
    person.join()
    page = person.page
    for title in (first, second):
        page.keyboard.press("n")
        expect(page.get_by_label("New task")).to_be_focused()
        page.keyboard.type(title)
        page.keyboard.press("Enter")
        expect(person.done(title)).to_be_enabled()
        page.get_by_label("New task").blur()
    person.done(second).focus()
    page.keyboard.press("ArrowDown")
    expect(person.done(first)).to_be_focused()
    page.keyboard.press("Space")
    expect(person.done(first)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Edit task").get_by_label("Title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=f"Edit {first}")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("second")
    expect(person.done(first)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(person.done(first)).to_be_visible()
    page.get_by_role("searchbox").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_have_count(0)
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
