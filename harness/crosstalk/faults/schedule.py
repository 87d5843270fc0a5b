"""Schedules: which faults are injected, for how long, and after which pause.

A schedule is drawn from a deck, so that each fault comes equally often, and from a seed. One whose
round shows a violation is shrunk by replays (docs/decisions/0002-shrinking-by-replay.md): what a
system answers to a fault depends on the moment, and a shrinker of choices would call that flaky.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from crosstalk.core.errors import HarnessError
from crosstalk.faults.kinds.base import Fault

_LONGEST_PAUSE_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Injection:
    """One fault of a schedule.

    Attributes:
        fault: Name of the fault.
        seconds: For which it lasts.
        pause: Seconds before it.
    """

    fault: str
    seconds: float
    pause: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """Injections of one round, one after the other, with the seed of its workload."""

    seed: int
    injections: tuple[Injection, ...]

    def only(self, injections: Sequence[Injection]) -> Schedule:
        """Return this schedule with some of its injections."""
        return Schedule(self.seed, tuple(injections))

    def dump(self) -> str:
        """Return it as JSON, for `load_schedule`."""
        return json.dumps(asdict(self), indent=1) + "\n"


def load_schedule(path: Path, known: Mapping[str, Fault]) -> Schedule:
    """Read a schedule that a run has kept.

    Raises:
        HarnessError: It is not one, or names a fault that does not exist.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        injections = tuple(Injection(**each) for each in data["injections"])
        schedule = Schedule(int(data["seed"]), injections)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HarnessError(f"{path} is not a schedule of a run of faults: {error}") from error
    for each in injections:
        require_fault(each.fault, known)
    return schedule


def require_fault(name: str, known: Mapping[str, Fault]) -> Fault:
    """Return the fault of a name.

    Raises:
        HarnessError: There is none.
    """
    if name not in known:
        raise HarnessError(f"there is no fault {name!r}; there are: {', '.join(known)}")
    return known[name]


def schedules(faults: Iterable[Fault], size: int, seed: int) -> Iterator[Schedule]:
    """Yield schedules of a number of injections each, without end; a seed gives the same ones."""
    chance = random.Random(seed)  # noqa: S311
    every = list(faults)
    deck: list[Fault] = []
    while True:
        drawn = []
        for _ in range(size):
            if not deck:
                deck = chance.sample(every, len(every))
            fault = deck.pop()
            seconds = round(chance.uniform(fault.shortest, fault.longest), 2)
            pause = round(chance.uniform(0.0, _LONGEST_PAUSE_SECONDS), 2)
            drawn.append(Injection(fault.name, seconds, pause))
        yield Schedule(chance.randrange(2**31), tuple(drawn))
