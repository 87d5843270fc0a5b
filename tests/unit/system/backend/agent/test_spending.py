"""Budgets of the model: an answer ends when it has used up its own, a user waits for the day's."""

from __future__ import annotations

import httpx2
import pytest

from system.backend.agent.spending import MeteredRequests, ModelBudget, note_usage
from system.errors import RateLimited, Unavailable


class _Server(httpx2.AsyncBaseTransport):
    def __init__(self) -> None:
        self.bodies: list[int] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.bodies.append(len(await request.aread()))
        return httpx2.Response(200)


async def _send(server: _Server, size: int) -> None:
    async with httpx2.AsyncClient(transport=MeteredRequests(server)) as client:
        await client.post("http://model/v1/responses", content=b"a" * size)


async def test_answer_sends_no_more_than_its_bytes() -> None:
    server, budget = _Server(), ModelBudget(2_500, 10**9, 10**9)
    refused = pytest.raises(Unavailable, match="takes more of the model than one may")
    with refused as told, budget.answer("alice"):
        for _ in range(3):
            try:
                await _send(server, 1_000)
            except httpx2.WriteError as error:
                # As the assistant does with whatever the SDK raises.
                raise Unavailable("the assistant did not answer", retry_after=5) from error
    assert told.value.retry_after is None
    assert server.bodies == [1_000, 1_000]
    with budget.answer("alice"):
        await _send(server, 1_000)


async def test_answer_that_has_used_its_tokens_asks_the_model_no_more() -> None:
    server, budget = _Server(), ModelBudget(10**9, 100, 10**9)
    with budget.answer("alice"):
        await _send(server, 10)
        note_usage(100)
        with pytest.raises(httpx2.WriteError):
            await _send(server, 10)


def test_user_who_has_used_the_days_tokens_waits_and_no_other_user_does() -> None:
    budget = ModelBudget(10**9, 10**9, 1_440)
    with budget.answer("alice"):
        note_usage(3_000)
    with pytest.raises(RateLimited, match="today") as told, budget.answer("alice"):
        pass
    assert told.value.retry_after is not None
    assert 60 * 1_500 < told.value.retry_after < 86_400 * 2
    with budget.answer("bob"):
        pass


async def test_tokens_that_were_not_reported_count_by_what_was_sent() -> None:
    budget = ModelBudget(10**9, 10**9, 1_000)
    with budget.answer("alice"):
        await _send(_Server(), 8_000)
    with pytest.raises(RateLimited), budget.answer("alice"):
        pass


async def test_failure_within_the_budget_is_told_as_it_is() -> None:
    budget = ModelBudget(10**9, 10**9, 10**9)
    with pytest.raises(Unavailable, match="did not answer"), budget.answer("alice"):
        raise Unavailable("the assistant did not answer", retry_after=5)


def test_usage_outside_an_answer_counts_for_no_user() -> None:
    note_usage(5)
