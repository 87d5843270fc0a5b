"""Replays and shrinks scripts of concurrent clients.

Whether calls meet is not up to the seed, so a script is replayed several times. What shows in one
of a few attempts is believed, and the attempts are stated. It is shrunk by leaving clients out, and
then steps that none of the clients left needs.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from crosstalk.core.history import History
from crosstalk.core.identifiers import is_marker
from crosstalk.core.script import Script, Step
from crosstalk.execution.shrink import Allowance, minimize
from crosstalk.oracles import Suspicion
from crosstalk.oracles.observation import identifiers_shown
from crosstalk.phases.base import PhaseBudget
from crosstalk.phases.concurrency import clients, parallel_run
from crosstalk.phases.concurrency.oracle import Concurrency

ATTEMPTS = 8
# A smaller script that needs more of them is no better than the larger one.
_ATTEMPTS_WHEN_SHRINKING = 3
_SHRINKING_CALLS = 3_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A replay that shows something.

    Attributes:
        suspicion: With the script's own markers; its summary says in which attempt it showed.
        history: Of the replay; its `salt` says by what its markers differ.
        attempt: The number of the replay that showed it, from 1.
    """

    suspicion: Suspicion
    history: History
    attempt: int


def reproduced(budget: PhaseBudget, script: Script, attempts: int = ATTEMPTS) -> Shown | None:
    """Return the first of that many replays that shows something."""
    actors = list({step.actor.name: step.actor for step in script.steps}.values())
    for attempt in range(1, attempts + 1):
        history = clients.with_subjects(budget.target, budget.fresh_history(), actors)
        history.salt = secrets.randbits(16) << 16
        parallel_run.run(
            budget.executor, history, script.steps, seed=f"{attempt}", salt=history.salt
        )
        calibrate(history)
        found = next(iter(Concurrency().judge(history)), None)
        if found is not None:
            said = script.with_own_markers(found.summary, history.salt)
            summary = f"{said} (attempt {attempt} of {attempts})"
            return Shown(replace(found, summary=summary), history, attempt)
    return None


def shows_one_by_one(budget: PhaseBudget, script: Script, operation: str) -> bool:
    """Return whether it shows at that operation as well when no two calls are made at once."""
    actors = list({step.actor.name: step.actor for step in script.steps}.values())
    history = clients.with_subjects(budget.target, budget.fresh_history(), actors)
    salt = history.salt = secrets.randbits(16) << 16
    parallel_run.run(budget.executor, history, script.steps, seed="", salt=salt, at_once=False)
    calibrate(history)
    return any(each.operation == operation for each in Concurrency().judge(history))


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Fewer clients that show a suspicion.

    Attributes:
        script: What they do.
        shown: A replay of it.
        minimal: Whether nothing can be left out of the script.
    """

    script: Script
    shown: Shown
    minimal: bool


def shrunk(budget: PhaseBudget, script: Script, seen: Shown, seconds: float) -> Shrunk:
    """Return fewer clients that show it.

    Args:
        budget: What may be used.
        script: What all clients do.
        seen: A replay of it that shows it.
        seconds: After which it is small enough.
    """
    best = script
    allowance = Allowance(budget.executor, _SHRINKING_CALLS, min(seconds, budget.shortening))
    spent = allowance.spent

    @allowance.bounding
    def shown(smaller: Script) -> bool:
        nonlocal best, seen
        found = reproduced(budget, smaller, _ATTEMPTS_WHEN_SHRINKING)
        if found is None:
            return False
        best, seen = smaller, found
        return True

    def shows(smaller: Script | None) -> bool:
        return smaller is not None and shown(smaller)

    def fewer_clients(kept: Sequence[str]) -> Sequence[str] | None:
        return kept if len(kept) > 1 and shows(_only(best, kept)) else None

    def fewer_steps(kept: Sequence[int]) -> Sequence[int] | None:
        return kept if kept and shows(_with_keys(best, kept)) else None

    minimize(_clients(script), fewer_clients, spent)
    # The last ones first: earlier steps are needed by later ones.
    minimize(_keys(best)[::-1], fewer_steps, spent)
    return Shrunk(best, seen, minimal=not spent())


def calibrate(history: History) -> None:
    """Make public what every client that was alone received alike."""
    seen: dict[str, set[str]] = {}
    for call in history:
        if call.probe is not None and call.probe.part == "alone":
            seen.setdefault(call.actor.name, set()).update(identifiers_shown(call.answer))
    if len(seen) > 1:
        common = set.intersection(*seen.values())
        history.public_values |= {each for each in common if not is_marker(each)}


def _clients(script: Script) -> list[str]:
    return list(dict.fromkeys(each.actor.name for each in script.steps if _concurrent(each)))


def _only(script: Script, kept: Collection[str]) -> Script:
    return Script(
        tuple(each for each in script.steps if not _concurrent(each) or each.actor.name in kept)
    )


def _keys(script: Script) -> list[int]:
    return sorted({each.probe.key for each in script.steps if each.probe is not None})


def _with_keys(script: Script, keys: Collection[int]) -> Script | None:
    """Return the script in which every client makes these steps, where it can."""
    return script.only(
        [each.number for each in script.steps if each.probe is None or each.probe.key in keys]
    )


def _concurrent(step: Step) -> bool:
    return step.probe is not None and step.probe.part == "concurrent"
