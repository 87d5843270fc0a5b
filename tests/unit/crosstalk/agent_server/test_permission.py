"""Permission of agents: loopback alone, unless the person's own file says more."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstalk.agent_server import permission
from crosstalk.agent_server.permission import Permission, read_permission
from crosstalk.agent_server.verbs import bounded
from crosstalk.core.errors import HarnessError

NOTHING = Permission(frozenset(), False, Path("agents.toml"))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/mcp", "http://localhost/", "http://[::1]:80/", "ws://127.9.9.9/"]
)
def test_loopback_is_allowed(url: str) -> None:
    NOTHING.require_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/",
        "http://localhost.example.com/",
        "http://127.0.0.1@example.com/",
        "http://[/",
        "nothing",
        "http://0.0.0.0/",
    ],
)
def test_other_hosts_are_refused(url: str) -> None:
    with pytest.raises(HarnessError, match=r"agents\.toml"):
        NOTHING.require_url(url)


@pytest.mark.parametrize(
    "text",
    [
        '[mcp]\nurl = "http://example.com/{user}/mcp"\n',
        '[mcp]\nurl = "$PLACE/mcp"\n[[listen]]\nurl = "https://example.com"\n',
        '[mcp]\nurl = "http://127.0.0.1/"\n[start]\ncommand = ["true"]\n',
        '[mcp]\nurl = "http://127.0.0.1/"\n[identity]\ntoken_command = ["true"]\n',
        '[rest]\nopenapi = "api.json"\n',
    ],
)
def test_descriptions_that_reach_or_start_more_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "crosstalk.toml"
    file.write_text(text)
    with pytest.raises(HarnessError, match="refused"):
        NOTHING.require_target(file)


def test_a_document_on_loopback_says_where_its_api_is(tmp_path: Path) -> None:
    file = tmp_path / "crosstalk.toml"
    file.write_text('[rest]\nopenapi = "http://127.0.0.1:8000/openapi.json"\n')
    NOTHING.require_target(file)
    file.write_text('[rest]\nopenapi = "http://example.com/openapi.json"\n')
    with pytest.raises(HarnessError, match=r"example\.com"):
        NOTHING.require_target(file)


def test_variables_in_a_url_are_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACE", "http://example.com")
    file = tmp_path / "crosstalk.toml"
    file.write_text('[mcp]\nurl = "$PLACE/mcp"\n')
    with pytest.raises(HarnessError, match=r"example\.com"):
        NOTHING.require_target(file)


def test_the_persons_file_allows_hosts_and_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permission, "user_config_path", lambda name: tmp_path)
    assert read_permission() == Permission(frozenset(), False, tmp_path / "agents.toml")
    (tmp_path / "agents.toml").write_text('hosts = ["example.com"]\ncommands = true\n')
    allowed = read_permission()
    allowed.require_url("https://example.com/mcp")
    file = tmp_path / "crosstalk.toml"
    file.write_text('[mcp]\ntransport = "stdio"\ncommand = ["server"]\n')
    allowed.require_target(file)
    (tmp_path / "agents.toml").write_text('host = ["example.com"]\n')
    with pytest.raises(HarnessError, match="`hosts`"):
        read_permission()


def test_long_answers_are_cut_and_say_so() -> None:
    assert bounded("x" * 12, 10) == "x" * 10 + "\n… 2 more characters are left out"
