"""Lines of the log: what a library puts into its messages does not get there."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from system.wire.logs import JsonFormatter


def line(name: str, message: object, *arguments: object, **more: Any) -> dict[str, Any]:
    """What one record becomes."""
    record = logging.LogRecord(
        name, logging.WARNING, "/lib/some/tool.py", 12, message, arguments, more.pop("exc", None)
    )
    vars(record).update(more)
    return dict(json.loads(JsonFormatter("backend").format(record)))


def test_log_shows_the_systems_own_messages_whole() -> None:
    told = line("system.mcp.guarded", "tool call", tool="add_task", ms=1.5)
    assert (told["message"], told["tool"], told["ms"]) == ("tool call", "add_task", 1.5)
    assert told["service"] == "backend"
    assert line("uvicorn.error", "Cancel %s running task(s)", 3)["message"] == (
        "Cancel 3 running task(s)"
    )


@pytest.mark.parametrize(
    "name", ["agents", "openai.agents", "mcp.server.runner", "sqlalchemy.pool"]
)
def test_log_shows_only_the_source_text_of_a_librarys_message(name: str) -> None:
    told = line(name, "%s failed: %s", "tool", "pomegranate")
    assert (told["message"], told["place"]) == ("%s failed: %s", "tool.py:12")
    ready_made = line(name, "Invalid Host header: pomegranate")
    assert (ready_made["message"], ready_made["place"]) == ("(withheld)", "tool.py:12")
    odd = line(name, ValueError("pomegranate"), "x", input="pomegranate")
    assert "pomegranate" not in json.dumps(odd)


def test_log_does_not_show_the_exception_of_a_lost_task() -> None:
    told = line(
        "asyncio", "Task exception was never retrieved\nfuture: <Task exception='pomegranate'>"
    )
    assert told["message"] == "Task exception was never retrieved"
    assert "pomegranate" not in json.dumps(told)


def test_log_shows_an_exception_by_type_and_place() -> None:
    try:
        raise ValueError("pomegranate")
    except ValueError:
        told = line("system.request", "request failed", exc=sys.exc_info())
    assert told["exception"] == "ValueError"
    assert told["trace"][0].startswith("test_logs.py:")
    assert "pomegranate" not in json.dumps(told)
