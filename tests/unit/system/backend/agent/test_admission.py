"""Agents begin in the order of arrival, as many as there is room for, and none is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from system.backend.agent.admission import Admission
from system.errors import Unavailable


class Loop:
    """A pause that is as long as the test wants it to be, and the clock that shows it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.late = 1.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds + self.late


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


class Agents:
    """Agents that run until they are told to end."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.begun: list[int] = []
        self._ends: dict[int, asyncio.Event] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}

    async def arrive(self, *numbers: int) -> None:
        for number in numbers:
            self._ends[number] = asyncio.Event()
            self.tasks[number] = asyncio.create_task(self._run(number))
        await settle()

    async def end(self, *numbers: int) -> None:
        for number in numbers:
            self._ends[number].set()
        await settle()

    async def _run(self, number: int) -> None:
        async with self.admission.turn():
            self.begun.append(number)
            await self._ends[number].wait()


@asynccontextmanager
async def agents(loop: Loop, most: int, floor: int) -> AsyncIterator[Agents]:
    admission = Admission(most, floor, sleep=loop.sleep, clock=loop.clock)
    made = Agents(admission)
    yield made
    await made.end(*made.tasks)
    await asyncio.gather(*made.tasks.values(), return_exceptions=True)
    assert (admission.running, admission.waiting) == (0, 0)
    await admission.aclose()


async def test_admission_on_a_late_loop_admits_one_agent_when_another_ends_in_order() -> None:
    async with agents(Loop(), most=10, floor=2) as each:
        await each.arrive(1, 2, 3, 4, 5)
        assert each.begun == [1, 2]
        await each.end(2)
        assert each.begun == [1, 2, 3]
        await each.end(1, 3)
        assert each.begun == [1, 2, 3, 4, 5]


async def test_admission_on_a_prompt_loop_admits_agents_up_to_the_limit() -> None:
    loop = Loop()
    loop.late = 0.0
    async with agents(loop, most=4, floor=1) as each:
        await each.arrive(1, 2, 3, 4, 5, 6)
        assert each.begun == [1, 2, 3, 4]
        await each.end(3)
        assert each.begun == [1, 2, 3, 4, 5]


async def test_admission_keeps_the_order_of_arrival() -> None:
    async with agents(Loop(), most=10, floor=1) as each:
        await each.arrive(1, 2)
        each.tasks[1].cancel()
        await each.arrive(3)
        assert each.begun == [1, 2]
        await each.end(2)
        assert each.begun == [1, 2, 3]


async def test_admission_of_a_cancelled_wait_uses_no_turn() -> None:
    async with agents(Loop(), most=10, floor=1) as each:
        await each.arrive(1, 2, 3)
        each.tasks[2].cancel()
        await each.end(1)
        assert each.begun == [1, 3]


async def test_admission_passes_on_the_turn_of_a_wait_cancelled_at_that_moment() -> None:
    async with agents(Loop(), most=10, floor=1) as each:
        await each.arrive(1, 2, 3)
        each._ends[1].set()
        # The first one ends, and the second has been called but has not run yet.
        await asyncio.sleep(0)
        assert each.admission.waiting == 1
        each.tasks[2].cancel()
        await settle()
        assert each.begun == [1, 3]


@pytest.mark.parametrize("seed", range(5))
async def test_admission_gives_every_other_agent_its_turn_whatever_is_cancelled(seed: int) -> None:
    chance = random.Random(seed)
    admission = Admission(8, 3)
    most = 0
    ended: set[int] = set()

    async def one(number: int) -> None:
        nonlocal most
        async with admission.turn():
            most = max(most, admission.running)
            await asyncio.sleep(chance.random() * 0.003)
        ended.add(number)

    tasks = [asyncio.create_task(one(number)) for number in range(200)]
    gone = chance.sample(range(200), 60)
    for number in gone:
        await asyncio.sleep(chance.random() * 0.001)
        tasks[number].cancel()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
    assert ended >= set(range(200)) - set(gone)
    assert most <= 8
    assert (admission.running, admission.waiting) == (0, 0)
    await admission.aclose()


def test_admission_refuses_limits_below_one_agent() -> None:
    for most, floor in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="at least one"):
            Admission(most, floor)


async def test_users_take_turns_whatever_each_of_them_asks() -> None:
    admission, order = Admission(1, 1), list[str]()

    async def run(user: str) -> None:
        async with admission.turn(user):
            order.append(user)
            await asyncio.sleep(0)

    async with admission.turn("first"):
        tasks = [asyncio.create_task(run(user)) for user in ["many"] * 5 + ["few"] * 2]
        await settle()
    await asyncio.gather(*tasks)
    assert order == ["many", "few", "many", "few", "many", "many", "many"]
    await admission.aclose()


async def test_request_that_waits_too_long_is_refused_and_leaves_the_queue() -> None:
    admission = Admission(1, 1, patience=0.01)
    async with admission.turn("alice"):
        with pytest.raises(Unavailable):
            async with admission.turn("bob"):
                raise AssertionError("there was no turn")
        assert admission.waiting == 0
    async with admission.turn("bob"):
        assert admission.running == 1
    assert admission.running == 0
    await admission.aclose()
