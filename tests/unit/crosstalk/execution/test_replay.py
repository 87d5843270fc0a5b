"""Replays on a small leaky system in memory, and the files that keep them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
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
