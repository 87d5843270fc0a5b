"""A rate limit at the MCP server reaches the agent as what it is, and figures follow the agent."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from system.backend.agent.connection import McpConnection
from system.backend.agent.toolbox import called
from system.errors import RateLimited, Unavailable
from tests.unit.system.backend.serving import serving


@pytest.mark.parametrize(
    ("given", "expected"), [("17", 17), (None, 1), ("soon", 1), ("-5", 1), ("9" * 30, 1)]
)
async def test_bridge_reports_the_retry_time_of_a_rate_limit(
    given: str | None, expected: int
) -> None:
    asked = 0

    async def limited(request: Request) -> Response:
        nonlocal asked
        asked += 1
        headers = {"Retry-After": given} if given else {}
        return JSONResponse(RateLimited().envelope(), 429, headers)

    async with serving(Starlette(routes=[Route("/mcp", limited, methods=["POST"])])) as url:
        connection = McpConnection(f"{url}/mcp", timeout=5.0, max_connections=1)
        with pytest.raises(RateLimited) as refused:
            await connection.call("list_tasks", {}, "token")
        await connection.aclose()
    assert refused.value.retry_after == expected
    # Asking again at once is what the limit is against.
    assert asked == 1


class Failing:
    """One user's tools, of which every call fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RateLimited(retry_after=3), "rate_limited"),
        (Unavailable("at 10.0.0.7"), "unavailable"),
        (RuntimeError("at 10.0.0.7"), "unavailable"),
    ],
)
async def test_model_reads_of_a_rate_limit_and_of_no_other_failure(
    error: Exception, code: str
) -> None:
    told = await called(cast(Any, Failing(error)), "list_tasks", "{}")
    assert json.loads(told)["error_code"] == code
    assert "10.0.0.7" not in told


@pytest.mark.parametrize("given", ["[1]", "{", "null", '"text"'])
async def test_toolbox_does_not_call_a_tool_with_arguments_that_are_not_an_object(
    given: str,
) -> None:
    told = await called(cast(Any, Failing(AssertionError())), "list_tasks", given)
    assert json.loads(told)["error_code"] == "validation_error"


@pytest.mark.parametrize(
    "given",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"title": "' + "a" * 70_000 + '"}',
        '{"title": "\\ud800"}',
        '{"title": "\ud800"}',
        '{"title": "\x00"}',
    ],
    ids=["arrays", "objects", "long", "half a character escaped", "half a character", "NUL"],
)
async def test_arguments_that_a_model_gone_wrong_writes_are_errors_that_it_reads(
    given: str,
) -> None:
    told = await called(cast(Any, Failing(AssertionError())), "add_task", given)
    assert json.loads(told)["error_code"] == "validation_error"
