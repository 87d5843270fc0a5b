"""Exit codes of the command line, each produced on purpose; no output is a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosstalk.cli.app import app
from crosstalk.cli.verbs import deadlock
from crosstalk.environment.runtime.ports import Ports
from crosstalk.report.run_folder import RunFolder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are kept in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> tuple[int, str]:
    """The code of a command, and all that it prints."""
    done = CliRunner(env={"COLUMNS": "80"}).invoke(app, arguments)
    assert "Traceback" not in done.output
    return done.exit_code, done.output


def test_nothing_found_is_0() -> None:
    assert run("deadlock", "--pool", "3", "--workers", "2")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("isolation", "--calls", "many"), "--calls"),
        (("isolation", "--strict"), "--strict"),
        (("replay", "nothere.json"), "cannot read nothere.json"),
        (("isolation", "--target", "nothere.toml"), "crosstalk init URL"),
        (("isolation", "--mutant", "list-without-filte"), "list-without-filter"),
        (("mint", "--user", "alice"), "crosstalk up"),
        (("forgeries", "--only", "expire"), "expired"),
    ],
)
def test_wrong_use_is_2_and_says_what_to_do(arguments: tuple[str, ...], remedy: str) -> None:
    code, output = run(*arguments)
    assert code == 2, output
    assert remedy in output


def test_a_replay_file_of_another_format_is_2(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"format": "other"}', json.dumps({"format": "crosstalk-replay/1"})):
        (tmp_path / "odd.json").write_text(text)
        code, output = run("replay", "odd.json")
        assert code == 2, output


def test_an_address_that_does_not_answer_the_doctor_is_4() -> None:
    with Ports() as ports:
        assert run("doctor", f"backend=http://127.0.0.1:{ports.take()}")[0] == 4


def test_internal_error_exits_with_5_and_its_traceback_is_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_name: str) -> RunFolder:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(deadlock, "open_run", broken)
    code, output = run("deadlock")
    assert code == 5
    assert "internal error" in output
    (kept,) = (tmp_path / ".crosstalk/crashes").iterdir()
    assert kept.name in output.replace("\n", "")
    assert "ZeroDivisionError: a fault of ours" in kept.read_text()


def test_an_interruption_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_name: str) -> RunFolder:
        raise KeyboardInterrupt

    monkeypatch.setattr(deadlock, "open_run", interrupted)
    assert run("deadlock")[0] == 130


def test_every_verb_says_its_exit_codes_in_its_help() -> None:
    verbs = [each.callback.__name__ for each in app.registered_commands if each.callback]
    assert "isolation" in verbs
    for verb in ([], *([each] for each in verbs)):
        code, output = run(*verb, "--help")
        assert code == 0
        assert "3 inconclusive" in " ".join(output.split()), verb
