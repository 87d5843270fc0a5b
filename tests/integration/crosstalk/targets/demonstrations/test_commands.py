"""What the command line makes of a demonstration: a run, a verdict, a replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosstalk.cli.verbs.demonstrations import demonstrations
from crosstalk.cli.verbs.isolation import isolation
from crosstalk.cli.verbs.replay import replay
from crosstalk.core.errors import HarnessError
from crosstalk.targets.mutants import get_mutant
from crosstalk.targets.verification import Verified


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_demonstrations_command_agrees_with_expected_verdicts(
    tmp_path: Path,
) -> None:
    only = ["bare-user-id", "secret-of-one-service"]
    assert demonstrations(only=only, calls=1_000, seconds=300, seed=1, show=False) == 0
    latest = tmp_path / ".crosstalk/runs/demonstrations/latest"
    summary = json.loads((latest / "summary.json").read_text())
    assert summary["ok"]
    verdicts = {name: each["verdict"] for name, each in summary["demonstrations"].items()}
    assert verdicts == {"bare-user-id": "leak", "secret-of-one-service": "clean"}
    assert list((latest / "bare-user-id/replays").glob("*.json"))


def test_demonstration_finding_replays_on_that_demonstration_alone(tmp_path: Path) -> None:
    name = "shared-secret"
    leaked = isolation(demonstration=name, calls=400, seconds=300, seed=1, stop_at_first=True)
    assert leaked == 1
    (file,) = tmp_path.glob(".crosstalk/runs/isolation-shared-secret/latest/replays/*.json")
    assert replay(file, mutant=None) == 1
    secure = json.loads(file.read_text())
    secure["about"]["demonstration"] = "secret-of-one-service"
    file.write_text(json.dumps(secure))
    assert replay(file, mutant="recorded") == 0


def test_demonstration_takes_no_mutant() -> None:
    with pytest.raises(HarnessError, match="leave out one of the two"):
        Verified(
            mutant=get_mutant("alg-none-accepted"), demonstration="shared-secret"
        ).require_sense()
