"""Coverage of a run: what it reached of everything that the target offers, from `summary.json`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from crosstalk.core.errors import HarnessError
from crosstalk.core.exit_codes import ExitCode

_NOT_TRIED = "not_tried"


class Reached(StrEnum):
    """States of an operation after a run, the least reached first."""

    NEVER = "never called"
    NOT_SERVED = "not served"
    SERVED = "served"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class OperationCoverage:
    """Coverage of one operation.

    Attributes:
        name: The operation.
        reached: How far the run came.
        reason: What came back instead of a result, or why it was skipped; empty for one served.
        calls: How many were made.
        answered: How many were answered with a result; None where an older run did not count them.
        foreign: How many carried another user's id, or no valid credential.
        oracles: Oracle to how often it could have fired.
        unused: Arguments that never carried anything of another user.
    """

    name: str
    reached: Reached
    reason: str
    calls: int
    answered: int | None
    foreign: int
    oracles: Mapping[str, int]
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunCoverage:
    """Coverage of one run.

    Attributes:
        operations: By name.
        idle: Oracles that had no opportunity in the whole run.
        not_applicable: Oracle to the reason why it has nothing to look at.
        situations: Situation made on purpose to how often, or how large.
    """

    operations: tuple[OperationCoverage, ...]
    idle: tuple[str, ...]
    not_applicable: Mapping[str, str]
    situations: Mapping[str, int]

    @property
    def counts(self) -> dict[Reached, int]:
        """Return how many operations there are of each state; all states are named."""
        found = Counter(each.reached for each in self.operations)
        return {each: found[each] for each in Reached}

    def exit_code(self) -> ExitCode:
        """Return clean where everything that is not skipped was served and judged."""
        counts = self.counts
        whole = counts[Reached.SERVED] and not (
            counts[Reached.NEVER] or counts[Reached.NOT_SERVED] or self.idle
        )
        return ExitCode.CLEAN if whole else ExitCode.INCONCLUSIVE

    def to_json(self) -> dict[str, Any]:
        """Return plain data; the keys stay."""
        return {
            "operations": {
                each.name: {
                    "reached": each.reached.value,
                    "reason": each.reason,
                    "calls": each.calls,
                    "answered": each.answered,
                    "foreign_attempts": each.foreign,
                    "oracles": dict(each.oracles),
                    "arguments_without_foreign_ids": list(each.unused),
                }
                for each in self.operations
            },
            "counts": {state.value: count for state, count in self.counts.items()},
            "oracles_without_opportunity": list(self.idle),
            "not_applicable": dict(self.not_applicable),
            "situations": dict(self.situations),
        }


def read_summary(path: Path) -> dict[str, Any]:
    """Read the summary of an isolation run.

    Args:
        path: Of `summary.json`, or of the run's folder.

    Raises:
        HarnessError: It cannot be read, or is another verb's.
    """
    file = path / "summary.json" if path.is_dir() else path
    try:
        summary = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise HarnessError(
            f"cannot read {file} ({error.strerror}): run crosstalk isolation first, or name the "
            "folder of a run"
        ) from error
    except ValueError as error:
        raise HarnessError(f"{file} is not JSON: name the folder of a run") from error
    if not isinstance(summary, dict) or not isinstance(summary.get("controls"), dict):
        raise HarnessError(f"{file} is not the summary of an isolation run: it has no controls")
    return summary


def latest_run(root: Path) -> Path:
    """Return the folder of the latest isolation run.

    Raises:
        HarnessError: There is none.
    """
    found = [path.parent.resolve() for path in root.glob("isolation*/latest/summary.json")]
    if not found:
        raise HarnessError(
            f"there is no run under {root}: run crosstalk isolation first, or name a run's folder"
        )
    return max(found, key=lambda folder: (folder / "summary.json").stat().st_mtime)


def coverage_of(summary: Mapping[str, Any]) -> RunCoverage:
    """Return the coverage that a summary tells of."""
    controls: Mapping[str, Any] = summary["controls"]
    skipped: Mapping[str, str] = summary.get("skipped") or {}
    untried = {each["where"]: each for each in summary.get("untried") or ()}
    arguments: Mapping[str, Mapping[str, int]] = summary.get("coverage") or {}
    names = sorted({*controls, *skipped, *untried})
    operations = []
    for name in names:
        control = controls.get(name) or {}
        reached, reason = _reached(name, control, skipped, untried)
        operations.append(
            OperationCoverage(
                name,
                reached,
                reason,
                control.get("calls", 0),
                control.get("answered"),
                control.get("foreign_attempts", 0),
                control.get("oracles") or {},
                tuple(each for each, count in (arguments.get(name) or {}).items() if not count),
            )
        )
    idle = [
        each["where"]
        for each in summary.get("inconclusive") or ()
        if each["kind"] == "no_opportunity"
    ]
    return RunCoverage(
        tuple(operations),
        tuple(dict.fromkeys(idle)),
        summary.get("not_applicable") or {},
        summary.get("situations") or {},
    )


def _reached(
    name: str,
    control: Mapping[str, Any],
    skipped: Mapping[str, str],
    untried: Mapping[str, Mapping[str, str]],
) -> tuple[Reached, str]:
    if name in skipped:
        return Reached.SKIPPED, skipped[name]
    if name in untried:
        line = untried[name]
        never = line["kind"] == _NOT_TRIED or not control.get("calls")
        return Reached.NEVER if never else Reached.NOT_SERVED, line["text"]
    if not control.get("calls"):
        return Reached.NEVER, "no call was made"
    return Reached.SERVED, ""
