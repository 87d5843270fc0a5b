from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence

import httpx2
import pytest

from crosstalk.tokens import BY_NAME, ForgeryContext, LocalIssuer
from crosstalk.tokens.forgeries.base import Header
from crosstalk.tokens.keys import unb64
from crosstalk.tokens.trial import (
    AttemptVerdict,
    HttpReply,
    TrialTarget,
    http_target,
    try_forgeries,
    verdict_of,
)

CONTEXT = ForgeryContext(
    LocalIssuer.create("http://issuer.test"),
    LocalIssuer.create("http://stranger.test", ("EdDSA", "ES256")),
    "alice",
    "backend",
    "http://mcp.test",
)
SOME = [BY_NAME[name] for name in ("expired", "alg-none", "token-in-query", "no-credential")]


class Surface:
    """Serves the valid token and answers anything else with a fixed reply."""

    def __init__(self, reply: HttpReply, control: HttpReply = (200, "", None)) -> None:
        self.reply = reply
        self.control = control
        self.seen: list[tuple[list[Header], dict[str, str]]] = []

    async def send(self, headers: Sequence[Header], query: Mapping[str, str]) -> HttpReply:
        self.seen.append((list(headers), dict(query)))
        first = len(self.seen) == 1 or len(self.seen) == len(SOME) + 2
        return self.control if first else self.reply


REFUSED: HttpReply = (401, "", "Bearer")


async def test_trial_of_a_surface_that_accepts_the_valid_token_alone_is_clean() -> None:
    surface = Surface(REFUSED)
    report = await try_forgeries({"rest": TrialTarget(surface.send)}, CONTEXT, forgeries=SOME)
    summary = report.summary()
    assert report.verdict == summary["verdict"] == "clean"
    assert (summary["kinds"], summary["surfaces"], summary["attempts"]) == (4, 1, 4)
    assert summary["accepted"] == summary["unchallenged"] == summary["inconclusive"] == []
    assert len(surface.seen) == 6
    assert {"access_token"} in [set(query) for _, query in surface.seen]


@pytest.mark.parametrize("status", [200, 204, 302, 403, 404, 409, 422, 500])
async def test_trial_counts_any_authenticated_status_as_accepted(status: int) -> None:
    surface = Surface((status, "", None))
    report = await try_forgeries({"rest": TrialTarget(surface.send)}, CONTEXT, forgeries=SOME)
    assert report.verdict == "leak"
    assert {each["forgery"] for each in report.summary()["accepted"]} == {
        each.name for each in SOME
    }


async def test_trial_of_a_surface_that_refuses_the_valid_token_is_inconclusive() -> None:
    surface = Surface(REFUSED, control=REFUSED)
    report = await try_forgeries({"rest": TrialTarget(surface.send)}, CONTEXT, forgeries=SOME)
    assert report.verdict == "inconclusive"
    assert report.uncontrolled == ["rest"]


async def test_trial_without_a_surface_is_inconclusive() -> None:
    assert (await try_forgeries({}, CONTEXT)).verdict == "inconclusive"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_outage_status_is_inconclusive(status: int) -> None:
    assert verdict_of(status) is AttemptVerdict.INCONCLUSIVE


@pytest.mark.parametrize("status", [400, 413, 414, 431])
def test_unparsed_request_status_is_not_acceptance(status: int) -> None:
    assert verdict_of(status) is AttemptVerdict.UNREADABLE


async def test_trial_lists_refusals_without_a_challenge() -> None:
    surface = Surface((401, "", None))
    report = await try_forgeries({"rest": TrialTarget(surface.send)}, CONTEXT, forgeries=SOME)
    assert len(report.summary()["unchallenged"]) == 4


async def test_trial_lists_responses_that_repeat_the_credential() -> None:
    async def echo(headers: Sequence[Header], query: Mapping[str, str]) -> HttpReply:
        return 401, str(list(headers)), "Bearer"

    report = await try_forgeries({"rest": TrialTarget(echo)}, CONTEXT, forgeries=SOME)
    assert {each["forgery"] for each in report.summary()["echoed"]} == {"expired", "alg-none"}


async def test_trial_sends_no_query_to_a_surface_that_takes_headers_alone() -> None:
    async def send(headers: Sequence[Header]) -> HttpReply:
        return REFUSED if len(headers) != 1 else (200, "", None)

    report = await try_forgeries({"rest": send}, CONTEXT, forgeries=SOME)
    [query] = report.of(AttemptVerdict.NOT_SENDABLE)
    assert query.forgery == "token-in-query"


async def test_lost_connection_is_inconclusive() -> None:
    async def send(headers: Sequence[Header]) -> HttpReply:
        raise httpx2.ConnectError("refused")

    report = await try_forgeries({"rest": send}, CONTEXT, forgeries=SOME)
    assert report.verdict == "inconclusive"
    assert report.controls == {"rest": None}


async def test_trial_attacks_each_surface_in_its_own_context() -> None:
    audiences: list[str] = []

    async def send(headers: Sequence[Header], query: Mapping[str, str]) -> HttpReply:
        for _, value in headers:
            payload = value.split(".")[1]
            audiences.append(json.loads(unb64(payload))["aud"])
        return REFUSED

    other = dataclasses.replace(CONTEXT, audience="http://mcp.test", other_audience="backend")
    expired = [BY_NAME["expired"]]
    await try_forgeries({"mcp": TrialTarget(send, other)}, CONTEXT, forgeries=expired)
    assert audiences == ["http://mcp.test"] * 3


def answering(check: Callable[[httpx2.Request], int]) -> httpx2.AsyncClient:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(check(request), headers={"www-authenticate": "Bearer"})

    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer))


async def test_http_target_receives_every_forgery() -> None:
    requests: list[httpx2.Request] = []

    def check(request: httpx2.Request) -> int:
        requests.append(request)
        return 401

    target = http_target(
        answering(check), "POST", "http://rest.test/x", json={"a": 1}, headers={"accept": "x/y"}
    )
    await try_forgeries({"rest": target}, CONTEXT)
    assert all(request.headers["accept"] == "x/y" for request in requests)
    assert all(request.content == b'{"a":1}' for request in requests)
    assert any(len(request.headers.get_list("authorization")) == 2 for request in requests)
    assert any("access_token" in request.url.params for request in requests)
    assert any(b"\xef\xbc\x8e" in value for request in requests for _, value in request.headers.raw)
