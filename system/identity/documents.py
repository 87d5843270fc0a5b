"""Fetching of an issuer's published documents, bounded in size and time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2

FETCH_SECONDS = 5.0
# All that can come of an issuer that is down, slow, wrong or endless.
FETCH_ERRORS = (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError, TimeoutError)


async def fetch_json(
    http: httpx2.AsyncClient, url: str, *, most_bytes: int, accept: str = "application/json"
) -> Any:
    """Fetch a JSON document.

    Args:
        http: Client that fetches it; redirects are not followed.
        url: Where it is.
        most_bytes: The largest document that is read.
        accept: The `Accept` header.

    Raises:
        One of `FETCH_ERRORS`: It cannot be had, or is too large or not JSON.
    """
    body = bytearray()
    async with (
        asyncio.timeout(FETCH_SECONDS),
        http.stream(
            "GET", url, headers={"accept": accept}, timeout=FETCH_SECONDS, follow_redirects=False
        ) as response,
    ):
        if response.status_code != 200:
            raise ValueError("not 200")
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > most_bytes:
                raise ValueError("too large")
    return json.loads(bytes(body))
