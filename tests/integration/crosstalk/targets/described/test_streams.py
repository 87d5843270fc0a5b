"""What described servers send outside of replies, and send again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.crosstalk.targets.described.describing import campaign
from tests.integration.crosstalk.targets.described.streams_server import streaming

_DESCRIPTION = """
[mcp]
transport = "streamable-http-older"
url = "{url}"
[identity]
by = ["bearer"]
token = "token-of-{user}"
[users.alice]
[users.bob]
[users.carol]
"""


def describe(folder: Path, url: str) -> Path:
    """A `crosstalk.toml` for the server behind an endpoint."""
    file = folder / "crosstalk.toml"
    file.write_text(_DESCRIPTION.replace("{url}", url))
    return file


@pytest.mark.parametrize(
    ("leak", "operation"),
    [
        ("broadcast", "mcp:notifications"),
        pytest.param("resume", "mcp:streams/resume", marks=pytest.mark.long),
        pytest.param("stream-owner", "mcp:notifications", marks=pytest.mark.long),
    ],
)
def test_stream_that_tells_another_user_is_found(tmp_path: Path, leak: str, operation: str) -> None:
    with streaming(leak) as url:
        result = campaign(describe(tmp_path, url), calls=400, findings=6)
    assert ("canary", operation) in {(each.oracle, each.operation) for each in result.findings}


def test_streams_of_their_owners_alone_are_clean_and_were_heard(tmp_path: Path) -> None:
    with streaming() as url:
        result = campaign(describe(tmp_path, url), calls=1_000)
    assert result.findings == []
    assert not [each for each in result.inconclusive if each.where.startswith("mcp:")]
    assert result.controls["mcp:notifications"].own_reads
    assert result.controls["mcp:streams/resume"].own_reads
    assert result.situations["notifications listened for"]
    assert result.situations["streams resumed"]


@pytest.mark.parametrize(
    ("leak", "oracle", "operation"),
    [
        pytest.param("task", "canary", "mcp:tasks/result", marks=pytest.mark.long),
        pytest.param("task-list", "canary", "mcp:tasks/list", marks=pytest.mark.long),
        pytest.param("task-cancel", "existence", "mcp:tasks/cancel", marks=pytest.mark.long),
    ],
)
def test_task_that_another_user_can_reach_is_found(
    tmp_path: Path, leak: str, oracle: str, operation: str
) -> None:
    with streaming(leak, tasks=True) as url:
        result = campaign(describe(tmp_path, url), calls=500, findings=6)
    assert (oracle, operation) in {(each.oracle, each.operation) for each in result.findings}


def test_tasks_of_their_owners_alone_are_clean_and_were_awaited(tmp_path: Path) -> None:
    with streaming(tasks=True) as url:
        result = campaign(describe(tmp_path, url), calls=300)
    assert result.findings == []
    assert not [each for each in result.inconclusive if each.where.startswith("mcp:")]
    for operation in ("mcp:export_notes", "mcp:tasks/get", "mcp:tasks/result", "mcp:tasks/list"):
        assert result.controls[operation].own_reads, operation
