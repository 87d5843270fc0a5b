"""Tokens whose session has ended."""

from __future__ import annotations

import asyncio
import logging

import httpx2
import pytest
from pydantic import ValidationError

from crosstalk.tokens import LocalIssuer
from system.errors import Unauthorized
from system.identity import TokenVerifier
from tests.unit.system.identity.issuing import BACKEND, ISSUER_URL, trusted

_LIST = f"{ISSUER_URL}/revoked"


class SignIn:
    """An issuer that publishes keys, and whatever it is told to as its ended sessions."""

    def __init__(self) -> None:
        self.issuer = LocalIssuer.create(ISSUER_URL, ("EdDSA",))
        self.ended: object = {"sids": []}
        self.status = 200
        self.readings = 0
        self._read = asyncio.Event()

    def verifier(self) -> TokenVerifier:
        """A verifier that reads the list ever again."""
        trusting = trusted(ISSUER_URL, BACKEND).model_copy(update={"revocations_url": _LIST})
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        return TokenVerifier([trusting], http=http, revocations_refresh_interval=0.001)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if str(request.url) != _LIST:
            return httpx2.Response(200, json=self.issuer.jwks())
        self.readings += 1
        self._read.set()
        return httpx2.Response(self.status, json=self.ended)

    async def read(self) -> None:
        """Wait until the list was read from now on, and taken."""
        async with asyncio.timeout(30.0):
            # The one before the second has been taken.
            for _ in range(2):
                self._read.clear()
                await self._read.wait()


@pytest.fixture
def sign_in() -> SignIn:
    return SignIn()


async def test_token_of_an_ended_session_is_refused_and_no_other(sign_in: SignIn) -> None:
    verifier = sign_in.verifier()
    verifier.keep_warm()
    hers, others = (sign_in.issuer.mint("alice", sid=each) for each in ("one", "two"))
    without = sign_in.issuer.mint("alice")
    for token in (hers, others, without):
        # Remembered as verified from here on.
        assert (await verifier.verify(token)).user_id == "alice"
    sign_in.ended = {"sids": ["one", 7, None]}
    await sign_in.read()
    with pytest.raises(Unauthorized):
        await verifier.verify(hers)
    with pytest.raises(Unauthorized):
        await verifier.verify(sign_in.issuer.mint("alice", sid="one"))
    assert (await verifier.verify(others)).user_id == "alice"
    assert (await verifier.verify(without)).user_id == "alice"
    await verifier.aclose()


@pytest.mark.parametrize(("status", "answer"), [(503, {}), (200, []), (200, {"sids": "one"})])
async def test_last_list_counts_while_the_issuer_gives_none(
    sign_in: SignIn, status: int, answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in.ended = {"sids": ["one"]}
    verifier = sign_in.verifier()
    verifier.keep_warm()
    await sign_in.read()
    sign_in.status, sign_in.ended = status, answer
    with caplog.at_level(logging.WARNING):
        await sign_in.read()
    with pytest.raises(Unauthorized):
        await verifier.verify(sign_in.issuer.mint("alice", sid="one"))
    # One line for an outage, however long.
    assert caplog.text.count("ended sessions not read") == 1
    await verifier.aclose()


async def test_token_outlives_its_session_where_no_list_is_configured(sign_in: SignIn) -> None:
    sign_in.ended = {"sids": ["one"]}
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(sign_in._answer))
    verifier = TokenVerifier([trusted(ISSUER_URL, BACKEND)], http=http)
    verifier.keep_warm()
    token = sign_in.issuer.mint("alice", sid="one")
    assert (await verifier.verify(token)).user_id == "alice"
    assert sign_in.readings == 0
    await verifier.aclose()


def test_list_has_to_be_at_a_url() -> None:
    with pytest.raises(ValidationError, match="revocations_url"):
        trusted(ISSUER_URL, BACKEND).model_validate(
            {**trusted(ISSUER_URL, BACKEND).model_dump(), "revocations_url": "revoked"}
        )
