"""Shares: one user's many requests wait for each other, and for no other user's."""

from __future__ import annotations

import asyncio

import pytest

from system.errors import RateLimited
from system.shares import Shares


def shares(most: int) -> Shares:
    """Shares of this many turns."""
    return Shares(most, RateLimited)


async def test_one_keys_turns_are_bounded_and_another_key_waits_for_none_of_them() -> None:
    turns, running, most = shares(2), 0, 0
    ends = asyncio.Event()

    async def take() -> None:
        nonlocal running, most
        async with turns.turn("alice", seconds=20):
            running += 1
            most = max(most, running)
            await ends.wait()
            running -= 1

    takers = [asyncio.create_task(take()) for _ in range(10)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5), turns.turn("bob", seconds=1):
        assert running == 2
    ends.set()
    await asyncio.gather(*takers)
    assert most == 2
    assert len(turns) == 0


async def test_request_that_waits_too_long_is_refused_and_leaves_nothing_behind() -> None:
    turns = shares(1)
    async with turns.turn("alice", seconds=1):
        with pytest.raises(RateLimited):
            async with turns.turn("alice", seconds=0.01):
                raise AssertionError("there was no turn")
        leaving = asyncio.create_task(turns.turn("alice", seconds=20).__aenter__())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    async with turns.turn("alice", seconds=1):
        assert len(turns) == 1
    assert len(turns) == 0


def test_request_that_cannot_wait_is_refused_at_once_and_may_be_repeated() -> None:
    turns = shares(2)
    with (
        turns.now("alice"),
        turns.now("alice"),
        turns.now("bob"),
        pytest.raises(RateLimited),
        turns.now("alice"),
    ):
        raise AssertionError("there was no turn")
    with turns.now("alice"):
        assert len(turns) == 1
    assert len(turns) == 0
