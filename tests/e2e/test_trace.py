"""A sentence followed from the browser to a row and back, by the id that every tier logged."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import expect

from crosstalk.environment import RunningSystem
from tests.e2e.person import Person

Visit = Callable[..., Person]

# Keeps what the page reads of a stream, as it arrives: the browser itself may not.
_LISTEN = """
window.arrived = [];
const plain = window.fetch;
window.fetch = async (input, init) => {
  const answer = await plain(input, init);
  if (!String(input).endsWith("/chatkit") || !answer.body) return answer;
  const [mine, theirs] = answer.body.tee();
  (async () => {
    const reader = mine.pipeThrough(new TextDecoderStream()).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      window.arrived.push(next.value);
    }
  })();
  return new Response(theirs, { status: answer.status, headers: answer.headers });
};
"""


def _claims(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = [part + "=" * (-len(part) % 4) for part in token.split(".")[:2]]
    head, claims = (json.loads(base64.urlsafe_b64decode(part)) for part in parts)
    return head, claims


def _logged(log: Path, request_id: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return [line for line in lines if line.get("request_id") == request_id]


def _row(url: str, title: str) -> dict[str, Any]:
    async def read() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(
                "SELECT id::text, user_id, title FROM tasks WHERE title = $1", title
            )
            return rows
        finally:
            await connection.close()

    # The browser's own event loop runs in this thread.
    with ThreadPoolExecutor(1) as pool:
        (row,) = pool.submit(asyncio.run, read()).result()
    return dict(row)


def test_a_sentence_can_be_followed_from_the_browser_to_the_row_and_back(
    running: RunningSystem, visit: Visit, run_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person, title = visit(), f"buy milk {secrets.token_hex(4)}"
    page = person.page
    page.add_init_script(_LISTEN)
    person.join()
    page.get_by_role("link", name="Assistant").click()
    page.get_by_role("textbox", name="Ask about your tasks").fill(f"add a task to {title}")
    with person.answer("POST", "/chatkit$") as answer:
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Send")).to_be_visible()

    request = answer.value.request
    request_id = request.headers["x-request-id"]
    head, claims = _claims(request.headers["authorization"].removeprefix("Bearer "))
    backend = _logged(running.logs / "backend.log", request_id)
    tools = _logged(running.logs / "mcp.log", request_id)
    row = _row(running.databases["admin"], title)
    arrived: list[str] = page.evaluate("window.arrived")
    events = [
        json.loads(line.removeprefix("data: "))
        for line in "".join(arrived).splitlines()
        if line.startswith("data: ")
    ]
    updates = [event["update"] for event in events if event["type"] == "thread.item.updated"]
    pieces = [update["delta"] for update in updates if "delta" in update]
    answered = "".join(pieces)

    lines = [
        f"request id   {request_id}",
        f"browser      POST {request.url} from {running.frontend_url}/chat",
        f"JWT          {head['alg']} of {claims['iss']} for {claims['aud']}: sub {claims['sub']}",
        *(f"backend      {json.dumps(line)}" for line in backend),
        *(f"MCP server   {json.dumps(line)}" for line in tools),
        f"row          {json.dumps(row)}",
        f"stream       {' '.join(dict.fromkeys(event['type'] for event in events))}",
        f"answer       {len(pieces)} pieces in {len(arrived)} arrivals: "
        + f"{' '.join(answered.split())[:90]} ...",
    ]
    (run_folder / "trace.txt").write_text("\n".join(lines) + "\n")
    with capsys.disabled():
        print("\n" + "\n".join(lines))

    assert answer.value.headers["x-request-id"] == request_id
    assert claims["sub"] == person.user_id() == row["user_id"]
    assert [line["route"] for line in backend if line["message"] == "request"] == ["/chatkit"]
    calls = [(line["tool"], line["outcome"]) for line in tools if line["message"] == "tool call"]
    assert calls == [("add_task", "ok")]
    assert title in answered
    assert len(pieces) > 1
    assert len(arrived) > 1, "the answer was held back and came at once"
