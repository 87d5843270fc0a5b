"""Probes of a system that may have recovered: slow answers count, and silence does not last."""

from __future__ import annotations

import asyncio

import pytest

from crosstalk.faults import session
from crosstalk.faults.session import until_served


@pytest.fixture(autouse=True)
def _joined_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_JOINED_SECONDS", 0.01)
    monkeypatch.setattr(session, "_LOOK_SECONDS", 0.0)


async def test_probe_without_an_answer_is_joined_by_one_that_has_it() -> None:
    ended: list[int] = []
    begun = 0

    async def probe() -> bool:
        nonlocal begun
        begun += 1
        number = begun
        try:
            await (asyncio.Event().wait() if number == 1 else asyncio.sleep(0))
        finally:
            ended.append(number)
        return True

    await asyncio.wait_for(until_served(probe), 5)
    # The first one is not left behind.
    assert ended == [2, 1]


async def test_slow_answer_of_an_earlier_probe_counts() -> None:
    answer = asyncio.Event()
    begun = 0

    async def probe() -> bool:
        nonlocal begun
        begun += 1
        if begun == 1:
            await answer.wait()
            return True
        answer.set()
        return await asyncio.Event().wait()

    await asyncio.wait_for(until_served(probe), 5)


async def test_refusals_are_no_answer() -> None:
    answers = iter([False, False, True])

    async def probe() -> bool:
        return next(answers)

    await asyncio.wait_for(until_served(probe), 5)
    assert list(answers) == []
