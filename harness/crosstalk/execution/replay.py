"""Replays of scripts on fresh subjects, and the files that keep them."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import History
from crosstalk.core.paths import from_here, relative_to
from crosstalk.core.script import Script
from crosstalk.core.verdict import Finding
from crosstalk.execution.executor import Executor
from crosstalk.execution.script_runner import ReplayFileError, ScriptRunner
from crosstalk.execution.stopping import OutOfTimeError
from crosstalk.oracles import Suspicion, oracles_under

FORMAT = "crosstalk-replay/1"


@dataclass(frozen=True, slots=True)
class Replayer:
    """Runs scripts against a running system.

    Attributes:
        executor: Makes the calls.
        fresh_history: Resets the system if it can be; returns a history with new subjects.
        earlier: Whether what existing users stored before a replay counts as theirs in it; a script
            that holds without that holds on another system as well.
        pause: Seconds before each replay, in which the system forgets what it keeps for a while.
        sleep: Waits, in seconds.
    """

    executor: Executor
    fresh_history: Callable[[], History]
    earlier: bool = False
    pause: float = 0.0
    sleep: Callable[[float], None] = time.sleep

    def run(self, script: Script, salt: int | None = None) -> History | None:
        """Return the history of one replay; None if a step needs a value that did not come back.

        Raises:
            ReplayFileError: The script names an operation that the system does not have.
            OutOfTimeError: The time in which calls may be made is over.
        """
        self.executor.require_time()
        history = self._begun()
        history.salt = secrets.randbits(32) if salt is None else salt
        runner = ScriptRunner(self.executor, history, history.salt)
        return runner.history if runner.run_script(script) else None

    def run_able(self, script: Script) -> tuple[History, Script]:
        """Return the history of one replay of the steps that can be made, and the script of these.

        An object that another run has removed since makes its own steps impossible, and no others.

        Raises:
            ReplayFileError: The script names an operation that the system does not have.
            OutOfTimeError: The time in which calls may be made is over.
        """
        self.executor.require_time()
        history = self._begun()
        history.salt = secrets.randbits(32)
        runner = ScriptRunner(self.executor, history, history.salt)
        runner.run_script(script, without_lost=True)
        made = tuple(each for each in script.steps if each.number not in runner.lost)
        return runner.history, Script(made) if runner.lost else script

    def _begun(self) -> History:
        if self.pause:
            if self.pause >= self.executor.seconds_left():
                # A pause without a replay after it is for nothing.
                raise OutOfTimeError
            self.sleep(self.pause)
        history = self.fresh_history()
        if not self.earlier:
            history.said = {}
        return history

    @staticmethod
    def judged(history: History, oracle: str) -> list[Suspicion]:
        """Return what the oracle of that name suspects in a history."""
        known = oracles_under(history.policy)
        return [found for each in known if each.name == oracle for found in each.judge(history)]


def save(finding: Finding, path: Path, about: dict[str, Any]) -> None:
    """Write a replay file.

    Args:
        finding: What it holds.
        path: Of the file; its folder is made.
        about: The system and run that it comes from; `target`, the file that describes the
            system, is kept as seen from the replay file's folder, so that both can move together.
    """
    about = dict(about)
    if target := about.get("target"):
        about["target"] = relative_to(Path(target), path.parent)
    data = {
        "format": FORMAT,
        "oracle": finding.oracle,
        "operation": finding.operation,
        "actors": list(finding.actors),
        "summary": finding.summary,
        "rule": finding.rule,
        "detail": finding.detail,
        "naming": finding.naming,
        "about": about,
        "lines": finding.script.lines(),
        "steps": finding.script.to_json(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # ASCII escapes keep unpaired surrogates, which UTF-8 cannot carry.
    path.write_text(json.dumps(data, indent=2, ensure_ascii=True, default=str), encoding="utf-8")


def load(path: Path) -> tuple[Finding, dict[str, Any]]:
    """Return the finding of a replay file, and the system and run that it comes from.

    The target's path is as seen from the current folder.

    Raises:
        ReplayFileError: No such file, or not a replay file of this format.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ReplayFileError(f"{path} has format {data['format']!r}, this reads {FORMAT!r}")
        finding = Finding(
            oracle=data["oracle"],
            operation=data["operation"],
            actors=tuple(data["actors"]),
            summary=data["summary"],
            script=Script.from_json(data["steps"]),
            replay=from_here(path),
            rule=BrokenRule(data["rule"]) if data.get("rule") else None,
            detail=data.get("detail", ""),
            naming=data.get("naming", ""),
        )
        about = dict(data["about"])
        if target := about.get("target"):
            about["target"] = from_here((path.parent / target).resolve())
    except OSError as error:
        raise ReplayFileError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReplayFileError(f"{path} is not a replay file written by crosstalk") from error
    return finding, about
