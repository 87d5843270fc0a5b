"""Accounts in the pages: an administrator disables one, and its open page shows no more of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect
from sqlalchemy.engine import make_url

from crosstalk.environment import RunningSystem
from system.store.admin.appoint import appoint
from tests.e2e.person import Person

Visit = Callable[..., Person]


@pytest.fixture
def alice(visit: Visit) -> Person:
    """A person who has an account."""
    person = visit()
    person.join()
    return person


@pytest.fixture
def bob(visit: Visit) -> Person:
    """Another one."""
    person = visit()
    person.join()
    return person


def test_administrator_disables_and_enables_an_account(
    running: RunningSystem, alice: Person, bob: Person
) -> None:
    url = running.databases["admin"]
    appointing = appoint(url, alice.user_id(), database=make_url(url).database or "")
    with ThreadPoolExecutor(1) as pool:
        # The browser's own loop runs in this thread.
        pool.submit(asyncio.run, appointing).result()
    bob.add("Buy milk")
    alice.page.goto("/accounts")
    accounts = alice.page.get_by_role("list", name="Accounts")
    expect(accounts.get_by_text(bob.user_id())).to_be_visible()
    expect(alice.page.get_by_text("Buy milk")).to_have_count(0)
    alice.page.get_by_role("button", name=f"Disable {bob.user_id()}").click()
    alice.page.get_by_role("group", name="Confirm").get_by_role("button", name="Disable").click()
    expect(alice.page.get_by_role("status").filter(has_text="Disabled")).to_be_visible()
    bob.page.reload()
    expect(bob.page.get_by_text("Buy milk")).to_have_count(0)
    refused = bob.call(running.backend_url, "GET", "/tasks")
    assert refused.status == 403
    alice.page.get_by_role("button", name=f"Enable {bob.user_id()}").click()
    expect(alice.page.get_by_role("status").filter(has_text="Enabled")).to_be_visible()
    bob.page.reload()
    expect(bob.done("Buy milk")).to_be_enabled()
    # A member has no link to the page, and nothing on it.
    expect(bob.page.get_by_role("link", name="Accounts")).to_have_count(0)
    bob.page.goto("/accounts")
    expect(bob.page.get_by_role("alert").filter(has_text="for administrators")).to_be_visible()
