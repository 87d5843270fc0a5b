"""Rounds until enough was injected and acknowledged; the first violation is shrunk."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.environment import secrets_in_logs
from crosstalk.faults.catalog import FAULTS, SHORT
from crosstalk.faults.kinds.base import Fault
from crosstalk.faults.schedule import Schedule, require_fault, schedules
from crosstalk.faults.session import FaultRun, RunResult, faulty_system

_SHRINK_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Extent of a run.

    Attributes:
        seed: Of the schedules and the workload.
        injections: To make at least.
        acknowledged: Writes to have acknowledged at least.
        seconds: After which no further round begins.
        users: Who write at once.
        round_size: Injections of a round, after which everything is read back.
        only: Names of faults; all of them where empty.
        schedule: A kept schedule to run again, instead of all that.
    """

    seed: int
    injections: int = 210
    acknowledged: int = 20_000
    seconds: float = 1_800.0
    users: int = 16
    round_size: int = 21
    only: tuple[str, ...] = ()
    schedule: Schedule | None = None

    @classmethod
    def short(cls, seed: int) -> FaultPlan:
        """Return the plan for continuous integration: one of each family, in half a minute."""
        size = len(SHORT)
        return cls(seed, size, 200, 30.0, users=6, round_size=size, only=SHORT)

    def reached(self, result: RunResult) -> bool:
        """Return whether a run has done what the plan asks for."""
        if self.schedule is not None:
            return len(result.rounds) > 0
        return (
            len(result.injected) >= self.injections
            and result.total("acknowledged") >= self.acknowledged
        )


def run_faults(plan: FaultPlan, folder: Path, tell: Callable[[str], None]) -> RunResult:
    """Run rounds of faults on the reference system until the plan is reached.

    A round with a violation is the last one, and its schedule is shrunk.

    Args:
        plan: Extent of the run.
        folder: For logs.
        tell: Receives a line for each injection.

    Raises:
        HarnessError: A fault does not exist, or a part does not start.
    """
    chosen = _possible([require_fault(each, FAULTS) for each in plan.only or FAULTS], tell)
    result, began = RunResult(), time.monotonic()
    drawn = schedules(chosen, plan.round_size, plan.seed)
    with faulty_system(folder) as system:
        run = FaultRun(system, plan.users, tell)
        while not plan.reached(result) and time.monotonic() - began < plan.seconds:
            one = run.run(plan.schedule or next(drawn))
            result.rounds.append(one)
            if one.findings.counts:
                tell("a violation: its schedule is shrunk by replays")
                result.shrunk = run.shrink(one, min(_SHRINK_SECONDS, plan.seconds))
                break
        for log, name in secrets_in_logs(system.running) if result.rounds else ():
            result.rounds[-1].findings.add("secret in a log", f"{log}: {name}")
    result.seconds = time.monotonic() - began
    return result


def _possible(faults: Sequence[Fault], tell: Callable[[str], None]) -> list[Fault]:
    """Return the faults that this machine lets a process inject, and tell which are left out.

    Raises:
        HarnessError: There are none.
    """
    missing = {each.name: reason for each in faults if (reason := each.missing())}
    for name, reason in missing.items():
        tell(f"left out: {name}: {reason}")
    left = [each for each in faults if each.name not in missing]
    if not left:
        raise HarnessError(f"nothing can be injected here: {'; '.join(missing.values())}")
    return left
