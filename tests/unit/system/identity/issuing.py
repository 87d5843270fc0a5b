"""A published JWKS without a network, and verifiers that read it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2

from crosstalk.tokens import LocalIssuer
from system.identity import TokenVerifier, TrustedIssuer

ISSUER_URL = "http://issuer.test"
EXCHANGER_URL = "http://backend.test"
CALLER_URL = "http://mcp.test"
STRANGER_URL = "http://stranger.test"
BACKEND = "crosstalk-backend"
MCP = "http://mcp.test/mcp"
ALGORITHMS = ("EdDSA", "ES256", "RS256", "PS256")


class Clock:
    """A clock that moves when told to; sleeping on it moves it."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Published:
    """Answers JWKS requests for any number of issuers, unless it is down."""

    def __init__(self, *issuers: LocalIssuer) -> None:
        self.documents: dict[str, Callable[[], Any]] = {
            each.url.partition("://")[2]: each.jwks for each in issuers
        }
        self.requests = 0
        self.down = False
        self._arrivals: asyncio.Queue[None] = asyncio.Queue()

    def client(self) -> httpx2.AsyncClient:
        """A client that reaches only these issuers."""
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))

    async def asked(self, times: int) -> None:
        """Wait until this many further requests have come."""
        async with asyncio.timeout(30.0):
            for _ in range(times):
                await self._arrivals.get()

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests += 1
        self._arrivals.put_nowait(None)
        if self.down:
            raise httpx2.ConnectError("refused", request=request)
        return httpx2.Response(200, json=self.documents[request.url.host]())


def trusted(url: str, audience: str) -> TrustedIssuer:
    """An issuer's configuration, all algorithms allowed."""
    return TrustedIssuer(
        issuer=url,
        jwks_url=f"{url}/.well-known/jwks.json",
        audience=audience,
        algorithms=ALGORITHMS,
    )


def backend_verifier(published: Published, **options: Any) -> TokenVerifier:
    """Trusts the sign-in issuer alone, as the backend does."""
    return TokenVerifier([trusted(ISSUER_URL, BACKEND)], http=published.client(), **options)


def mcp_verifier(published: Published, **options: Any) -> TokenVerifier:
    """Trusts the backend and, for desktop clients, the sign-in issuer."""
    issuers = [trusted(EXCHANGER_URL, MCP), trusted(ISSUER_URL, MCP)]
    return TokenVerifier(issuers, http=published.client(), **options)
