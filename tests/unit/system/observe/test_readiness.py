"""Readiness: each dependency in one word, and asking often costs nothing."""

from __future__ import annotations

import asyncio
import json

from system.errors import Unavailable
from system.observe.readiness import ReadinessChecks


class Dependency:
    """Something that is up, down, broken or silent, and counts how often it is asked."""

    def __init__(self, state: str = "up") -> None:
        self.state = state
        self.asked = 0

    async def __call__(self) -> bool:
        self.asked += 1
        if self.state == "broken":
            raise Unavailable("postgresql://secret@10.0.0.7 refused")
        if self.state == "silent":
            await asyncio.Event().wait()
        return self.state == "up"


async def test_readiness_names_each_dependency_with_its_state() -> None:
    checks = ReadinessChecks(
        {"database": Dependency(), "mcp": Dependency("down"), "cache": Dependency("broken")}
    )
    answer = (await checks.ask()).response()
    assert answer.status_code == 503
    assert json.loads(bytes(answer.body)) == {
        "status": "unavailable",
        "checks": {"database": "ok", "mcp": "unavailable", "cache": "unavailable"},
    }


async def test_dependency_that_does_not_answer_in_time_is_unavailable() -> None:
    checks = ReadinessChecks({"database": Dependency("silent")}, seconds=0.01)
    assert (await checks.ask()).checks == {"database": "unavailable"}


async def test_readiness_does_not_wait_for_a_dependency_that_starts_later() -> None:
    checks = ReadinessChecks(
        {"database": Dependency(), "issuers": Dependency("down")}, spared={"issuers"}
    )
    answer = await checks.ask()
    assert (answer.status, answer.response().status_code) == ("degraded", 200)
    assert answer.checks == {"database": "ok", "issuers": "unavailable"}


async def test_concurrent_readiness_requests_share_one_round_and_survive_a_cancellation() -> None:
    database = Dependency("silent")
    checks = ReadinessChecks({"database": database}, seconds=0.05)
    asking = [asyncio.create_task(checks.ask()) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()
    answers = await asyncio.gather(*asking[1:])
    assert database.asked == 1
    assert {each.status for each in answers} == {"unavailable"}


async def test_readiness_answer_is_reused_for_a_moment_only() -> None:
    now, database = [0.0], Dependency()
    checks = ReadinessChecks({"database": database}, reuse_seconds=0.5, clock=lambda: now[0])
    for _ in range(10):
        await checks.ask()
    assert database.asked == 1
    now[0], database.state = 0.6, "down"
    assert (await checks.ask()).status == "unavailable"
    assert database.asked == 2
