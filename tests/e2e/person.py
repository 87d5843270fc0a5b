"""A person at the frontend: what they do in the words of the page, by roles and labels."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from playwright.sync_api import APIResponse, ConsoleMessage, Locator, Page, Response, expect

_SHADOWS = """
() => [...document.querySelectorAll("*")]
  .map((element) => element.shadowRoot?.innerHTML ?? "")
  .join("")
"""
# Chromium reports every refusal of a server; those are for the page to deal with.
_EXPECTED = re.compile(r"Failed to load resource|net::ERR_")


class Awaited(Protocol):
    """An answer that is known when the block that causes it has ended."""

    @property
    def value(self) -> Response:
        """The answer."""


@dataclass(slots=True)
class Person:
    """One account and the page it uses.

    Attributes:
        page: The tab; another person may use the same one later.
        name: Also the local part of the e-mail address, unique in the session.
        password: Chosen at sign-up.
        troubles: Errors of scripts and of the security policy on their page.
    """

    page: Page
    name: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda message: _hear(message, self.troubles))

    @property
    def email(self) -> str:
        """Address of the account."""
        return f"{self.name}@example.com"

    def sign_up(self) -> None:
        """Make the account and arrive at the task page."""
        self._open("/sign-up")
        self._enter("Create account")

    def ask_for_an_account(self) -> None:
        """Send the form for a new account, whatever comes of it."""
        self._open("/sign-up")
        self._submit("Create account")

    def try_to_sign_in(self) -> None:
        """Send the form to sign in, whatever comes of it."""
        self._open("/sign-in")
        self._submit("Sign in")

    def join(self) -> None:
        """Have an account and be at the task page, without the form: quicker."""
        self.have_account()
        with self.answer("GET", r"/tasks\?"):
            self.page.goto("/tasks")
        expect(self.page.get_by_role("heading", name="All tasks")).to_be_visible()

    def have_account(self) -> APIResponse:
        """Make the account and be signed in to it, whatever the page shows."""
        person = {"name": self.name, "email": self.email, "password": self.password}
        answer = self.page.request.post("/api/auth/sign-up/email", data=person)
        assert answer.status == 200
        return answer

    def sign_in(self) -> None:
        """Come back to the account."""
        self._open("/sign-in")
        self._enter("Sign in")

    def sign_out(self) -> None:
        """Leave, and wait for the door."""
        self.page.get_by_role("button", name="Sign out").click()
        # One navigation may overtake another on the way there.
        expect(self.page).to_have_url(re.compile("/sign-in"))
        expect(self.page.get_by_role("button", name="Sign in")).to_be_visible()

    def end_session(self) -> APIResponse:
        """End it as another device would: the page hears nothing of it."""
        answer = self.page.request.post(
            "/api/auth/sign-out", data={}, headers={"Origin": self._origin()}
        )
        assert answer.status == 200
        return answer

    def add(self, title: str) -> None:
        """Add a task and wait until the backend has it."""
        with self.answer("POST", r"/tasks$") as answer:
            self.page.get_by_label("New task").fill(title)
            self.page.get_by_role("button", name="Add", exact=True).click()
        assert answer.value.status == 201
        expect(self.done(title)).to_be_enabled()

    def complete(self, title: str) -> None:
        """Tick a task off and wait until the backend knows."""
        with self.answer("POST", r"/complete$") as answer:
            # The box itself is drawn by its neighbour, which lies over it.
            self.done(title).check(force=True)
        assert answer.value.status == 200

    def delete(self, title: str) -> None:
        """Delete a task; it can be undone for a while."""
        self.page.get_by_role("button", name=f"Delete {title}", exact=True).click()
        expect(self.done(title)).to_have_count(0)

    def reload(self) -> None:
        """Load the page anew and wait for its list."""
        with self.answer("GET", r"/tasks\?"):
            self.page.reload()

    def done(self, title: str) -> Locator:
        """The box that says whether a task is completed."""
        return self.page.get_by_role("checkbox", name=f"Done: {title}", exact=True)

    def sees(self) -> str:
        """All that is in the page: its source, and what components keep to themselves."""
        hidden: str = self.page.evaluate(_SHADOWS)
        return self.page.content() + hidden

    def user_id(self) -> str:
        """Subject of the account, as the session says."""
        answer = self.page.request.get("/api/auth/get-session")
        found: str = answer.json()["user"]["id"]
        return found

    def token(self) -> str:
        """A bearer token for the backend, made by Better Auth for this session."""
        answer = self.page.request.get("/api/auth/token")
        assert answer.status == 200
        token: str = answer.json()["token"]
        return token

    def call(self, backend_url: str, method: str, path: str, body: object = None) -> APIResponse:
        """A call of the backend's REST API with a token of this person's.

        Args:
            backend_url: Its origin.
            method: GET, POST and so on.
            path: What follows `/api/{user_id}`.
            body: Sent as JSON.
        """
        return self.page.request.fetch(
            f"{backend_url}/api/{self.user_id()}{path}",
            method=method,
            data=body,
            headers={"Authorization": f"Bearer {self.token()}"},
        )

    @contextmanager
    def answer(self, method: str, url: str) -> Iterator[Awaited]:
        """The backend's answer to what the block causes, preflights aside."""
        pattern = re.compile(url)

        def wanted(answer: Response) -> bool:
            return answer.request.method == method and bool(pattern.search(answer.url))

        with self.page.expect_response(wanted) as found:
            yield found

    def _origin(self) -> str:
        parts = urlsplit(self.page.url)
        return f"{parts.scheme}://{parts.netloc}"

    def _open(self, path: str) -> None:
        self.page.goto(path)
        if path == "/sign-up":
            self.page.get_by_label("Your name").fill(self.name)

    def _submit(self, button: str) -> None:
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Password").fill(self.password)
        self.page.get_by_role("button", name=button).click()

    def _enter(self, button: str) -> None:
        with self.answer("GET", r"/tasks\?"):
            self._submit(button)
        expect(self.page).to_have_url(re.compile("/tasks$"))
        expect(self.page.get_by_role("heading", name="All tasks")).to_be_visible()


def _hear(message: ConsoleMessage, troubles: list[str]) -> None:
    if message.type == "error" and not _EXPECTED.search(message.text):
        troubles.append(message.text)
