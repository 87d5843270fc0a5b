"""Sending again: what counts as lost, how often, and when to stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2
import pytest

from system.errors import CallUnderWay, Conflict, KeyReused, Unavailable
from system.wire import retry
from system.wire.retry import (
    AnswerLostError,
    is_lost,
    is_under_way,
    send_request,
    until_answered,
)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_PAUSE_SECONDS", 0.0)


def sender(*outcomes: str | None) -> tuple[Callable[[], Awaitable[str]], list[int]]:
    """Sends by giving these answers in turn, None for a lost one; and the number of sendings."""
    sent: list[int] = []

    async def send() -> str:
        outcome = outcomes[len(sent)]
        sent.append(1)
        if outcome is None:
            raise AnswerLostError
        return outcome

    return send, sent


@pytest.mark.parametrize(
    ("outcomes", "repeated", "answer"),
    [
        (["yes"], 2, "yes"),
        ([None, "yes"], 2, "yes"),
        ([None, "wait", "yes"], 2, "yes"),
        (["wait", "wait", "wait"], 2, "wait"),
        (["wait"], 0, "wait"),
    ],
)
async def test_retry_sends_until_there_is_an_answer(
    outcomes: list[str | None], repeated: int, answer: str
) -> None:
    send, sent = sender(*outcomes)
    assert await until_answered(send, repeated, lambda each: each == "wait") == answer
    assert len(sent) == len(outcomes)


@pytest.mark.parametrize("repeated", [0, 1, 3])
async def test_retry_gives_up_after_its_repeats(repeated: int) -> None:
    send, sent = sender(*[None] * (repeated + 1))
    with pytest.raises(AnswerLostError):
        await until_answered(send, repeated, lambda each: False)
    assert len(sent) == repeated + 1


async def test_retry_takes_a_refusal_as_an_answer_and_raises_other_failures() -> None:
    async def fails() -> str:
        raise Unavailable

    with pytest.raises(Unavailable):
        await until_answered(fails, 2, lambda each: False)


@pytest.mark.parametrize(
    ("what", "lost"),
    [
        (httpx2.ReadTimeout("x"), True),
        (httpx2.ReadError("x"), True),
        (httpx2.ConnectError("x"), True),
        (httpx2.RemoteProtocolError("x"), True),
        (httpx2.PoolTimeout("x"), False),
        (httpx2.UnsupportedProtocol("x"), False),
        (ValueError("no JSON"), False),
        (httpx2.Response(502), True),
        (httpx2.Response(504), True),
        (httpx2.Response(503), False),
        (httpx2.Response(200), False),
    ],
)
def test_lost_answers_are_those_that_leave_the_outcome_open(
    what: Exception | httpx2.Response, lost: bool
) -> None:
    assert is_lost(what) is lost


def test_only_an_unfinished_first_sending_is_under_way() -> None:
    assert is_under_way(CallUnderWay().envelope())
    for other in (Conflict(), KeyReused(), Unavailable(retry_after=1)):
        assert not is_under_way(other.envelope())
    assert not is_under_way("conflict")


async def test_connection_that_ends_while_it_is_made_is_a_connect_error() -> None:
    def broken(request: httpx2.Request) -> httpx2.Response:
        raise AttributeError("'NoneType' object has no attribute 'family'")

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(broken)) as client:
        request = client.build_request("POST", "http://127.0.0.1:9/mcp")
        with pytest.raises(httpx2.ConnectError, match="ended while it was made"):
            await send_request(client, request)


async def test_answer_is_passed_on() -> None:
    answers = httpx2.MockTransport(lambda request: httpx2.Response(204))
    async with httpx2.AsyncClient(transport=answers) as client:
        assert (
            await send_request(client, client.build_request("GET", "http://x/"))
        ).status_code == 204
