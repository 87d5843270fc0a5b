"""Two accounts in one document: what the first has left in memory, the second does not see.

Signing in and out through the page loads a new document, so this takes what would happen if it
did not: the session changes underneath, and the person goes on by links, which keep the memory of
the page. Of the SWR cache only the user's id in its keys then keeps the two apart. That the test
would notice is shown by taking the id out of the page's own script on its way to the browser.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from crosstalk.environment import RunningSystem
from tests.e2e.person import Person

Visit = Callable[..., Person]

# `return [userId, kind, ...parts]` of lib/tasks/cache-keys.ts, as the build writes it.
_KEY = re.compile(r"return\[\w+,(\w+),\.\.\.(\w+)\]")
# A glimpse is enough: counts every drawing that has the second person's name and the first's task.
_WATCH = """
([name, secret]) => {
  window.glimpses = 0;
  const look = () => {
    const text = document.body.innerText;
    if (text.includes(name) && text.includes(secret)) window.glimpses += 1;
  };
  const everything = { subtree: true, childList: true, characterData: true };
  new MutationObserver(look).observe(document.body, everything);
}
"""


def _glimpses(running: RunningSystem, alice: Person) -> int:
    """How often the next person in the same document was shown the first one's task."""
    page, secret = alice.page, f"see a doctor {secrets.token_hex(6)}"
    bob = Person(page, f"person-{secrets.token_hex(6)}")
    alice.join()
    alice.add(secret)
    alice.end_session()
    bob.have_account()
    # The backend answers nothing more: what is shown now can only come from memory.
    page.route(f"{running.backend_url}/**", lambda route: None)
    page.evaluate(_WATCH, [bob.name, secret])
    for link in ("Assistant", "Tasks"):
        page.get_by_role("link", name=link, exact=True).click()
        page.wait_for_url(re.compile("/chat$" if link == "Assistant" else "/tasks$"))
        expect(page.get_by_text(bob.name)).to_be_visible()
        page.wait_for_timeout(300)
    # Not defined any more where a new document was loaded, which would show nothing.
    count: int = page.evaluate("window.glimpses")
    return count


def _forget_the_user_in_cache_keys(page: Page) -> list[str]:
    """Have the page's script make keys that are the same for every user; the changed places."""
    changed: list[str] = []

    def rewrite(route: Route) -> None:
        answer = route.fetch()
        text, count = _KEY.subn(r'return["everybody",\1,...\2]', answer.text())
        changed.extend([route.request.url] * count)
        route.fulfill(response=answer, body=text)

    page.route(re.compile(r"/_next/static/.*\.js$"), rewrite)
    return changed


def test_the_next_person_in_a_document_sees_nothing_of_the_one_before(
    running: RunningSystem, visit: Visit
) -> None:
    assert _glimpses(running, visit()) == 0


def test_cache_keys_without_the_user_would_leak_to_the_next_person(
    running: RunningSystem, visit: Visit
) -> None:
    person = visit()
    changed = _forget_the_user_in_cache_keys(person.page)
    assert _glimpses(running, person) > 0
    assert len(changed) == 1, "the build writes lib/tasks/cache-keys.ts in another form"
