"""Accounts, and the address of the system that they belong to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosstalk.core.errors import HarnessError
from crosstalk.tokens import LocalIssuer
from loadtests.report.counts import MarkedSubject
from loadtests.users.accounts import Account, load_target

_VARIABLES = ("RUN", "BACKEND_URL", "MCP_URL", "MCP_RESOURCE_URL", "ISSUER_KEYS")


@pytest.fixture
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder of `crosstalk up`, and no variable of the environment."""
    for name in _VARIABLES:
        monkeypatch.delenv(f"CROSSTALK_{name}", raising=False)
    LocalIssuer.create("http://127.0.0.1:1", ("EdDSA",)).save(tmp_path / "issuer-keys.json")
    described = {"backend_url": "http://127.0.0.1:2/", "mcp_url": "http://127.0.0.1:3/mcp"}
    (tmp_path / "environment.json").write_text(json.dumps(described))
    return tmp_path


def test_account_survives_the_way_to_another_process() -> None:
    account = Account(MarkedSubject("alice", "mk-00000000000000aa"), "token", "mcp-token")
    assert Account.from_dict(account.to_dict()) == account


def test_load_target_is_read_from_the_run_folder(run_folder: Path) -> None:
    target = load_target(run_folder)
    assert (target.backend_url, target.mcp_url) == ("http://127.0.0.1:2", "http://127.0.0.1:3/mcp")
    accounts = [target.account() for _ in range(2)]
    assert len({each.subject.user for each in accounts}) == 2
    assert all(each.token and each.mcp_token != each.token for each in accounts)


def test_load_target_takes_the_environment_before_the_folder(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSTALK_BACKEND_URL", "http://10.0.0.1:80/")
    assert load_target(run_folder).backend_url == "http://10.0.0.1:80"


def test_load_target_without_a_running_system_names_the_remedy(run_folder: Path) -> None:
    (run_folder / "environment.json").unlink()
    with pytest.raises(HarnessError, match="run `crosstalk up` first"):
        load_target(run_folder)
