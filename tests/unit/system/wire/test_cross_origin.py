"""Preflights that are refused are answered in the error envelope."""

from __future__ import annotations

import httpx2
import pytest
from starlette.applications import Starlette

from system.wire.cross_origin import CrossOrigin

_PAGE = "https://app.example.com"


@pytest.mark.parametrize(
    ("origin", "method", "status"),
    [(_PAGE, "GET", 200), (_PAGE, "PUT", 400), ("https://evil.example", "GET", 400)],
)
async def test_refused_preflight_has_the_envelope(origin: str, method: str, status: int) -> None:
    app = CrossOrigin(Starlette(), allow_origins=[_PAGE], allow_methods=["GET"])
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api.test") as client:
        answer = await client.options("/", headers=asked)
    assert answer.status_code == status
    assert "Origin" in answer.headers["vary"]
    assert answer.headers.get("access-control-allow-origin") == (
        origin if origin == _PAGE else None
    )
    if status == 400:
        assert answer.json()["error_code"] == "validation_error"
        assert origin not in answer.text
