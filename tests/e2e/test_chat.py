"""The assistant in the browser: the real ChatKit page, the local element, the backend's stream."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable

from playwright.sync_api import Locator, Page, Route, expect

from crosstalk.environment import RunningSystem
from tests.e2e.browser import pages_before
from tests.e2e.held_stream import go_on, hold_stream
from tests.e2e.person import Person

Visit = Callable[..., Person]
_LONG = 12


def _title(word: str) -> str:
    return f"{word} {secrets.token_hex(4)}"


def _composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Ask about your tasks")


def _say(person: Person, text: str) -> None:
    _composer(person.page).fill(text)
    person.page.keyboard.press("Enter")


def _settled(person: Person) -> None:
    """The answer has ended: there is something to send again."""
    expect(person.page.get_by_role("button", name="Send")).to_be_visible()


def _open(person: Person) -> None:
    person.page.get_by_role("link", name="Assistant").click()
    expect(_composer(person.page)).to_be_visible()


def _fill(person: Person, running: RunningSystem) -> list[str]:
    """Tasks enough for an answer that takes a while."""
    titles = [_title(f"task {number}") for number in range(_LONG)]
    for title in titles:
        assert person.call(running.backend_url, "POST", "/tasks", {"title": title}).status == 201
    return titles


def test_a_sentence_becomes_a_task_that_both_pages_show_without_a_reload(visit: Visit) -> None:
    person, title = visit(), _title("buy milk")
    person.join()
    other = person.page.context.new_page()
    other.goto("/tasks")
    expect(other.get_by_role("heading", name="No tasks yet")).to_be_visible()
    _open(person)
    _say(person, f"add a task to {title}")
    # Beside the conversation, while the answer is still being written.
    expect(person.page.get_by_role("complementary", name="Your tasks")).to_contain_text(title)
    expect(other.get_by_role("checkbox", name=f"Done: {title}")).to_be_visible()
    _settled(person)
    person.page.get_by_role("link", name="Tasks", exact=True).click()
    expect(person.done(title)).to_be_visible()


def test_an_answer_comes_in_pieces_and_its_progress_is_told(
    running: RunningSystem, visit: Visit
) -> None:
    person = visit()
    hold_stream(person.page, "Using list_tasks", "You have")
    person.join()
    titles = _fill(person, running)
    _open(person)
    _say(person, "show my tasks")
    expect(person.page.get_by_text("Using list_tasks…").first).to_be_visible()
    expect(person.page.get_by_role("button", name="Stop")).to_be_visible()
    go_on(person.page)
    answer = person.page.locator("openai-chatkit ol.messages > li").last
    expect(answer).to_contain_text("You have")
    # Not all of it yet: it is being written.
    assert titles[0] not in answer.inner_text()
    go_on(person.page)
    expect(answer).to_contain_text(titles[0])
    _settled(person)


def test_an_answer_can_be_stopped_and_what_was_said_stays(
    running: RunningSystem, visit: Visit
) -> None:
    person = visit()
    hold_stream(person.page, "You have")
    person.join()
    titles = _fill(person, running)
    _open(person)
    _say(person, "show my tasks")
    answer = person.page.locator("openai-chatkit ol.messages > li").last
    expect(answer).to_contain_text("You have")
    person.page.get_by_role("button", name="Stop").click()
    _settled(person)
    expect(answer).to_contain_text("You have")
    assert titles[0] not in answer.inner_text()
    # Another question is answered in the same conversation.
    _say(person, "how many tasks are there?")
    expect(person.page.locator("openai-chatkit ol.messages > li")).to_have_count(4)
    expect(person.page.locator("openai-chatkit ol.messages > li").last).to_contain_text(
        f"You have {_LONG} tasks"
    )
    _settled(person)


def test_an_answer_can_be_asked_for_again(visit: Visit) -> None:
    person = visit()
    person.join()
    _open(person)
    _say(person, "how many tasks are there?")
    _settled(person)
    messages = person.page.locator("openai-chatkit ol.messages > li")
    expect(messages).to_have_count(2)
    with person.answer("POST", "/chatkit$") as asked:
        person.page.get_by_role("button", name=re.compile("again", re.IGNORECASE)).click()
    sent = json.loads(asked.value.request.post_data or "{}")
    assert sent["type"] == "threads.retry_after_item"
    _settled(person)
    expect(messages).to_have_count(2)
    expect(messages.last).to_contain_text("You have no tasks")


def test_a_broken_connection_offers_another_try(running: RunningSystem, visit: Visit) -> None:
    person, title = visit(), _title("buy milk")
    person.join()
    _open(person)
    person.page.route(f"{running.backend_url}/chatkit", lambda route: route.abort())
    _say(person, f"add a task to {title}")
    alert = person.page.get_by_role("alert").filter(has_text="connection to the assistant was lost")
    expect(alert).to_be_visible()
    person.page.unroute(f"{running.backend_url}/chatkit")
    alert.get_by_role("button", name="Try again").click()
    expect(person.page.get_by_role("complementary", name="Your tasks")).to_contain_text(title)
    _settled(person)
    expect(alert).to_have_count(0)


def test_a_refusal_before_the_stream_is_put_into_words(
    running: RunningSystem, visit: Visit
) -> None:
    person = visit()
    person.join()
    _open(person)

    def refuse(route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.continue_()
            return
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "Retry-After",
            "Retry-After": "9",
        }
        route.fulfill(status=429, headers=headers, json={"status": "error"})

    person.page.route(f"{running.backend_url}/chatkit", refuse)
    _say(person, "show my tasks")
    alert = person.page.get_by_role("alert").filter(has_text="Try again in 9 seconds")
    expect(alert).to_be_visible()


def test_conversations_are_kept_listed_renamed_and_deleted(visit: Visit) -> None:
    person, title = visit(), _title("buy milk")
    person.join()
    _open(person)
    page, messages = person.page, person.page.locator("openai-chatkit ol.messages > li")
    _say(person, f"add a task to {title}")
    _settled(person)
    page.get_by_role("button", name="New conversation").click()
    expect(messages).to_have_count(0)
    _say(person, "how many tasks are there?")
    _settled(person)

    page.reload()
    page.get_by_role("button", name="Conversations").click()
    threads = page.get_by_role("region", name="Conversations")
    expect(threads.get_by_role("listitem")).to_have_count(2)
    threads.get_by_role("button", name=re.compile(f"^add a task to {title}")).click()
    expect(messages).to_have_count(2)
    expect(messages.first).to_contain_text(title)

    page.get_by_role("button", name="Conversations").click()
    threads.get_by_role("button", name=re.compile("^Rename add a task")).click()
    threads.get_by_role("textbox", name="Title").fill("Shopping")
    threads.get_by_role("button", name="Save").click()
    expect(threads.get_by_role("button", name="Shopping", exact=True)).to_be_visible()
    threads.get_by_role("button", name=re.compile("^Delete how many")).click()
    threads.get_by_role("button", name="Delete", exact=True).click()
    expect(threads.get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(threads).to_have_count(0)

    page.reload()
    page.get_by_role("button", name="Conversations").click()
    expect(threads.get_by_role("listitem")).to_have_count(1)
    expect(threads.get_by_role("button", name="Shopping", exact=True)).to_be_visible()


def test_two_people_at_once_have_their_own_assistants(visit: Visit) -> None:
    alice, bob = visit(), visit()
    hers, his = _title("hers"), _title("his")
    for person in (alice, bob):
        person.join()
        _open(person)
    _say(alice, f"add a task to {hers}")
    _say(bob, f"add a task to {his}")
    for person in (alice, bob):
        _settled(person)
        person.page.get_by_role("button", name="New conversation").click()
        _say(person, "show my tasks")
    for person, own, other in ((alice, hers, his), (bob, his, hers)):
        _settled(person)
        answer = person.page.locator("openai-chatkit ol.messages > li").last
        expect(answer).to_contain_text(own)
        person.page.get_by_role("button", name="Conversations").click()
        expect(person.page.get_by_role("region", name="Conversations")).to_contain_text(own)
        assert other not in person.sees()


def test_the_next_person_finds_no_conversation_of_the_one_before(visit: Visit) -> None:
    alice, secret = visit(), _title("see a doctor")
    bob = Person(alice.page, f"person-{secrets.token_hex(6)}")
    alice.join()
    _open(alice)
    _say(alice, f"add a task to {secret}")
    _settled(alice)
    alice.sign_out()
    bob.sign_up()
    _open(bob)
    bob.page.get_by_role("button", name="Conversations").click()
    expect(bob.page.get_by_text("There is no conversation yet.")).to_be_visible()
    for _ in pages_before(bob.page):
        expect(bob.page.locator("body")).not_to_be_empty()
        assert secret not in bob.sees()
