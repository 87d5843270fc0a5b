"""Durability: users write, repeat lost requests with the same key, and record acknowledgements.

At the end everything is read back: each acknowledged write must be stored once, and nothing of
another user.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2

from crosstalk.faults.ledger import WriteLedger
from loadtests.observer.requests import LoadRequest, call_tool, chat, list_tasks, text_of
from loadtests.report.counts import Counts
from loadtests.users.accounts import Account

_LOST = frozenset({502, 503, 504})
_GIVE_UP_SECONDS = 60.0
_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0
_PAGE = 100


def add_by_rest(account: Account, mcp_url: str, title: str) -> LoadRequest:
    """Make a request that adds a task by REST, with an idempotency key."""
    plain = list_tasks(account, mcp_url)
    headers = {**plain.headers, "Idempotency-Key": str(uuid.uuid4())}
    return replace(plain, kind="REST add", method="POST", headers=headers, body={"title": title})


def add_by_tool(account: Account, mcp_url: str, title: str) -> LoadRequest:
    """Make a call that adds a task by MCP, with an idempotency key."""
    plain = call_tool(account, mcp_url)
    params = plain.body["params"]
    meta = {**params["_meta"], "crosstalk/idempotencyKey": str(uuid.uuid4())}
    arguments = {**params["arguments"], "title": title}
    given = {**params, "name": "add_task", "arguments": arguments, "_meta": meta}
    headers = {**plain.headers, "Mcp-Name": "add_task"}
    return replace(plain, kind="tool add", headers=headers, body={**plain.body, "params": given})


def add_by_chat(account: Account, mcp_url: str, title: str) -> LoadRequest:
    """Make a chat that has the assistant add a task, with an idempotency key."""
    plain = chat(account, mcp_url)
    headers = {**plain.headers, "Idempotency-Key": str(uuid.uuid4())}
    body = {"message": f"add task: {title}"}
    # A chat is answered even if its tool failed; then nothing was acknowledged.
    return replace(
        plain, kind="chat add", headers=headers, body=body, expected_text='"outcome":"ok"'
    )


_WRITING: tuple[Callable[[Account, str, str], LoadRequest], ...] = (
    add_by_rest,
    add_by_tool,
    add_by_chat,
)
_READING: tuple[Callable[[Account, str], LoadRequest], ...] = (list_tasks, call_tool, chat)


class WritingUsers:
    """Users who write and read, each in a thread, while the `with` block runs.

    Args:
        host: The backend.
        mcp_url: The MCP endpoint.
        accounts: One for each user.
        counts: Of the run.
    """

    def __init__(self, host: str, mcp_url: str, accounts: list[Account], counts: Counts) -> None:
        self._host = host
        self._mcp_url = mcp_url
        self._accounts = accounts
        self._counts = counts
        self._counting = threading.Lock()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(each,)) for each in accounts]
        self._threads.append(threading.Thread(target=self._watch))
        self.ledger = WriteLedger()

    def __enter__(self) -> WritingUsers:
        """Start the users."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        """Wait for the answers under way, and stop the users."""
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def read_back(self) -> dict[str, int]:
        """Compare what is stored with what was acknowledged.

        Raises:
            HTTPError: It cannot be read.
        """
        found = Counter({"acknowledged": 0, "lost": 0, "duplicated": 0, "foreign": 0})
        with httpx2.Client(base_url=self._host, timeout=30) as client:
            for account in self._accounts:
                user = account.subject.user
                titles = _stored(client, account)
                found.update(self.ledger.compare(user, titles))
                found["acknowledged"] += len(self.ledger.titles.get(user, ()))
                found["foreign"] += sum(account.subject.marker not in each for each in titles)
        return dict(found)

    def _work(self, account: Account) -> None:
        chance = random.Random(account.subject.user)  # noqa: S311
        with httpx2.Client(base_url=self._host, timeout=60) as client:
            while not self._ending.is_set():
                if chance.random() < 0.5:
                    title = f"{account.subject.marker} {secrets.token_hex(6)}"
                    call = chance.choice(_WRITING)(account, self._mcp_url, title)
                    if self._send(client, account, call):
                        self.ledger.acknowledge(account.subject.user, title)
                else:
                    call = chance.choice(_READING)(account, self._mcp_url)
                    self._send(client, account, call)
                self._ending.wait(chance.uniform(0.05, 0.4))

    def _send(self, client: httpx2.Client, account: Account, call: LoadRequest) -> bool:
        """Send a request until it is answered; return whether the answer is a good one."""
        began = time.monotonic()
        with self._counting:
            self._counts.watchdog.begin()
        answer = self._answer(client, call, began)
        ms = (time.monotonic() - began) * 1000
        with self._counting:
            if answer is None:
                self.ledger.note_unanswered()
                self._counts.failed(call.kind, "no answer")
                return False
            text = text_of(answer.text)
            failure = call.failure(answer.status_code, answer.text)
            if failure is not None:
                self._counts.failed(call.kind, failure)
                return False
            self._counts.answered(call.kind, account.subject, text, ms)
        return True

    def _answer(
        self, client: httpx2.Client, call: LoadRequest, began: float
    ) -> httpx2.Response | None:
        pause = _PAUSE_SECONDS
        while time.monotonic() - began < _GIVE_UP_SECONDS:
            try:
                answer = client.request(
                    call.method, call.path, headers=dict(call.headers), json=call.body
                )
                if answer.status_code not in _LOST and not _under_way(answer):
                    return answer
            except httpx2.TransportError:
                # It may have been served; the key makes a repeat safe.
                pass
            self.ledger.note_repeat()
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        return None

    def _watch(self) -> None:
        while not self._ending.wait(0.5):
            with self._counting:
                self._counts.watchdog.look()


def _under_way(answer: httpx2.Response) -> bool:
    """Return whether an answer asks for a repeat: a first sending under way, or a tier away."""
    if answer.status_code == 409:
        return "retry-after" in answer.headers
    return '"isError":true' in answer.text and '"retry_after"' in answer.text


def _stored(client: httpx2.Client, account: Account) -> list[str]:
    """Read the titles of all of a user's tasks."""
    titles: list[str] = []
    cursor: str | None = None
    while True:
        given: dict[str, Any] = {"limit": _PAGE, **({"cursor": cursor} if cursor else {})}
        answer = client.get(
            f"/api/{account.subject.user}/tasks",
            params=given,
            headers={"Authorization": f"Bearer {account.token}"},
        )
        answer.raise_for_status()
        page = json.loads(answer.text)
        titles += [each["title"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return titles
