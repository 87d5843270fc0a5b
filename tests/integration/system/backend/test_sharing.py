"""Shared projects over real HTTP: members, invitations, roles, and what ends with them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from crosstalk.environment import RunningSystem


@dataclass(frozen=True, slots=True)
class Person:
    """A user with a client of the backend."""

    running: RunningSystem
    http: httpx2.Client
    name: str

    def ask(
        self, method: str, path: str, body: object = None, *, key: str | None = None
    ) -> httpx2.Response:
        """Send a request below the user's own path."""
        headers = {"Authorization": f"Bearer {self.running.mint(self.name)}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        url = f"/api/{self.name}/{path}"
        return self.http.request(method, url, json=body, headers=headers)

    def get(self, path: str) -> Any:
        """Return what a reading answers; it must be served."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def code(self, method: str, path: str, body: object = None) -> str:
        """Return the error's code, or `ok`."""
        answer = self.ask(method, path, body)
        return "ok" if answer.is_success else str(answer.json()["error_code"])

    def chat(self, message: str, conversation: str | None = None) -> Any:
        """Say something to the assistant."""
        headers = {"Authorization": f"Bearer {self.running.mint(self.name)}"}
        said = {"message": message, "conversation_id": conversation}
        answer = self.http.post("/api/chat", json=said, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def http(running: RunningSystem) -> Iterator[httpx2.Client]:
    """A client of the backend."""
    with httpx2.Client(base_url=running.backend_url, timeout=30.0) as client:
        yield client


@pytest.fixture
def people(running: RunningSystem, http: httpx2.Client) -> tuple[Person, Person, Person]:
    """An owner, and two others."""
    nonce = secrets.token_hex(6)
    first, second, third = (
        Person(running, http, f"{name}-{nonce}") for name in ("alice", "bob", "carol")
    )
    return first, second, third


def shared(owner: Person, member: Person, role: str, name: str = "Home") -> tuple[str, str]:
    """Share a new project with one task; return the ids of both."""
    project = owner.ask("POST", "projects", {"name": name}).json()["id"]
    made = owner.ask("POST", "tasks", {"title": "milk of the house", "project_id": project})
    join(owner, project, member, role)
    return project, made.json()["id"]


def join(owner: Person, project: str, member: Person, role: str) -> None:
    """Invite a person, who accepts."""
    said = {"invitee_id": member.name, "role": role}
    invited = owner.ask("POST", f"projects/{project}/invitations", said)
    assert invited.status_code == 201, invited.text
    accepted = member.ask("POST", f"invitations/{invited.json()['id']}/accept")
    assert accepted.status_code == 200, accepted.text
    assert (accepted.json()["member_id"], accepted.json()["role"]) == (member.name, role)


def writes(project: str, task: str) -> list[tuple[str, str, object]]:
    """What an editor may do."""
    return [
        ("POST", "tasks", {"title": "more", "project_id": project}),
        ("PATCH", f"tasks/{task}", {"title": "oat milk"}),
        ("POST", f"tasks/{task}/complete", None),
        ("POST", "tasks/complete-all", {"project_id": project}),
        ("DELETE", f"tasks/{task}", None),
    ]


def reserved(project: str, member: str) -> list[tuple[str, str, object]]:
    """What only the owner may do."""
    return [
        ("PATCH", f"projects/{project}", {"name": "Mine"}),
        ("GET", f"projects/{project}/invitations", None),
        ("POST", f"projects/{project}/invitations", {"invitee_id": "dave"}),
        ("PATCH", f"projects/{project}/members/{member}", {"role": "editor"}),
        ("DELETE", f"projects/{project}/members/dave", None),
        ("DELETE", f"projects/{project}", None),
    ]


def reads(project: str, task: str) -> list[str]:
    """What a member may see."""
    return [f"projects/{project}", f"projects/{project}/members", f"tasks/{task}"]


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_member_is_served_by_role_and_a_stranger_finds_nothing(
    people: tuple[Person, Person, Person], role: str
) -> None:
    alice, bob, carol = people
    project, task = shared(alice, bob, role)
    assert [each["id"] for each in bob.get("tasks")["items"]] == [task]
    assert [each["id"] for each in bob.get("tasks/search?q=MILK")["items"]] == [task]
    seen = bob.get(f"projects/{project}")
    assert (seen["role"], seen["owner_id"], seen["task_count"]) == (role, alice.name, 1)
    assert bob.get("projects")["items"] == [seen]
    assert alice.get(f"projects/{project}")["role"] == "owner"
    members = bob.get(f"projects/{project}/members")["items"]
    assert [(each["member_id"], each["role"]) for each in members] == [
        (alice.name, "owner"),
        (bob.name, role),
    ]
    for method, path, body in reserved(project, bob.name):
        assert bob.code(method, path, body) == "forbidden", path
        assert carol.code(method, path, body) == "not_found", path
    for path in reads(project, task):
        assert carol.code("GET", path) == "not_found", path
    for method, path, body in writes(project, task):
        assert carol.code(method, path, body) == "not_found", path
        assert bob.code(method, path, body) == ("ok" if role == "editor" else "forbidden"), path


def test_everything_ends_with_the_membership(people: tuple[Person, Person, Person]) -> None:
    alice, bob, _ = people
    project, task = shared(alice, bob, "editor")
    change = ("PATCH", f"tasks/{task}", {"title": "oat milk"})
    assert bob.ask(*change, key="k").status_code == 200
    gone = alice.ask("DELETE", f"projects/{project}/members/{bob.name}")
    assert gone.json() == {"project_id": project, "member_id": bob.name}
    for path in reads(project, task):
        assert bob.code("GET", path) == "not_found", path
    for method, path, body in (*writes(project, task), *reserved(project, bob.name)):
        assert bob.code(method, path, body) == "not_found", path
    for path in ("tasks", "projects", "tasks/search?q=milk", f"tasks?project_id={project}"):
        assert bob.get(path)["items"] == [], path
    assert bob.ask(*change, key="k").status_code == 404


def test_invitation_is_its_persons_alone_and_shows_nothing_of_the_project(
    people: tuple[Person, Person, Person],
) -> None:
    alice, bob, carol = people
    project = alice.ask("POST", "projects", {"name": "Home"}).json()["id"]
    path = f"projects/{project}/invitations"
    offered = alice.ask("POST", path, {"invitee_id": bob.name}).json()
    assert offered["role"] == "viewer"
    assert bob.get("invitations")["items"] == [offered]
    assert bob.get(f"invitations/{offered['id']}") == offered
    assert "Home" not in json.dumps(offered)
    assert bob.code("GET", f"projects/{project}") == "not_found"
    assert carol.get("invitations")["items"] == []
    for method, each in (("GET", ""), ("POST", "/accept"), ("DELETE", "")):
        assert carol.code(method, f"invitations/{offered['id']}{each}") == "not_found"
    assert alice.code("POST", f"invitations/{offered['id']}/accept") == "not_found"
    assert alice.get(path)["items"] == [offered]
    again = alice.ask("POST", path, {"invitee_id": bob.name})
    assert (again.status_code, again.json()["details"]) == (
        409,
        {"invitee_id": "is invited already"},
    )
    oneself = alice.ask("POST", path, {"invitee_id": alice.name})
    assert (oneself.status_code, oneself.json()["error_code"]) == (422, "validation_error")
    assert bob.code("DELETE", f"invitations/{offered['id']}") == "ok"
    assert bob.code("POST", f"invitations/{offered['id']}/accept") == "not_found"


def test_member_who_leaves_and_one_who_is_demoted_lose_what_they_had(
    people: tuple[Person, Person, Person],
) -> None:
    alice, bob, _ = people
    project, task = shared(alice, bob, "editor")
    member = f"projects/{project}/members/{bob.name}"
    assert alice.ask("PATCH", member, {"role": "viewer"}).json()["role"] == "viewer"
    assert bob.code("PATCH", f"tasks/{task}", {"title": "x"}) == "forbidden"
    assert alice.code("PATCH", f"projects/{project}/members/dave", {"role": "viewer"}) == (
        "not_found"
    )
    assert alice.code("PATCH", member, {"role": "owner"}) == "validation_error"
    assert bob.code("DELETE", member) == "ok"
    assert bob.code("GET", f"tasks/{task}") == "not_found"


def test_project_is_handed_over_by_an_invitation_that_a_member_accepts(
    people: tuple[Person, Person, Person],
) -> None:
    alice, bob, carol = people
    project, task = shared(alice, bob, "viewer")
    path = f"projects/{project}/invitations"
    refused = alice.ask("POST", path, {"invitee_id": carol.name, "role": "owner"})
    assert refused.json()["details"] == {"invitee_id": "must be a member to own it"}
    added = ("POST", "tasks", {"title": "before", "project_id": project})
    renamed = ("PATCH", f"projects/{project}", {"name": "House"})
    for attempt in (added, renamed):
        assert alice.ask(*attempt, key="k").is_success
    join(alice, project, bob, "owner")
    assert bob.get(f"projects/{project}")["role"] == "owner"
    assert bob.code("PATCH", f"tasks/{task}", {"title": "mine now"}) == "ok"
    for each in reads(project, task):
        assert alice.code("GET", each) == "not_found", each
    # What she did as its owner is not told to her again.
    for attempt in (added, renamed):
        assert alice.ask(*attempt, key="k").status_code == 404
    assert len(bob.get(f"tasks?project_id={project}")["items"]) == 2


def test_sharing_takes_idempotency_keys(people: tuple[Person, Person, Person]) -> None:
    alice, bob, _ = people
    project = alice.ask("POST", "projects", {"name": "Home"}).json()["id"]
    invite = ("POST", f"projects/{project}/invitations", {"invitee_id": bob.name})
    first, again = (alice.ask(*invite, key="k") for _ in range(2))
    assert (first.status_code, first.content) == (201, again.content)
    accept = ("POST", f"invitations/{first.json()['id']}/accept")
    first, again = (bob.ask(*accept, key="k") for _ in range(2))
    assert (first.status_code, first.content) == (200, again.content)
    leave = ("DELETE", f"projects/{project}/members/{bob.name}")
    first, again = (bob.ask(*leave, key="k") for _ in range(2))
    assert (first.status_code, first.content) == (200, again.content)
    assert bob.ask(*accept, key="k").status_code == 404


def test_assistant_reads_and_changes_as_its_user_may_and_shares_nothing(
    people: tuple[Person, Person, Person],
) -> None:
    alice, bob, carol = people
    project, task = shared(alice, bob, "viewer")

    def said(person: Person, tool: str, **given: object) -> str:
        return json.dumps(person.chat(f"do it [[call {tool} {json.dumps(given)}]]"))

    assert "milk of the house" in said(bob, "list_tasks")
    said(bob, "update_task", task_id=task, title="changed by a viewer")
    assert alice.get(f"tasks/{task}")["title"] == "milk of the house"
    said(alice, "invite", project_id=project, invitee_id=carol.name, role="editor")
    assert carol.get("invitations")["items"] == []
    alice.ask("DELETE", f"projects/{project}/members/{bob.name}")
    assert "milk of the house" not in said(bob, "list_tasks")
    assert "milk of the house" not in said(bob, "get_task", task_id=task)


def test_member_id_that_is_nobodys_is_not_found(people: tuple[Person, Person, Person]) -> None:
    alice, bob, _ = people
    project, _ = shared(alice, bob, "viewer")
    for member in ("nobody", f"{uuid4()}", "a%2Fb"):
        assert alice.code("DELETE", f"projects/{project}/members/{member}") == "not_found"
