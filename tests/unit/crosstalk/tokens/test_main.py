from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from crosstalk.tokens import LocalIssuer
from crosstalk.tokens.__main__ import JWKS_PATH, create_app, public, saved

URL = "http://issuer.test"


def client(keys: Path) -> httpx2.AsyncClient:
    return serving(partial(saved, keys))


def serving(published: Callable[[], dict[str, Any]]) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(create_app(published)), base_url=URL)


async def test_key_server_publishes_the_current_keys_of_the_file(tmp_path: Path) -> None:
    issuer, file = LocalIssuer.create(URL, ("EdDSA", "ES256")), tmp_path / "keys.json"
    issuer.save(file)
    async with client(file) as http:
        assert (await http.get(JWKS_PATH)).json() == issuer.jwks()
        issuer.rotate()
        issuer.save(file)
        assert (await http.get(JWKS_PATH)).json() == issuer.jwks()


async def test_key_server_counts_fetches(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    LocalIssuer.create(URL, ("EdDSA",)).save(file)
    async with client(file) as http:
        for _ in range(3):
            await http.get(JWKS_PATH)
        assert (await http.get("/health")).json() == {"status": "ok", "jwks_fetches": 3}


async def test_key_server_without_keys_is_unavailable(tmp_path: Path) -> None:
    async with client(tmp_path / "none.json") as http:
        assert (await http.get(JWKS_PATH)).status_code == 503


async def test_key_server_publishes_a_public_file_without_private_keys(tmp_path: Path) -> None:
    keys, file = LocalIssuer.create(URL, ("EdDSA",)).jwks(), tmp_path / "jwks.json"
    file.write_text(json.dumps(keys))
    async with serving(partial(public, file)) as http:
        assert (await http.get(JWKS_PATH)).json() == keys
        file.unlink()
        assert (await http.get(JWKS_PATH)).status_code == 503
