"""`crosstalk doctor` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosstalk.cli.app import app
from tests.unit.crosstalk.doctor.deployment import deployed


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep runs in a temporary folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CROSSTALK_TOKEN", raising=False)


def test_doctor_of_a_sound_deployment_exits_with_0() -> None:
    with deployed() as system:
        done = CliRunner().invoke(app, ["doctor", system.url, system.mcp_url])
    assert done.exit_code == 0, done.output
    assert "  ok   ready: database" in done.output
    assert "0 failed" in done.output


def test_doctor_of_a_failing_deployment_exits_with_1_and_says_what_to_change(
    tmp_path: Path,
) -> None:
    with deployed() as system:
        system.say("GET /ready", 503, {"checks": {"database": "unavailable"}})
        done = CliRunner().invoke(app, ["doctor", system.url])
    assert done.exit_code == 1
    assert "  fail ready: not usable: database\n       change: see DATABASE_URL" in done.output
    summary = json.loads((tmp_path / ".crosstalk/runs/doctor/latest/summary.json").read_text())
    assert summary["verdict"] == "fail"


def test_doctor_json_is_one_object_and_nothing_else() -> None:
    with deployed() as system:
        done = CliRunner().invoke(app, ["doctor", "--json", system.url])
    told = json.loads(done.stdout)
    assert told["verdict"] == "ok"
    assert {"target", "check", "status", "found", "change"} == set(told["checks"][0])
    assert 0 < told["requests"] < 30


def test_doctor_keeps_control_characters_from_the_terminal() -> None:
    with deployed() as system:
        system.say("GET /ready", 503, {"checks": {"\x1b[31mred": "down"}})
        done = CliRunner().invoke(app, ["doctor", system.url])
    assert "\x1b[31mred" not in done.output


def test_doctor_shows_no_token() -> None:
    with deployed() as system:
        token = system.token(ttl=-60)
        system.accepted.clear()
        done = CliRunner().invoke(app, ["doctor", system.url], env={"CROSSTALK_TOKEN": token})
    assert done.exit_code == 1
    assert "it has expired" in done.output
    assert token not in done.output


def test_doctor_exits_with_2_where_an_argument_is_not_a_url() -> None:
    done = CliRunner().invoke(app, ["doctor", "acme"])
    assert done.exit_code == 2
    assert done.output.startswith("crosstalk: ")
    assert "Traceback" not in done.output
