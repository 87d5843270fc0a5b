"""Self-descriptions of a described server: lists, greeting, undeclared paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.crosstalk.targets.described.describing import campaign, describe

FORMS = [
    ("current", "description", "mcp:tools/list"),
    ("stateful", "instructions", "mcp:initialize"),
    ("sse", "instructions", "mcp:initialize"),
    ("stateless", "debug", "mcp:GET /debug"),
]


@pytest.mark.parametrize(("transport", "leak", "operation"), FORMS)
def test_users_data_in_what_a_server_says_of_itself_is_found(
    tmp_path: Path, transport: str, leak: str, operation: str
) -> None:
    result = campaign(describe(tmp_path, transport, "bearer", "--leak", leak), calls=800)
    (finding,) = result.findings
    assert (finding.oracle, finding.operation) == ("canary", operation)


def test_self_description_of_a_sound_server_is_read_by_a_user_and_a_stranger(
    tmp_path: Path,
) -> None:
    result = campaign(describe(tmp_path, "stateful", "bearer"), calls=300)
    assert result.findings == []
    assert not [each for each in result.inconclusive if each.where.startswith("mcp:")]
    assert result.situations["self-descriptions read"]
    # A stranger is refused the lists, which is no finding.
    assert result.controls["mcp:tools/list"].foreign_attempts
    assert result.controls["mcp:GET /debug"].calls
