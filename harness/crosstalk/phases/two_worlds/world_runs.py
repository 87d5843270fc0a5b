"""Makes a plan's calls in one world after the other, and puts them into one history.

Each world has fresh subjects, and empty tables where the system can be reset. The observer says
the same in all of them; the others say other words where their secrets differ. Where nothing is
reset, a name that the first world took would be taken in all later ones, so that each world has
words of its own; they are recorded as if they were the same.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from crosstalk.core.history import Call, History
from crosstalk.core.identifiers import map_strings, remarked
from crosstalk.execution.executor import Executor
from crosstalk.execution.script_runner import ScriptRunner
from crosstalk.phases.two_worlds.comparison import ABSENT, SECRETS, kind_of
from crosstalk.phases.two_worlds.plan import WorldsPlan

# Words of a world differ from those of another in these bits of their markers alone, so that
# their order is the same.
_WORLD_SHIFT, _WORLDS = 20, 2**12


@dataclass(frozen=True, slots=True)
class WorldRunner:
    """Plays plans against a running system.

    Attributes:
        executor: Makes the calls.
        fresh_history: Resets the system if it can be and gives a history with new subjects.
        pause: Seconds before each world, so that no world spends what another is allowed.
        sleep: Waits, in seconds.
        own_words: Whether each world has words of its own.
    """

    executor: Executor
    fresh_history: Callable[[], History]
    pause: float = 0.0
    sleep: Callable[[float], None] = time.sleep
    own_words: bool = False
    _numbers: Iterator[int] = field(
        default_factory=lambda: itertools.count(secrets.randbelow(_WORLDS))
    )

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
        world = next(self._numbers) % _WORLDS << _WORLD_SHIFT if self.own_words else 0
        salt = plan.salt ^ world
        runner = ScriptRunner(self.executor, history, salt)
        other_salt = secrets.randbits(32) if kind == SECRETS else salt
        for step in (plan.alone() if kind == ABSENT else plan).script.steps:
            varied = step.probe is not None and step.probe.part == "varied"
            # Where a step cannot be made, the answer before it has shown the observer why.
            runner.run_step(step, salt=other_salt if varied else None)
        return history if not world else _with_words_of(history, world)


def _with_words_of(history: History, world: int) -> History:
    """Return the history with the words that all worlds are compared by."""

    def common(text: str) -> str:
        return remarked(text, world)

    def of(call: Call) -> Call:
        answer = call.answer
        said = replace(
            answer,
            body=map_strings(answer.body, common),
            headers=map_strings(dict(answer.headers), common),
            message=common(answer.message) if answer.message else answer.message,
            unsolicited=tuple(map_strings(each, common) for each in answer.unsolicited),
        )
        return replace(call, arguments=map_strings(dict(call.arguments), common), answer=said)

    return replace(history, calls=[of(call) for call in history])
