"""Settings of the frontend that change what a person meets: the hosted ChatKit, and patience."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Route, expect

from crosstalk.environment import RunningSystem
from tests.e2e.person import Person

Visit = Callable[..., Person]
_SCRIPT = "https://cdn.example/chatkit.js"
# Stands in for the hosted component: it only tells what it was set up with.
_COMPONENT = """
customElements.define("openai-chatkit", class extends HTMLElement {
  setOptions(options) {
    this.textContent = `hosted, ${options.api.url}, ${options.api.domainKey}`;
  }
});
"""


def test_setting_replaces_the_local_chat_element_by_the_hosted_one(
    visit: Visit, set_frontend: Callable[..., None]
) -> None:
    set_frontend(
        CHATKIT_SOURCE="cdn", CHATKIT_SCRIPT_URL=_SCRIPT, CHATKIT_DOMAIN_KEY="domain_pk_test"
    )
    person = visit()
    person.join()
    page = person.page

    def serve(route: Route) -> None:
        route.fulfill(content_type="text/javascript", body=_COMPONENT)

    page.route(_SCRIPT, serve)
    page.goto("/chat")
    expect(page.locator("openai-chatkit")).to_contain_text("/chatkit, domain_pk_test")
    # Without it the page says so, instead of an empty box.
    page.unroute(_SCRIPT)
    page.route(_SCRIPT, lambda route: route.abort())
    page.goto("/chat")
    expect(page.get_by_text("The assistant could not be loaded.")).to_be_visible()


def test_passwords_cannot_be_tried_one_after_the_other(
    visit: Visit, set_frontend: Callable[..., None]
) -> None:
    person = visit()
    person.have_account()
    person.page.context.clear_cookies()
    set_frontend(AUTH_SIGN_IN_ATTEMPTS="2")
    answers = [
        person.page.request.post(
            "/api/auth/sign-in/email",
            data={"email": person.email, "password": f"guess {number}"},
            # Nobody chooses the address that attempts are counted by.
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        ).status
        for number in range(3)
    ]
    # Whoever signed in just before, at this address, has used some of them.
    assert answers in ([401, 401, 429], [401, 429, 429], [429, 429, 429])
    page = person.page
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Too many attempts. Try again in")).to_be_visible()


def test_address_is_confirmed_by_a_link_before_the_first_sign_in(
    running: RunningSystem, visit: Visit, set_frontend: Callable[..., None]
) -> None:
    set_frontend(AUTH_MAIL="console")
    person = visit()
    page = person.page
    person.ask_for_an_account()
    expect(page.get_by_text("A message is on its way to you.")).to_be_visible()
    page.goto("/tasks")
    expect(page).to_have_url(re.compile("/sign-in"))
    person.try_to_sign_in()
    expect(page.get_by_text("Confirm your address first")).to_be_visible()
    log = (running.logs / "frontend.log").read_text(encoding="utf-8")
    sent = log[log.index(f"mail to {person.email}") :]
    page.goto(sent[sent.index("http") :].split()[0])
    person.sign_in()
    expect(page.get_by_role("heading", name="All tasks")).to_be_visible()
