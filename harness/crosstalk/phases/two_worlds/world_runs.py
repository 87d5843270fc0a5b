"""Makes a plan's calls in one world after the other, and puts them into one history.

Each world has fresh subjects, and empty tables where the system can be reset. The observer says
the same in all of them; the others say other words where their secrets differ.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crosstalk.core.history import History
from crosstalk.execution.executor import Executor
from crosstalk.execution.script_runner import ScriptRunner
from crosstalk.phases.two_worlds.comparison import ABSENT, SECRETS, kind_of
from crosstalk.phases.two_worlds.plan import WorldsPlan


@dataclass(frozen=True, slots=True)
class WorldRunner:
    """Plays plans against a running system.

    Attributes:
        executor: Makes the calls.
        fresh_history: Resets the system if it can be and gives a history with new subjects.
        pause: Seconds before each world, so that no world spends what another is allowed.
        sleep: Waits, in seconds.
    """

    executor: Executor
    fresh_history: Callable[[], History]
    pause: float = 0.0
    sleep: Callable[[float], None] = time.sleep

    def run(
        self, plan: WorldsPlan, worlds: Sequence[str], *, onto: History | None = None
    ) -> History:
        """The plan in each of these worlds, one after the other.

        Args:
            plan: What is done.
            worlds: Their names: a kind, and a number where it is a repeat, e.g. `absent-2`.
            onto: A history with other worlds of the same plan; it is left as it is.
        """
        calls = list(onto.calls) if onto is not None else []
        subjects = dict(onto.worlds) if onto is not None else {}
        latest = onto or History({})
        for world in worlds:
            latest = self._world(plan, kind_of(world))
            subjects[world] = latest.subjects
            for call in latest:
                calls.append(replace(call, index=len(calls) + 1, world=world))
        return replace(latest, calls=calls, worlds=subjects)

    def _world(self, plan: WorldsPlan, kind: str) -> History:
        if self.pause:
            self.sleep(self.pause)
        history = self.fresh_history()
        runner = ScriptRunner(self.executor, history, plan.salt)
        other_salt = secrets.randbits(32) if kind == SECRETS else plan.salt
        for step in (plan.alone() if kind == ABSENT else plan).script.steps:
            varied = step.probe is not None and step.probe.part == "varied"
            # Where a step cannot be made, the answer before it has shown the observer why.
            runner.run_step(step, salt=other_salt if varied else None)
        return history
