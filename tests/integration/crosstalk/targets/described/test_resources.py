"""Resources, prompts and completions of described servers, on every transport."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.crosstalk.targets.described.describing import campaign, describe

# Each transport, each leak; the operation that shows it.
FORMS = [
    ("current", "bearer", "resource", "mcp:resources/read note://one/{note_id}"),
    ("stateful", "bearer", "index", "mcp:resources/read note://index"),
    ("stateless", "header", "resource-list", "mcp:resources/list"),
    ("sse", "bearer", "prompt", "mcp:prompts/get digest"),
    ("json-rpc", "header", "completion", "mcp:completion/complete note://one/{note_id} note_id"),
]


@pytest.mark.parametrize(("transport", "identity", "leak", "operation"), FORMS)
def test_leak_beside_the_tools_is_found_where_it_is(
    tmp_path: Path, transport: str, identity: str, leak: str, operation: str
) -> None:
    file = describe(tmp_path, transport, identity, "--resources", "--leak", leak)
    result = campaign(file, calls=500)
    assert result.verdict == "leak"
    # A template's address may have been read as a resource's.
    assert operation.startswith(result.findings[0].operation)


@pytest.mark.parametrize("transport", ["current", "stateful", "sse"])
def test_isolated_resources_are_clean_and_were_read(tmp_path: Path, transport: str) -> None:
    result = campaign(describe(tmp_path, transport, "bearer", "--resources"), calls=260)
    assert result.findings == []
    assert not [each for each in result.inconclusive if each.where.startswith("mcp:")]
    for operation in (each for _, _, _, each in FORMS):
        assert result.controls[operation].own_reads, operation


def test_resources_over_standard_streams_are_read(tmp_path: Path) -> None:
    """One process answers every user there, and a resource does not say whose is meant."""
    result = campaign(describe(tmp_path, "stdio", "argument", "--resources"), calls=200)
    assert result.controls["mcp:prompts/get digest"].calls
