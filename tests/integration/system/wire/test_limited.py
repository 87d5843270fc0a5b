"""Rate limits of the services themselves, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from crosstalk.core.history import Outcome
from crosstalk.environment import RunningSystem
from crosstalk.surface import Presented, stateless_tools
from tests.integration.system.service import service

# So slow that nothing comes back while a test runs.
_SLOW = {"RATE_LIMIT_PER_MINUTE": "1", "CHAT_RATE_LIMIT_PER_MINUTE": "1"}


def bearer(running: RunningSystem, subject: str, audience: str = "backend") -> dict[str, str]:
    """Headers with a token."""
    return {"Authorization": f"Bearer {running.mint(subject, audience=audience)}"}


@pytest.fixture(scope="module")
def backend(running: RunningSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a backend that lets five requests through, and two chats."""
    changes = {**_SLOW, "RATE_LIMIT_BURST": "5", "CHAT_RATE_LIMIT_BURST": "2"}
    with service(running, "backend", tmp_path_factory.mktemp("limited"), changes) as started:
        yield started.url


def test_request_above_the_rate_limit_is_429_with_a_retry_time(
    running: RunningSystem, backend: str, alice: str
) -> None:
    url, headers = f"{backend}/api/{alice}/tasks", bearer(running, alice)
    answers = [httpx2.get(url, headers=headers) for _ in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    refused = answers[-1]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json() == {
        "status": "error",
        "error_code": "rate_limited",
        "message": "too many requests",
        "details": {},
    }


def test_rate_limit_of_one_user_does_not_affect_another(
    running: RunningSystem, backend: str, alice: str, bob: str
) -> None:
    for _ in range(7):
        last = httpx2.get(f"{backend}/api/{alice}/tasks", headers=bearer(running, alice))
    assert last.status_code == 429
    # Nor does it help, or hurt, to name somebody else in the path.
    foreign = httpx2.get(f"{backend}/api/{bob}/tasks", headers=bearer(running, alice))
    assert foreign.status_code == 429
    for _ in range(5):
        own = httpx2.get(f"{backend}/api/{bob}/tasks", headers=bearer(running, bob))
        assert own.status_code == 200


def test_another_token_of_the_same_user_changes_nothing(
    running: RunningSystem, backend: str, alice: str
) -> None:
    for ttl in range(600, 606):
        headers = {"Authorization": f"Bearer {running.mint(alice, ttl=ttl)}"}
        last = httpx2.get(f"{backend}/api/{alice}/tasks", headers=headers)
    assert last.status_code == 429


def test_chats_have_a_limit_of_their_own(running: RunningSystem, backend: str, alice: str) -> None:
    chats = [
        httpx2.post(
            f"{backend}/api/chat",
            json={"message": "show my tasks"},
            headers=bearer(running, alice),
            timeout=30.0,
        )
        for _ in range(3)
    ]
    assert [each.status_code for each in chats] == [200, 200, 429]
    reads = httpx2.get(f"{backend}/api/{alice}/tasks", headers=bearer(running, alice))
    assert reads.status_code == 200


def test_refused_requests_and_health_do_not_count_against_the_rate_limit(
    running: RunningSystem, backend: str, alice: str
) -> None:
    for _ in range(10):
        assert httpx2.get(f"{backend}/api/{alice}/tasks").status_code == 401
        assert httpx2.get(f"{backend}/health").status_code == 200
    own = httpx2.get(f"{backend}/api/{alice}/tasks", headers=bearer(running, alice))
    assert own.status_code == 200


def test_the_tool_server_limits_too_and_a_campaign_calls_that_inconclusive(
    running: RunningSystem, alice: str, bob: str, tmp_path: Path
) -> None:
    with service(running, "mcp", tmp_path, {**_SLOW, "RATE_LIMIT_BURST": "4"}) as started:
        url = f"{started.url}/mcp"
        surface = stateless_tools(url, Presented(bearer(running, bob, "mcp")))
        operation = next(each for each in surface.discover() if each.name == "mcp:list_tasks")
        presented = Presented(bearer(running, alice, "mcp"))
        answers = [surface.call(operation, {"user_id": alice}, presented) for _ in range(5)]
        assert [each.outcome for each in answers] == [Outcome.OK] * 4 + [Outcome.LIMITED]
        # The issuer is part of the key: the backend acting for the user is another caller.
        acting = running.exchanger.mint(
            alice, audience=running.mcp_url, ttl=60, act={"sub": running.exchanger.url}
        )
        through = Presented.bearer(acting)
        assert surface.call(operation, {"user_id": alice}, through).outcome is Outcome.OK
        foreign = surface.call(operation, {"user_id": bob}, Presented(bearer(running, bob, "mcp")))
        assert foreign.outcome is Outcome.OK
