"""Replays on a small leaky system in memory, and the files that keep them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosstalk.core.history import Actor, Answer, History
from crosstalk.core.identifiers import marker
from crosstalk.core.script import Script, script_of
from crosstalk.core.verdict import Finding
from crosstalk.execution.executor import Executor
from crosstalk.execution.replay import Replayer, load, save
from crosstalk.execution.script_runner import ReplayFileError
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.histories import ALICE, BOB, ok


class Notes:
    """Keeps notes; its list shows all users' notes when it leaks."""

    def __init__(self, *, leaks: bool) -> None:
        self.leaks = leaks
        self.rows: list[tuple[str, str]] = []

    def discover(self) -> list[Operation]:
        """Two operations."""
        return [Operation("mem", name, (), reads_only=name == "list") for name in ("add", "list")]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Add or list."""
        if operation.name == "add":
            self.rows.append((presented.connection, str(arguments.get("title", ""))))
            return ok({"id": secrets.token_hex(16)})
        return ok([text for who, text in self.rows if self.leaks or who == presented.connection])

    def close(self) -> None:
        """Nothing is open."""
        self.rows.clear()

    def present(self, actor: Actor, subject: str, surface: str) -> Presented:
        """Who calls."""
        return Presented(connection=subject)


def replayer(system: Notes) -> Replayer:
    """Replays on that system, with fresh subjects."""
    executor = Executor({"mem": system}, {o.name: o for o in system.discover()}, system)

    def fresh() -> History:
        system.rows.clear()
        nonce = secrets.token_hex(4)
        return History({"alice": f"alice-{nonce}", "bob": f"bob-{nonce}"})

    return Replayer(executor, fresh)


def long_leak() -> Script:
    """Eight calls of which two matter."""
    player = replayer(Notes(leaks=True))
    history = player.fresh_history()
    for number in range(6):
        title = {"title": marker("bob", number), "spare": "x"}
        player.executor.execute(history, BOB, "add", title)
    player.executor.execute(history, ALICE, "add", {"title": marker("alice", 99), "spare": "x"})
    player.executor.execute(history, BOB, "list", {"spare": "x"})
    return script_of(history)


def test_refuses_a_script_of_another_system() -> None:
    player = replayer(Notes(leaks=True))
    strange = Script(tuple(long_leak().steps))
    player.executor.operations = {}
    with pytest.raises(ReplayFileError, match="has no operation"):
        player.run(strange)


def test_a_saved_finding_reads_back(tmp_path: Path) -> None:
    finding = Finding("canary", "list", ("alice", "bob"), "leaks", long_leak())
    save(finding, tmp_path / "r" / "1.json", {"mutant": "m"})
    read, about = load(tmp_path / "r" / "1.json")
    assert read.script == finding.script
    assert about == {"mutant": "m"}


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other"}', '{"oracle": 1}'])
def test_says_what_is_wrong_with_a_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ReplayFileError, match=r"x\.json"):
        load(path)
    with pytest.raises(ReplayFileError, match="cannot read"):
        load(tmp_path / "none.json")


def test_replay_file_names_its_target_as_seen_from_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding("canary", "list", ("bob",), "crossed", long_leak())
    home, runs = tmp_path / "home", tmp_path / "home" / ".crosstalk" / "runs"
    target = home / "servers" / "crosstalk.toml"
    target.parent.mkdir(parents=True)
    target.touch()
    save(finding, runs / "20260101" / "replays" / "1.json", {"target": str(target), "mutant": ""})
    (runs / "latest").symlink_to("20260101")
    text = (runs / "latest" / "replays" / "1.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert json.loads(text)["about"] == {
        "target": "../../../../servers/crosstalk.toml",
        "mutant": "",
    }
    # The folders are moved together, and the file is read by way of a link and from elsewhere.
    moved = home.rename(tmp_path / "moved")
    monkeypatch.chdir(moved)
    for name in ("latest", "20260101"):
        loaded, about = load(Path(".crosstalk", "runs", name, "replays", "1.json"))
        assert about["target"] == "servers/crosstalk.toml"
        assert loaded.replay == f".crosstalk/runs/{name}/replays/1.json"
    loaded, about = load(moved / ".crosstalk" / "runs" / "20260101" / "replays" / "1.json")
    assert about["target"] == "servers/crosstalk.toml"
    assert loaded.replay == ".crosstalk/runs/20260101/replays/1.json"


def test_replay_file_with_a_whole_path_to_its_target_is_read(tmp_path: Path) -> None:
    finding = Finding("canary", "list", ("bob",), "crossed", long_leak())
    path = tmp_path / "replays" / "1.json"
    save(finding, path, {"mutant": ""})
    data = json.loads(path.read_text(encoding="utf-8"))
    data["about"]["target"] = str(tmp_path / "crosstalk.toml")
    path.write_text(json.dumps(data), encoding="utf-8")
    assert Path(load(path)[1]["target"]).resolve() == tmp_path / "crosstalk.toml"


def test_step_that_is_not_possible_any_more_is_left_out_of_a_replay_and_of_its_script() -> None:
    player = replayer(Notes(leaks=True))
    script = long_leak()
    lost = replace(script.steps[1], arguments={"title": f"${{{script.steps[0].number}.gone}}"})
    script = Script((script.steps[0], lost, *script.steps[2:]))
    assert player.run(script) is None
    history, made = player.run_able(script)
    assert len(history) == len(made.steps) == len(script.steps) - 1
    assert player.judged(history, "canary")
