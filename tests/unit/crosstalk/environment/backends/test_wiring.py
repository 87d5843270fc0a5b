"""Settings that a service gets: its own, and with `up` those that a person's shell has."""

from __future__ import annotations

from pathlib import Path

import pytest
from annotated_types import Ge

from crosstalk.environment.backends.options import METRICS, SERVICES, ProcessOptions
from crosstalk.environment.backends.wiring import Wiring
from system.identity.settings import IdentitySettings
from tests.repository import ROOT

_KEYS = "JWKS_REFRESH_SECONDS"

PORTS = {name: 21_000 + number for number, name in enumerate((*SERVICES, *METRICS))}


def wiring(options: ProcessOptions) -> Wiring:
    return Wiring(options, ROOT, PORTS)


def test_a_compatible_server_is_spoken_to_by_the_api_that_is_named(tmp_path: Path) -> None:
    options = ProcessOptions(
        tmp_path, openai_base_url="http://localhost:11434/v1", openai_api="chat_completions"
    )
    assert wiring(options).environment("backend")["OPENAI_API"] == "chat_completions"
    options = ProcessOptions(tmp_path, openai_base_url="http://localhost:11434/v1")
    assert "OPENAI_API" not in wiring(options).environment("backend")


def test_tokens_of_unknown_keys_wait_as_short_as_the_services_allow(tmp_path: Path) -> None:
    for service in ("mcp", "backend"):
        seconds = float(wiring(ProcessOptions(tmp_path)).environment(service)[_KEYS])
        (shortest,) = (
            each.ge
            for each in IdentitySettings.model_fields[_KEYS.lower()].metadata
            if isinstance(each, Ge)
        )
        assert seconds == shortest


def test_a_person_chooses_for_how_long_tokens_of_unknown_keys_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(_KEYS, "2")
    handed = wiring(ProcessOptions(tmp_path, hand_on_settings=True))
    assert handed.environment("mcp")[_KEYS] == "2"


def test_settings_of_the_shell_are_handed_on_where_the_start_does_not_decide_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AGENT_MAX_OUTPUT_TOKENS": "900",
        "LOG_LEVEL": "DEBUG",
        "DATABASE_URL": "postgresql://another/one",
        "CURSOR_SECRET": "the caller's",
        "ENVIRONMENT": "production",
        "OPENAI_API": "chat_completions",
        "AWS_SECRET_ACCESS_KEY": "the caller's",
    }.items():
        monkeypatch.setenv(name, value)
    plain = wiring(ProcessOptions(tmp_path)).environment("backend")
    assert "AGENT_MAX_OUTPUT_TOKENS" not in plain
    assert plain["LOG_LEVEL"] == "INFO"
    handed = wiring(ProcessOptions(tmp_path, hand_on_settings=True))
    backend, mcp = handed.environment("backend"), handed.environment("mcp")
    assert (backend["AGENT_MAX_OUTPUT_TOKENS"], backend["LOG_LEVEL"]) == ("900", "DEBUG")
    assert (mcp["LOG_LEVEL"], "AGENT_MAX_OUTPUT_TOKENS" in mcp) == ("DEBUG", False)
    # The offline model is spoken to in its own way; the rest is the start's.
    assert not {"ENVIRONMENT", "OPENAI_API", "AWS_SECRET_ACCESS_KEY"} & {*backend, *mcp}
    assert "another" not in backend["DATABASE_URL"]
    assert backend["CURSOR_SECRET"] != "the caller's"
