"""Watch on `/ready`: an unready answer counts unless a fault touched the service meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from crosstalk.faults import readiness
from crosstalk.faults.readiness import ReadinessWatch
from crosstalk.faults.workload import Findings

_URLS = {"mcp": "http://127.0.0.1:1/ready"}


async def _watched(monkeypatch: pytest.MonkeyPatch, touch: bool) -> Findings:
    findings, asked, answer = Findings(), asyncio.Event(), asyncio.Event()
    second = asyncio.Event()

    async def status(http: object, url: str) -> int:
        if asked.is_set():
            second.set()
            return 200
        asked.set()
        await answer.wait()
        return 503

    monkeypatch.setattr(readiness, "_status", status)
    monkeypatch.setattr(readiness, "_LOOK_SECONDS", 0.0)
    async with ReadinessWatch(_URLS, findings) as watch:
        await asked.wait()
        if touch:
            watch.excuse(frozenset({"mcp"}), "cut mcp")
            watch.judge()
        answer.set()
        await second.wait()
    return findings


@pytest.mark.parametrize(("touch", "expected"), [(False, 1), (True, 0)])
async def test_unready_answer_is_excused_by_a_fault_that_came_and_went_while_it_was_under_way(
    monkeypatch: pytest.MonkeyPatch, touch: bool, expected: int
) -> None:
    findings = await _watched(monkeypatch, touch)
    assert findings.counts["not ready"] == expected


@pytest.mark.parametrize(
    ("answers", "seconds", "expected"), [([200, 200, 503], 60.0, False), ([200], 0.1, True)]
)
async def test_service_that_becomes_unready_within_the_seconds_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, answers: list[int], seconds: float, expected: bool
) -> None:
    looks = iter(answers)

    async def status(http: object, url: str) -> int:
        return next(looks, 200)

    monkeypatch.setattr(readiness, "_status", status)
    monkeypatch.setattr(readiness, "_LOOK_SECONDS", 0.01)
    assert await ReadinessWatch(_URLS, Findings()).are_ready(seconds) is expected
