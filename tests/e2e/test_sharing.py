"""Projects that people share: invite, accept, see, change, take back, leave, hand over."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from crosstalk.environment import RunningSystem
from tests.e2e.person import Person

Visit = Callable[..., Person]


def _word(word: str) -> str:
    return f"{word} {secrets.token_hex(4)}"


class Shared:
    """A project of one person's with a task in it.

    Args:
        owner: Whose it is; they have joined.
        running: The system.
    """

    def __init__(self, owner: Person, running: RunningSystem) -> None:
        self.owner = owner
        self.name, self.title = _word("Trip"), _word("Book the train")
        self._running = running
        answer = owner.call(running.backend_url, "POST", "/projects", {"name": self.name})
        assert answer.status == 201
        self.id: str = answer.json()["id"]
        task = {"title": self.title, "project_id": self.id}
        assert owner.call(running.backend_url, "POST", "/tasks", task).status == 201

    def invite(self, person: Person, role: str) -> None:
        """Invite a person without the page: quicker."""
        path, body = (
            f"/projects/{self.id}/invitations",
            {
                "invitee_id": person.user_id(),
                "role": role,
            },
        )
        assert self.owner.call(self._running.backend_url, "POST", path, body).status == 201

    def give(self, person: Person, role: str) -> None:
        """Make a person a member without the pages."""
        self.invite(person, role)
        url = self._running.backend_url
        (invitation,) = person.call(url, "GET", "/invitations").json()["items"]
        path = f"/invitations/{invitation['id']}/accept"
        assert person.call(url, "POST", path, {}).status == 200


def choose(page: Page, name: str) -> Locator:
    """Open a project on the task page; returns its heading."""
    page.get_by_role("navigation", name="Projects").get_by_role("button", name=name).click()
    heading = page.get_by_role("heading", name=name)
    expect(heading).to_be_visible()
    return heading


def open_sharing(person: Person, name: str, button: str = "Share") -> Locator:
    """Open the dialog on who is in a project."""
    choose(person.page, name)
    person.page.get_by_role("button", name=button, exact=True).click()
    dialog = person.page.get_by_role("dialog")
    expect(
        dialog.get_by_role("region", name="People").get_by_role("listitem").first
    ).to_be_visible()
    return dialog


@pytest.fixture
def alice(visit: Visit) -> Person:
    """A person who shares."""
    person = visit()
    person.join()
    return person


@pytest.fixture
def bob(visit: Visit) -> Person:
    """A person with whom something is shared."""
    person = visit()
    person.join()
    return person


def test_a_project_that_is_taken_back_is_on_no_open_page_any_more(
    running: RunningSystem, alice: Person, bob: Person
) -> None:
    shared = Shared(alice, running)
    alice.reload()
    dialog = open_sharing(alice, shared.name)
    dialog.get_by_label("Person’s id").fill(bob.user_id())
    dialog.get_by_role("button", name="Invite").click()
    expect(dialog.get_by_role("status").filter(has_text="Invited.")).to_be_visible()
    invited = dialog.get_by_role("region", name="Open invitations")
    expect(invited).to_contain_text(bob.user_id())

    # Nothing of the project is seen before it is accepted.
    bob.page.get_by_role("link", name="Invitations").click()
    entries = bob.page.get_by_role("list", name="Invitations").get_by_role("listitem")
    expect(entries).to_have_count(1)
    expect(entries).to_contain_text("as viewer")
    assert shared.name not in bob.sees()
    bob.page.get_by_role("button", name="Accept the invitation").click()
    expect(bob.page.get_by_role("status").filter(has_text="Accepted")).to_be_visible()
    expect(entries).to_have_count(0)

    # He sees it in two pages, and cannot change it.
    bob.page.get_by_role("link", name="your projects").click()
    choose(bob.page, shared.name)
    expect(bob.done(shared.title)).to_be_disabled()
    expect(bob.page.get_by_role("button", name=f"Edit {shared.title}")).to_have_count(0)
    expect(bob.page.get_by_label("New task")).to_have_count(0)
    other = bob.page.context.new_page()
    other.goto("/tasks")
    seen = other.get_by_role("checkbox", name=f"Done: {shared.title}")
    expect(seen).to_be_visible()

    # She takes it back; neither page is touched.
    expect(dialog.get_by_role("region", name="People").get_by_role("listitem")).to_have_count(2)
    dialog.get_by_role("button", name=f"Remove {bob.user_id()}").click()
    dialog.get_by_role("group", name="Confirm").get_by_role("button", name="Remove").click()
    expect(dialog.get_by_role("status").filter(has_text="Removed.")).to_be_visible()
    expect(bob.done(shared.title)).to_have_count(0)
    expect(bob.page.get_by_role("heading", name="All tasks")).to_be_visible()
    expect(seen).to_have_count(0)
    for page in (bob.page, other):
        expect(page.get_by_role("navigation", name="Projects")).not_to_contain_text(shared.name)
        text = page.content()
        assert shared.title not in text
        assert shared.name not in text


def test_an_editor_changes_tasks_and_leaves(
    running: RunningSystem, alice: Person, bob: Person
) -> None:
    shared, added = Shared(alice, running), _word("Pack")
    shared.give(bob, "editor")
    bob.reload()
    choose(bob.page, shared.name)
    bob.add(added)
    bob.complete(shared.title)
    # A task stays in the project, whatever an editor chooses.
    bob.page.get_by_role("button", name=f"Edit {added}").click()
    places = bob.page.get_by_role("dialog").get_by_label("Project").get_by_role("option")
    expect(places).to_have_text([shared.name])
    bob.page.get_by_role("button", name="Cancel").click()
    for action in ("Rename", "Delete project"):
        expect(bob.page.get_by_role("button", name=action)).to_have_count(0)

    alice.reload()
    choose(alice.page, shared.name)
    expect(alice.done(shared.title)).to_be_checked()
    expect(alice.done(added)).to_be_visible()

    dialog = open_sharing(bob, shared.name, "Members")
    expect(dialog.get_by_role("region", name="People").get_by_role("listitem")).to_have_count(2)
    expect(dialog.get_by_role("button", name="Invite")).to_have_count(0)
    dialog.get_by_role("button", name="Leave the project").click()
    dialog.get_by_role("button", name="Leave", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(bob.done(added)).to_have_count(0)
    projects = bob.page.get_by_role("navigation", name="Projects")
    expect(projects).not_to_contain_text(shared.name)
    assert shared.name not in bob.sees()


def test_an_invitation_is_declined_and_another_is_withdrawn(
    running: RunningSystem, alice: Person, bob: Person
) -> None:
    shared = Shared(alice, running)
    shared.invite(bob, "editor")
    bob.page.goto("/invitations")
    expect(bob.page.get_by_text("1 waiting")).to_be_attached()
    bob.page.get_by_role("button", name="Decline the invitation").click()
    expect(bob.page.get_by_role("heading", name="No invitations")).to_be_visible()
    shared.invite(bob, "viewer")
    expect(bob.page.get_by_role("button", name="Accept the invitation")).to_be_visible()
    alice.reload()
    dialog = open_sharing(alice, shared.name)
    dialog.get_by_role("button", name=f"Withdraw the invitation of {bob.user_id()}").click()
    expect(dialog.get_by_role("region", name="Open invitations")).to_have_count(0)
    # The page still shows the button, or has noticed: either way nothing is accepted.
    expect(bob.page.get_by_role("heading", name="No invitations")).to_be_visible()


def test_a_project_is_handed_over_with_its_tasks(
    running: RunningSystem, alice: Person, bob: Person
) -> None:
    shared = Shared(alice, running)
    shared.give(bob, "editor")
    alice.reload()
    dialog = open_sharing(alice, shared.name)
    dialog.get_by_role("button", name=f"Hand over the project to {bob.user_id()}").click()
    dialog.get_by_role("button", name="Offer").click()
    expect(dialog.get_by_role("status").filter(has_text="Offered.")).to_be_visible()
    bob.page.goto("/invitations")
    expect(bob.page.get_by_text("Take a project over")).to_be_visible()
    bob.page.get_by_role("button", name="Accept the invitation").click()
    bob.page.get_by_role("link", name="your projects").click()
    choose(bob.page, shared.name)
    expect(bob.done(shared.title)).to_be_enabled()
    expect(bob.page.get_by_role("button", name="Share", exact=True)).to_be_visible()
    # The former owner's open dialog and list show nothing of it.
    expect(alice.page.get_by_role("dialog")).to_have_count(0)
    expect(alice.done(shared.title)).to_have_count(0)


def test_roles_and_refusals_by_the_keyboard_alone(
    running: RunningSystem, alice: Person, bob: Person
) -> None:
    shared = Shared(alice, running)
    shared.give(bob, "viewer")
    alice.reload()
    choose(alice.page, shared.name)
    share = alice.page.get_by_role("button", name="Share", exact=True)
    share.focus()
    alice.page.keyboard.press("Enter")
    dialog = alice.page.get_by_role("dialog")
    field = dialog.get_by_label("Person’s id")
    expect(field).to_be_focused()
    for person, told in (
        (alice.user_id(), "your own id"),
        (bob.user_id(), "a member already"),
    ):
        field.fill(person)
        alice.page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text(told)
        expect(field).to_have_value(person)
    role = dialog.get_by_label(f"Role of {bob.user_id()}")
    role.focus()
    with alice.answer("PATCH", "/members/"):
        alice.page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("status").filter(has_text="Role changed.")).to_be_visible()
    expect(role).to_have_value("editor")
    alice.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(share).to_be_focused()
