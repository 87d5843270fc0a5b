"""Refusals without a readable body get the envelope; everything else is left as it is."""

from __future__ import annotations

import httpx2
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from system.mcp.refusals import EnvelopedRefusals


async def _answer(response: Response) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=EnvelopedRefusals(response))
    async with httpx2.AsyncClient(transport=transport, base_url="http://mcp") as client:
        return await client.post("/mcp")


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (Response(status_code=405, headers={"Allow": "POST"}), "validation_error"),
        (Response(status_code=406), "validation_error"),
        (PlainTextResponse("Not Found", 404), "not_found"),
        (PlainTextResponse("Internal Server Error", 500), "server_error"),
    ],
)
async def test_refusal_without_json_gets_the_envelope(response: Response, code: str) -> None:
    answer = await _answer(response)
    assert answer.status_code == response.status_code
    assert answer.json()["error_code"] == code
    assert answer.headers.get("allow") == response.headers.get("allow")


@pytest.mark.parametrize(
    "response",
    [
        Response(status_code=202),
        PlainTextResponse("ok"),
        JSONResponse({"jsonrpc": "2.0", "error": {"code": -32600}}, 400),
    ],
)
async def test_other_answers_are_left_as_they_are(response: Response) -> None:
    answer = await _answer(response)
    assert (answer.status_code, answer.content) == (response.status_code, response.body)
