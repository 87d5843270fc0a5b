"""Between MCP server and backend: a lost answer is asked for again, and nothing is doubled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from crosstalk.environment import RunningSystem
from crosstalk.tokens import BACKEND_AUDIENCE
from system.errors import KeyReused, Unavailable
from system.identity import SigningKey, TokenExchange
from system.mcp.data_access.api import ApiData
from system.mcp.idempotency import key_of
from system.store.schemas import TaskDraft
from system.wire.idempotency_key_meta import META_KEY
from tests.integration.system.cutting import CuttingProxy, cutting_proxy

MILK = TaskDraft(title="milk")


@pytest.fixture
def proxy(running: RunningSystem) -> Iterator[CuttingProxy]:
    """The backend, reached by a network that loses answers."""
    with cutting_proxy(running.backend_url) as between:
        yield between


@pytest.fixture
async def data(running: RunningSystem, proxy: CuttingProxy) -> AsyncIterator[ApiData]:
    """The way through the backend, with tokens of an issuer that it trusts."""
    key = SigningKey(running.issuer.keys[0].private_jwk())
    exchange = TokenExchange(running.issuer.url, BACKEND_AUDIENCE, key)
    way = ApiData(proxy.url, exchange, timeout=10.0, max_connections=4)
    yield way
    await way.aclose()


async def titles(data: ApiData, user: str) -> list[str]:
    """What the user's list shows."""
    return [each.title for each in (await data.list_tasks(user, None, None, None, 20)).items]


@pytest.mark.parametrize("meta", [{META_KEY: "k"}, None])
async def test_a_write_whose_answer_was_cut_off_is_made_once(
    data: ApiData, proxy: CuttingProxy, alice: str, meta: dict[str, object] | None
) -> None:
    proxy.cut_next(b"POST", times=2)
    with key_of(meta):
        made = await data.add_task(alice, MILK)
    assert made.title == "milk"
    assert len(proxy.cut_requests) == 2
    assert await titles(data, alice) == ["milk"]


async def test_a_read_whose_answer_was_cut_off_is_made_again(
    data: ApiData, proxy: CuttingProxy, alice: str
) -> None:
    await data.add_task(alice, MILK)
    proxy.cut_next(b"GET")
    assert await titles(data, alice) == ["milk"]
    proxy.cut_next(b"GET", times=3)
    with pytest.raises(Unavailable):
        await titles(data, alice)


async def test_the_key_of_the_tool_call_is_the_one_that_is_sent(data: ApiData, alice: str) -> None:
    with key_of({META_KEY: 'a "key"'.replace(" ", "-")}):
        first = await data.add_task(alice, MILK)
        assert await data.add_task(alice, MILK) == first
        with pytest.raises(KeyReused):
            await data.add_task(alice, TaskDraft(title="bread"))
    await data.add_task(alice, MILK)
    assert await titles(data, alice) == ["milk", "milk"]
