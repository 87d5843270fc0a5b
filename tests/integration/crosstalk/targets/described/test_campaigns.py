"""The campaign from a `crosstalk.toml` alone: clean where nothing leaks, else a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.core.verdict import InconclusiveKind
from tests.integration.crosstalk.targets.described.describing import campaign, describe

# Every transport and every way of saying who one is, each at least once; the forms of replies,
# errors and ids are spread over them.
FORMS = [
    ("current", "bearer", ("--replies", "rows", "--errors", "text"), "list"),
    ("current", "argument", ("--ids", "sequence", "--nested"), "get"),
    ("stateful", "header", ("--replies", "double", "--errors", "inside", "--stream"), "get"),
    ("stateful", "login", ("--ids", "sequence"), "list"),
    ("stateful", "session", (), "session"),
    ("stateful", "bearer", ("--ids", "sequence"), "session-owner"),
    ("stateless", "url", ("--replies", "prose"), "update"),
    ("sse", "bearer", ("--replies", "sentences", "--ids", "sequence"), "get"),
    ("json-rpc", "optional-argument", ("--ids", "per-user", "--errors", "text"), "get"),
    ("stdio", "token-argument", ("--errors", "text"), "trust"),
    ("stdio", "argument", ("--ids", "key"), "key"),
]


@pytest.mark.parametrize(("transport", "identity", "options", "leak"), FORMS)
def test_isolated_server_is_clean(
    tmp_path: Path, transport: str, identity: str, options: tuple[str, ...], leak: str
) -> None:
    result = campaign(describe(tmp_path, transport, identity, *options), calls=200)
    assert result.findings == []
    gone = [each for each in result.inconclusive if each.kind is InconclusiveKind.TARGET_FAILED]
    assert gone == []
    answered = [name for name, control in result.controls.items() if control.own_reads]
    assert len(answered) >= 2, "nobody ever saw their own data"


@pytest.mark.parametrize(("transport", "identity", "options", "leak"), FORMS)
def test_leaking_server_is_found(
    tmp_path: Path, transport: str, identity: str, options: tuple[str, ...], leak: str
) -> None:
    file = describe(tmp_path, transport, identity, *options, "--leak", leak)
    result = campaign(file, calls=700)
    assert result.verdict == "leak"
    assert result.findings[0].confirmed


@pytest.mark.parametrize(
    ("transport", "identity", "says_who"),
    [
        ("stdio", "argument", "the argument user_id"),
        ("stateful", "header", "the header X-User-Id"),
        ("stateless", "url", "the address"),
        ("stateful", "session", "a session that needs no login"),
    ],
)
def test_server_without_any_credential_is_a_finding_with_two_calls(
    tmp_path: Path, transport: str, identity: str, says_who: str
) -> None:
    result = campaign(describe(tmp_path, transport, identity, accepted=False), calls=200)
    (finding,) = result.findings
    assert (finding.oracle, len(finding.script.steps)) == ("identity", 2)
    assert result.exit_code() == 1
    assert f"any client that reaches this server can act as any user: {says_who}" in finding.summary
    assert "mcp:list_notes" in finding.summary
    assert "mcp:get_note" in finding.summary


@pytest.mark.long
def test_server_without_users_is_told_beside_what_crosses(tmp_path: Path) -> None:
    file = describe(tmp_path, "json-rpc", "none", accepted=False)
    oracles = {each.oracle for each in campaign(file, calls=1_000, findings=20).findings}
    assert {"identity", "canary"} <= oracles


def test_a_clean_verdict_has_an_opportunity_for_every_oracle_that_applies(tmp_path: Path) -> None:
    result = campaign(describe(tmp_path, "stdio", "argument"), calls=600)
    assert result.verdict == "clean"
    assert set(result.not_applicable) == {"identity", "concurrency", "layer"}


def test_sharing_that_is_meant_is_no_finding(tmp_path: Path) -> None:
    flow = '[[allowed_flows]]\ntools = ["list_notes", "search_notes"]\n'
    file = describe(tmp_path, "stdio", "argument", "--leak", "list", extra=f"\n{flow}")
    result = campaign(file, calls=250)
    assert result.findings == []


def test_users_who_exist_already_are_used_as_they_are(tmp_path: Path) -> None:
    users = '\n[users.ann]\nsubject = "user-1"\n[users.ben]\nsubject = "user-2"\n'
    file = describe(tmp_path, "stdio", "argument", "--leak", "get", extra=users)
    result = campaign(file, calls=700)
    assert result.verdict == "leak"
    assert set(result.findings[0].actors) <= {"alice", "bob"}
