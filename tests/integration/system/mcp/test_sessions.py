"""Stateful mode over real HTTP: a session belongs to the subject who opened it."""

from __future__ import annotations

import secrets
from dataclasses import replace

import httpx2
import pytest

from crosstalk.environment import RunningSystem
from crosstalk.surface import Presented, stateless_tools
from tests.integration.system.mcp.conftest import MAX_SESSIONS
from tests.integration.system.mcp.handshake import Handshake


def client(running: RunningSystem, url: str, subject: str) -> Handshake:
    """A caller with a token of the subject's."""
    return Handshake(url, running.mint(subject, audience="mcp"))


def visible(answer: httpx2.Response) -> tuple[int, str, dict[str, str]]:
    """All that a client sees of an answer, but for what differs between any two."""
    noise = ("date", "x-request-id")
    headers = {name: value for name, value in answer.headers.items() if name not in noise}
    return answer.status_code, answer.text, headers


def test_a_session_continues_with_any_token_of_its_subject(
    running: RunningSystem, stateful: str, alice: str
) -> None:
    session = client(running, stateful, alice)
    session.initialize()
    assert session.session
    assert session.use("add_task", user_id=alice, title="milk")["structuredContent"]["title"]
    later = replace(session, token=running.mint(alice, audience="mcp", ttl=60))
    assert later.token != session.token
    assert [
        each["title"]
        for each in later.use("list_tasks", user_id=alice)["structuredContent"]["items"]
    ] == ["milk"]


def test_another_subjects_session_is_refused_like_one_that_does_not_exist(
    running: RunningSystem, stateful: str, alice: str, bob: str
) -> None:
    hers = client(running, stateful, alice)
    hers.initialize()
    thief = replace(client(running, stateful, bob), session=hers.session)
    guesser = replace(client(running, stateful, bob), session=secrets.token_hex(16))
    for method, params in (
        ("tools/call", {"name": "list_tasks", "arguments": {"user_id": alice}}),
        ("tools/call", {"name": "list_tasks", "arguments": {"user_id": bob}}),
        ("resources/list", {}),
        ("ping", {}),
    ):
        foreign, unknown = thief.send(method, params), guesser.send(method, params)
        assert foreign.status_code == 404
        assert visible(foreign) == visible(unknown)
    for request, status in ((httpx2.get, 405), (httpx2.delete, 404)):
        foreign = request(stateful, headers=thief.headers())
        unknown = request(stateful, headers=guesser.headers())
        assert foreign.status_code == status
        assert visible(foreign) == visible(unknown)
    # The thief ended nothing.
    assert hers.send("ping").status_code == 200


def test_a_session_does_not_outlive_its_token(
    running: RunningSystem, stateful: str, alice: str
) -> None:
    session = client(running, stateful, alice)
    session.initialize()
    expired = replace(session, token=running.mint(alice, audience="mcp", ttl=-120))
    assert expired.send("ping").status_code == 401
    anonymous = httpx2.post(
        stateful,
        json={"jsonrpc": "2.0", "id": 1, "method": "ping"},
        headers={"Mcp-Session-Id": str(session.session)},
    )
    assert anonymous.status_code == 401


def test_two_subjects_alternating_get_their_own_data(
    running: RunningSystem, stateful: str, alice: str, bob: str
) -> None:
    callers = {name: client(running, stateful, name) for name in (alice, bob)}
    for name, caller in callers.items():
        caller.initialize()
        caller.use("add_task", user_id=name, title=f"of {name}")
    for name, caller in list(callers.items()) * 2:
        listed = caller.send("resources/list").json()["result"]["resources"]
        assert [each["name"] for each in listed] == [f"of {name}"]
        other = next(each for each in callers if each != name)
        assert caller.use("list_tasks", user_id=other)["isError"]


def test_a_session_that_was_ended_is_unknown(
    running: RunningSystem, stateful: str, alice: str
) -> None:
    session = client(running, stateful, alice)
    session.initialize()
    assert session.end().status_code == 200
    assert session.send("ping").status_code == 404


def test_one_subject_cannot_use_up_all_sessions(
    running: RunningSystem, stateful: str, alice: str, bob: str
) -> None:
    sessions = [client(running, stateful, bob) for _ in range(MAX_SESSIONS)]
    for session in sessions:
        session.initialize()
    refused = client(running, stateful, bob).send("initialize")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert refused.json()["error_code"] == "rate_limited"
    client(running, stateful, alice).initialize()
    sessions[0].end()
    client(running, stateful, bob).initialize()


@pytest.mark.parametrize("held", [True, False])
def test_the_newest_revision_needs_no_session(
    running: RunningSystem, stateful: str, alice: str, held: bool
) -> None:
    caller = client(running, stateful, alice)
    if held:
        caller.initialize()
    surface = stateless_tools(stateful, Presented.bearer(caller.token))
    assert surface.discover()
    surface.close()
