"""Replays scripts on fresh subjects, shrinks them, and keeps them in files.

A finding is believed only if it replays.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosstalk.core.history import History
from crosstalk.core.script import Script
from crosstalk.core.verdict import Finding
from crosstalk.execution.executor import Executor
from crosstalk.execution.player import ReplayFileError, ScriptPlayer
from crosstalk.execution.shrink import Allowance, identity_arguments, shrink_script
from crosstalk.oracles import ORACLES, Suspicion

FORMAT = "crosstalk-replay/1"
_LAST_TRIES = 3
_TRIES_TOGETHER = 8
# What shrinking one finding may take.
SHRINKING_CALLS = 1_500


@dataclass(frozen=True, slots=True)
class Replayer:
    """Runs scripts against a running system.

    Attributes:
        executor: Makes the calls.
        fresh_history: Resets the system if it can be; returns a history with new subjects.
        calls: Calls after which a script is short enough.
        seconds: Seconds after which a script is short enough.
    """

    executor: Executor
    fresh_history: Callable[[], History]
    calls: int = SHRINKING_CALLS
    seconds: float = 60.0

    def run(self, script: Script) -> History | None:
        """Return the history of one replay; None if a step needs a value that did not come back.

        Raises:
            ReplayFileError: The script names an operation that the system does not have.
        """
        player = ScriptPlayer(self.executor, self.fresh_history(), secrets.randbits(32))
        return player.history if player.play_script(script) else None

    def reproduces(self, script: Script, oracle: str) -> Suspicion | None:
        """Return the first suspicion of that oracle in a replay, if there is one."""
        history = self.run(script)
        if history is None:
            return None
        for each in ORACLES:
            if each.name == oracle:
                return next(iter(each.judge(history)), None)
        return None

    def shrink(self, script: Script, oracle: str) -> tuple[Script, Suspicion] | None:
        """Return the shortest script found that shows it; None if even the whole does not."""
        # Calls that are made at once meet now and then.
        tries = _TRIES_TOGETHER if any(step.together for step in script.steps) else 1
        found = (self.reproduces(script, oracle) for _ in range(tries))
        whole = next((each for each in found if each is not None), None)
        if whole is None:
            return None
        best = shrink_script(
            script,
            lambda shorter: self.reproduces(shorter, oracle) is not None,
            Allowance(self.executor, self.calls, self.seconds).spent,
            kept_arguments=identity_arguments(script, self.executor.operations),
        )
        # Where nothing is reset, what is left of earlier replays may stand in the way of one.
        for _ in range(_LAST_TRIES):
            seen = self.reproduces(best, oracle)
            if seen is not None:
                return best, seen
        return script, whole


def save(finding: Finding, path: Path, about: dict[str, Any]) -> None:
    """Write a replay file; `about` says which system and run it comes from."""
    data = {
        "format": FORMAT,
        "oracle": finding.oracle,
        "operation": finding.operation,
        "actors": list(finding.actors),
        "summary": finding.summary,
        "about": about,
        "lines": finding.script.lines(),
        "steps": finding.script.to_json(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # ASCII escapes keep unpaired surrogates, which UTF-8 cannot carry.
    path.write_text(json.dumps(data, indent=2, ensure_ascii=True, default=str), encoding="utf-8")


def load(path: Path) -> tuple[Finding, dict[str, Any]]:
    """Read a replay file and what it says of its origin.

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
            replay=str(path),
        )
    except OSError as error:
        raise ReplayFileError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ReplayFileError(f"{path} is not a replay file written by crosstalk") from error
    return finding, data["about"]
