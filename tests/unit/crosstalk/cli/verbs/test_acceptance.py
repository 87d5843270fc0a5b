"""Verbs around what is accepted: `baseline`, `accept` and `diff` on runs kept in files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosstalk.cli.app import app
from crosstalk.core.acceptance.baseline import read_baseline
from crosstalk.core.acceptance.waivers import read_waivers
from tests.unit.crosstalk.report.results import leaking

FINGERPRINT = leaking().findings[0].fingerprint


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)
    assert "Traceback" not in done.output
    return done.exit_code, done.output


@pytest.fixture(autouse=True)
def latest_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run that leaks."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".crosstalk" / "runs" / "isolation" / "latest"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(leaking().summary()))
    return folder


def test_baseline_of_the_latest_run_has_its_findings() -> None:
    code, output = run("baseline")
    assert code == 0
    assert "1 finding of" in output
    assert "1 added, 0 removed" in output
    assert list(read_baseline(Path("crosstalk-baseline.json")).findings) == [FINGERPRINT]
    code, output = run("baseline", "--json")
    assert json.loads(output)["added"] == []


@pytest.mark.parametrize("name", ["1", FINGERPRINT, FINGERPRINT[:8], "replays/1.json"])
def test_accepting_writes_a_waiver_beside_the_target(name: str) -> None:
    code, output = run("accept", name, "--reason", "later", "--until", "2999-12-31")
    assert code == 0, output
    (waiver,) = read_waivers(Path("crosstalk-waivers.toml"))
    assert (waiver.fingerprint, waiver.reason) == (FINGERPRINT, "later")
    assert waiver.operation == "list"


def test_accepting_writes_where_the_target_is_described() -> None:
    Path("servers").mkdir()
    arguments = ("accept", "1", "--reason", "later", "--until", "2999-12-31")
    code, _ = run(*arguments, "--target", "servers/crosstalk.toml")
    assert code == 0
    assert Path("servers/crosstalk-waivers.toml").is_file()


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("accept", "1", "--reason", "x", "--until", "2020-01-01"), "is over"),
        (("accept", "1", "--reason", " ", "--until", "2999-01-01"), "say why"),
        (("accept", "7", "--reason", "x", "--until", "2999-01-01"), "no number 7"),
        (("accept", "1", "--reason", "x", "--until", "soon"), "--until"),
        (("accept", "1", "--until", "2999-01-01"), "--reason"),
        (("baseline", "nothere"), "cannot read"),
        (("diff", "nothere"), "cannot read"),
        (("isolation", "--baseline", "none.json"), "crosstalk baseline --output"),
        (("isolation", "--waivers", "none.toml"), "crosstalk accept"),
        (("isolation", "--baseline", "x.json", "--stop-at-first"), "--whole-budget"),
    ],
)
def test_wrong_use_is_2_and_says_what_to_do(arguments: tuple[str, ...], remedy: str) -> None:
    code, output = run(*arguments)
    assert code == 2, output
    assert remedy in output


def test_difference_has_the_code_of_what_came(latest_run: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.json"
    older.write_text(json.dumps({**leaking().summary(), "findings": []}))
    code, output = run("diff", str(older))
    assert code == 1
    assert "appeared: canary: saw" in output
    code, output = run("diff", str(latest_run), str(older), "--json")
    assert code == 0
    assert [each["fingerprint"] for each in json.loads(output)["gone"]] == [FINGERPRINT]
