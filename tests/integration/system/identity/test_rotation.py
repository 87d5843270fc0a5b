"""Keys are replaced under traffic of real services: no user is refused, and issuers are spared."""

from __future__ import annotations

import asyncio
import json
import time

import httpx2
import pytest

from crosstalk.environment import RunningSystem
from crosstalk.environment.backends.wiring import KEYS_INTERVAL
from crosstalk.tokens import BACKEND_AUDIENCE, KeyPair
from tests.integration.system.identity.traffic import Traffic, flood, meanwhile

# `JWKS_REFRESH_SECONDS` of the services.
INTERVAL = float(KEYS_INTERVAL["JWKS_REFRESH_SECONDS"])


@pytest.mark.long
async def test_the_issuers_key_is_replaced_while_forged_key_ids_pour_in(
    running: RunningSystem, alice: str
) -> None:
    issuer = running.issuer
    signing = [issuer.key()]

    async with httpx2.AsyncClient(timeout=20.0) as http:
        calls = Traffic(running, alice, http)

        async def fetches() -> int:
            health = await http.get(f"{issuer.url}/health")
            return int(health.json()["jwks_fetches"])

        async def rest() -> None:
            for key in tuple(signing):
                await calls.rest(key)

        async def tools() -> None:
            for key in tuple(signing):
                await calls.tool(issuer, key)

        old = issuer.key().kid
        async with meanwhile(rest, tools):
            await calls.more(old)
            before, began = await fetches(), time.monotonic()
            pouring = asyncio.create_task(
                flood(
                    f"{running.backend_url}/api/{alice}/tasks", issuer.url, BACKEND_AUDIENCE, 10_000
                )
            )
            await calls.more(old)
            new = issuer.rotate(keep_old=True)
            issuer.save(running.issuer_keys)
            signing.insert(0, new)
            await calls.more(new.kid)
            issuer.withdraw(old)
            issuer.save(running.issuer_keys)
            await calls.more(old)
            statuses = await pouring
            intervals = (time.monotonic() - began) / INTERVAL
            asked = await fetches() - before
            await calls.more(new.kid)
        assert statuses == {401: 10_000}
        assert not calls.refused
        # The MCP server, which nobody floods, asks once for the new key.
        assert asked <= intervals + 1 + 1


async def test_the_backends_own_key_is_replaced_and_no_tool_call_is_refused(
    running: RunningSystem, alice: str
) -> None:
    exchanger, backend = running.exchanger, running.services["backend"]
    old, new = exchanger.key(), KeyPair.generate("EdDSA")
    async with httpx2.AsyncClient(timeout=20.0) as http:
        calls = Traffic(running, alice, http)
        async with meanwhile(lambda: calls.tool(exchanger, old)):
            await calls.more(old.kid)
            backend.environment = {
                **backend.environment,
                "BACKEND_SIGNING_KEY": json.dumps(new.private_jwk()),
                "BACKEND_PUBLISHED_KEYS": json.dumps([old.public_jwk()]),
            }
            await asyncio.to_thread(running.restart, "backend")
            exchanger.keys = [new, old]
            for _ in range(3):
                await calls.tool(exchanger, new)
            forged = await flood(running.mcp_url, exchanger.url, running.mcp_url, 500)
            answer = await http.post(
                f"{running.backend_url}/api/chat",
                json={"message": "show my tasks"},
                headers={"Authorization": f"Bearer {running.mint(alice)}"},
            )
            await calls.more(old.kid)
        assert not calls.refused
        assert forged == {401: 500}
        assert answer.json()["tool_calls"][0]["name"] == "list_tasks"


async def test_known_keys_verify_while_the_issuer_is_down_and_unknown_ones_are_retryable(
    running: RunningSystem, alice: str
) -> None:
    issuer = running.issuer
    async with httpx2.AsyncClient(timeout=20.0) as http:

        async def read(key: KeyPair) -> httpx2.Response:
            token = key.sign(issuer.claims(alice, audience=BACKEND_AUDIENCE))
            return await http.get(
                f"{running.backend_url}/api/{alice}/tasks",
                headers={"Authorization": f"Bearer {token}"},
            )

        known = issuer.key()
        assert (await read(known)).status_code == 200
        running.stop("issuer")
        try:
            new = issuer.rotate(keep_old=True)
            issuer.save(running.issuer_keys)
            assert (await read(known)).status_code == 200
            answer = await read(new)
            assert answer.status_code == 503
            assert answer.json()["error_code"] == "unavailable"
            assert answer.headers["Retry-After"] == "1"
            assert "WWW-Authenticate" not in answer.headers
        finally:
            await asyncio.to_thread(running.start, "issuer")
        await asyncio.sleep(int(answer.headers["Retry-After"]))
        assert (await read(new)).status_code == 200
