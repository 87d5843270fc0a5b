"""Replays scripts on fresh subjects, and shrinks them by leaving calls out.

A finding is believed only if it replays. Shrinking is delta debugging over calls and arguments
(Zeller and Hildebrandt 2002), on real replays: the system under test keeps state between runs, so
a shrinker that expects the same bytes to give the same run would call real leaks flaky.
"""

from __future__ import annotations

import itertools
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosstalk.core.history import Call, History
from crosstalk.core.script import Script, Step, UnresolvedReferenceError, resolve
from crosstalk.core.verdict import Finding
from crosstalk.execution.executor import Performer, Planned
from crosstalk.oracles import ORACLES, Suspicion
from crosstalk.surface.operation import Role

FORMAT = "crosstalk-replay/1"
_LAST_TRIES = 3
_TRIES_TOGETHER = 8


class ReplayFileError(Exception):
    """The file is not a replay file; the message says why."""


@dataclass(frozen=True, slots=True)
class Replayer:
    """Runs scripts against a running system.

    Attributes:
        performer: Makes the calls.
        fresh_history: Resets the system if it can be and gives a history with new subjects.
        patience: Seconds after which a script is short enough.
    """

    performer: Performer
    fresh_history: Callable[[], History]
    patience: float = 60.0

    def run(self, script: Script) -> History | None:
        """The history of one replay; None if a step needs a value that did not come back.

        Raises:
            ReplayFileError: The script names an operation the system does not have.
        """
        history = self.fresh_history()
        answers: dict[int, Call] = {}
        salt = secrets.randbits(32)
        for steps in _groups(script):
            planned = []
            for step in steps:
                if step.operation not in self.performer.operations:
                    raise ReplayFileError(
                        f"the system has no operation {step.operation!r}; is it the same system?"
                    )
                try:
                    arguments = resolve(step.arguments, answers, history.subjects, salt)
                except UnresolvedReferenceError:
                    return None
                planned.append(Planned(step.actor, step.operation, arguments, step.probe))
            made = self.performer.perform_all(history, planned)
            answers.update(zip((step.number for step in steps), made, strict=True))
        return history

    def reproduces(self, script: Script, oracle: str) -> Suspicion | None:
        """The first suspicion of that oracle in a replay, if there is one."""
        history = self.run(script)
        if history is None:
            return None
        for each in ORACLES:
            if each.name == oracle:
                return next(iter(each.judge(history)), None)
        return None

    def shrink(self, script: Script, oracle: str) -> tuple[Script, Suspicion] | None:
        """The shortest script found that still shows it; None if even the whole does not."""
        # Calls that are made at once meet now and then.
        tries = _TRIES_TOGETHER if any(step.together for step in script.steps) else 1
        found = (self.reproduces(script, oracle) for _ in range(tries))
        whole = next((each for each in found if each is not None), None)
        if whole is None:
            return None
        deadline = time.monotonic() + self.patience
        best = self._drop_blocks(script, oracle, deadline)
        for step in best.steps:
            operation = self.performer.operations.get(step.operation)
            for name in list(step.arguments):
                known = [p for p in operation.parameters if p.name == name] if operation else []
                # Without it the call would be nobody's, and show something else.
                if any(p.role is Role.IDENTITY for p in known):
                    continue
                if time.monotonic() > deadline:
                    break
                shorter = best.without_argument(step.number, name)
                if self.reproduces(shorter, oracle) is not None:
                    best = shorter
        # Arguments that are gone may have needed calls that are still there.
        best = self._drop_blocks(best, oracle, deadline)
        # Where nothing is reset, what is left of earlier replays may stand in the way of one.
        for _ in range(_LAST_TRIES):
            seen = self.reproduces(best, oracle)
            if seen is not None:
                return best, seen
        return script, whole

    def _drop_blocks(self, script: Script, oracle: str, deadline: float) -> Script:
        size = max(1, len(script.steps) // 2)
        while size:
            position = 0
            progressed = False
            while position < len(script.steps) and time.monotonic() < deadline:
                shorter: Script | None = script
                for step in script.steps[position : position + size]:
                    shorter = shorter.without(step.number) if shorter else None
                if shorter and self.reproduces(shorter, oracle) is not None:
                    script = shorter
                    progressed = True
                else:
                    position += size
            if size == 1 and progressed and time.monotonic() < deadline:
                continue
            size //= 2
        return script


def _groups(script: Script) -> Iterator[list[Step]]:
    """The steps in order; those that are made at once come together."""
    for number, steps in itertools.groupby(script.steps, key=lambda step: step.together):
        group = list(steps)
        needed = {other for step in group for other in step.references()}
        if number and not needed & {step.number for step in group}:
            yield group
        else:
            yield from ([step] for step in group)


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
