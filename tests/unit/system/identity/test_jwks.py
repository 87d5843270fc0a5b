from __future__ import annotations

import asyncio

import httpx2
import pytest

from crosstalk.tokens import LocalIssuer
from system.errors import Unavailable
from system.identity import jwks
from system.identity.jwks import KeySet
from tests.unit.system.identity.issuing import ISSUER_URL, Clock, Published

URL = f"{ISSUER_URL}/.well-known/jwks.json"


class Source:
    """An issuer, its published keys, and a key set that reads them on a clock of its own."""

    def __init__(self) -> None:
        self.issuer = LocalIssuer.create(ISSUER_URL, ("EdDSA", "ES256"))
        self.published = Published(self.issuer)
        self.clock = Clock()
        self.keys = KeySet(
            URL,
            self.published.client(),
            max_age=600,
            min_interval=10,
            clock=self.clock,
            sleep=self.clock.sleep,
        )

    @property
    def kid(self) -> str:
        return self.issuer.key().kid


@pytest.fixture
def source() -> Source:
    return Source()


async def test_key_set_finds_and_keeps_a_published_key(source: Source) -> None:
    assert not source.keys.known
    for _ in range(3):
        assert await source.keys.find(source.kid) is not None
    assert source.published.requests == 1
    assert source.keys.known


async def test_concurrent_lookups_share_one_jwks_fetch(source: Source) -> None:
    found = await asyncio.gather(*(source.keys.find(source.kid) for _ in range(50)))
    assert None not in found
    assert source.published.requests == 1


async def test_key_set_finds_a_new_key_without_a_restart(source: Source) -> None:
    await source.keys.find(source.kid)
    source.issuer.rotate()
    assert await source.keys.find(source.kid) is not None
    assert source.published.requests == 2


async def test_a_new_key_waits_for_the_interval_and_is_not_refused(source: Source) -> None:
    await source.keys.find("forged")
    source.issuer.rotate()
    started = source.clock.now
    assert await source.keys.find(source.kid) is not None
    assert source.clock.now == pytest.approx(started + 10)


async def test_a_key_published_while_a_fetch_was_on_its_way_is_found(source: Source) -> None:
    leave, arrive = asyncio.Event(), asyncio.Event()
    stale = source.issuer.jwks()

    async def slow(request: httpx2.Request) -> httpx2.Response:
        answer = stale if not arrive.is_set() else source.issuer.jwks()
        leave.set()
        await arrive.wait()
        return httpx2.Response(200, json=answer)

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(slow))
    keys = KeySet(
        URL, client, max_age=600, min_interval=10, clock=source.clock, sleep=source.clock.sleep
    )
    first = asyncio.create_task(keys.find("forged"))
    await leave.wait()
    source.issuer.rotate()
    second = asyncio.create_task(keys.find(source.kid))
    await asyncio.sleep(0)
    arrive.set()
    assert await first is None
    assert await second is not None
    assert keys.fetches == 2


async def test_a_stream_of_forged_ids_causes_one_fetch_an_interval(source: Source) -> None:
    await source.keys.find(source.kid)
    started = source.clock.now
    for batch in range(10):
        await asyncio.gather(*(source.keys.find(f"forged-{batch}-{n}") for n in range(100)))
    intervals = (source.clock.now - started) / 10
    assert source.published.requests <= 1 + intervals + 1


async def test_an_absent_id_sent_again_and_again_causes_one_fetch_an_interval(
    source: Source,
) -> None:
    started = source.clock.now
    for _ in range(20):
        assert await asyncio.gather(*(source.keys.find("forged") for _ in range(50))) == [None] * 50
    assert source.published.requests <= (source.clock.now - started) / 10 + 1


async def test_the_next_key_cannot_be_had_refused_by_sending_its_id_before_it_exists(
    source: Source,
) -> None:
    assert await source.keys.find("2026-12") is None
    source.issuer.keys.append(type(source.issuer.key()).generate("EdDSA", "2026-12"))
    assert await source.keys.find("2026-12") is not None


async def test_withdrawn_key_is_valid_until_its_age_ends(source: Source) -> None:
    old, last_seen = source.kid, source.clock.now
    await source.keys.find(old)
    source.issuer.rotate(keep_old=False)
    await source.keys.find(source.kid)
    source.clock.now = last_seen + 600
    assert source.keys.current(old) is not None
    await source.keys.refresh()
    source.clock.now = last_seen + 601
    assert source.keys.current(old) is None
    assert source.keys.current(source.kid) is not None


async def test_a_key_that_stays_published_never_grows_old(source: Source) -> None:
    await source.keys.find(source.kid)
    for _ in range(10):
        source.clock.now += 400
        assert source.keys.current(source.kid) is not None
        await source.keys.refresh()


async def test_a_known_key_is_served_while_a_due_refresh_is_under_way(source: Source) -> None:
    await source.keys.find(source.kid)
    source.clock.now += 301
    assert source.keys.current(source.kid) is not None
    assert source.published.requests == 1
    for _ in range(20):
        await asyncio.sleep(0)
    assert source.published.requests == 2


async def test_known_keys_serve_while_the_issuer_is_down(source: Source) -> None:
    await source.keys.find(source.kid)
    source.published.down = True
    source.clock.now += 500
    assert await source.keys.find(source.kid) is not None


async def test_an_unknown_id_is_not_refused_while_the_issuer_is_down(source: Source) -> None:
    await source.keys.find(source.kid)
    source.clock.now += 10
    source.published.down = True
    source.issuer.rotate(keep_old=True)
    began = source.clock.now
    for _ in range(3):
        with pytest.raises(Unavailable):
            await source.keys.find(source.kid)
    fetches = source.published.requests - 1
    assert fetches == 1 + (source.clock.now - began) / 10, "and no oftener than once an interval"
    source.published.down = False
    assert await source.keys.find(source.kid) is not None


async def test_key_set_without_any_key_is_unavailable(source: Source) -> None:
    source.published.down = True
    with pytest.raises(Unavailable) as failed:
        await source.keys.find(source.kid)
    assert failed.value.retry_after == 10


async def test_failed_first_jwks_fetch_does_not_refuse_later_tokens(source: Source) -> None:
    source.published.down = True
    with pytest.raises(Unavailable):
        await source.keys.find(source.kid)
    source.published.down = False
    # Still within the interval: this one waits for the next fetch.
    assert await source.keys.find(source.kid) is not None
    assert source.published.requests == 2


async def test_waiting_lookups_share_a_jwks_fetch_while_the_issuer_is_down(source: Source) -> None:
    source.published.down = True
    waiting = (source.keys.find(source.kid) for _ in range(50))
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in answers)
    assert source.published.requests == 1


async def test_key_set_with_only_old_keys_is_unavailable(source: Source) -> None:
    await source.keys.find(source.kid)
    source.published.down = True
    source.clock.now += 601
    with pytest.raises(Unavailable):
        await source.keys.find(source.kid)


async def test_jwks_outage_ends_without_a_restart(source: Source) -> None:
    source.published.down = True
    with pytest.raises(Unavailable):
        await source.keys.find(source.kid)
    source.published.down = False
    source.clock.now += 10
    assert await source.keys.find(source.kid) is not None


async def test_cancelled_lookup_does_not_cancel_other_lookups() -> None:
    issuer = LocalIssuer.create(ISSUER_URL, ("EdDSA",))
    arrived, go = asyncio.Event(), asyncio.Event()

    async def slow(request: httpx2.Request) -> httpx2.Response:
        arrived.set()
        await go.wait()
        return httpx2.Response(200, json=issuer.jwks())

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(slow))
    keys = KeySet(URL, client, max_age=600, min_interval=10, clock=Clock())
    leaver = asyncio.create_task(keys.find(issuer.key().kid))
    stayer = asyncio.create_task(keys.find(issuer.key().kid))
    await arrived.wait()
    leaver.cancel()
    go.set()
    assert await stayer is not None
    with pytest.raises(asyncio.CancelledError):
        await leaver


async def test_too_many_waiting_lookups_are_refused_with_a_retry_time() -> None:
    go = asyncio.Event()

    async def slow(request: httpx2.Request) -> httpx2.Response:
        await go.wait()
        return httpx2.Response(200, json={"keys": []})

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(slow))
    keys = KeySet(URL, client, max_age=600, min_interval=0.001, clock=Clock())
    waiting = [asyncio.create_task(keys.find(f"k{n}")) for n in range(jwks._MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as told:
        await keys.find("one-more")
    assert told.value.retry_after == 1
    go.set()
    assert set(await asyncio.gather(*waiting)) == {None}


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(500, json={"keys": []}),
        httpx2.Response(302, json={"keys": []}, headers={"location": "http://stranger.test/"}),
        httpx2.Response(200, text="not JSON"),
        httpx2.Response(200, json={"keys": "none"}),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, text="[" * 100_000),
        httpx2.Response(200, text='{"keys": []}' + " " * 600_000),
    ],
    ids=["500", "redirect", "text", "no list", "array", "deep", "huge"],
)
async def test_jwks_answer_in_another_form_is_an_outage(answer: httpx2.Response) -> None:
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: answer))
    keys = KeySet(URL, client, max_age=600, min_interval=10, clock=Clock())
    with pytest.raises(Unavailable):
        await keys.find("any")


async def test_empty_jwks_is_a_valid_answer() -> None:
    client = httpx2.AsyncClient(
        transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json={"keys": []}))
    )
    keys = KeySet(URL, client, max_age=600, min_interval=10, clock=Clock())
    assert await keys.find("any") is None


async def test_key_set_close_ends_a_refresh_under_way() -> None:
    started = asyncio.Event()

    async def endless(request: httpx2.Request) -> httpx2.Response:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(endless))
    keys = KeySet(URL, client, max_age=600, min_interval=10, clock=Clock())
    waiter = asyncio.create_task(keys.find("any"))
    await started.wait()
    await keys.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiter
