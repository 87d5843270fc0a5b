"""Plays a crowd's script again: several times, because whether calls meet is not up to the seed.

What shows in one of a few attempts is believed, and the attempts are stated. A crowd is shrunk by
leaving clients out, and then steps that none of those who are left needs.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterator
from dataclasses import replace

from crosstalk.core.history import History
from crosstalk.core.identifiers import is_marker
from crosstalk.core.script import Script, Step
from crosstalk.oracles import Suspicion
from crosstalk.oracles.observation import identifiers_shown
from crosstalk.phases.base import Turn
from crosstalk.phases.concurrency import clients, parallel_run
from crosstalk.phases.concurrency.oracle import Concurrency

ATTEMPTS = 8
# A smaller crowd that needs more of them is no better than the larger one.
_ATTEMPTS_WHEN_SHRINKING = 3


def again(turn: Turn, script: Script, attempts: int = ATTEMPTS) -> Suspicion | None:
    """The first suspicion in so many plays of the script; its summary says in which."""
    actors = list({step.actor.name: step.actor for step in script.steps}.values())
    for attempt in range(1, attempts + 1):
        history = clients.admit(turn.target, turn.fresh_history(), actors)
        salt = secrets.randbits(16) << 16
        parallel_run.play(turn.performer, history, script.steps, seed=f"{attempt}", salt=salt)
        calibrate(history)
        found = next(iter(Concurrency().judge(history)), None)
        if found is not None:
            return replace(found, summary=f"{found.summary} (attempt {attempt} of {attempts})")
    return None


def shrunk(turn: Turn, script: Script, seconds: float) -> tuple[Script, Suspicion] | None:
    """A smaller crowd that shows it, and what it shows; None where the whole does not again."""
    seen = again(turn, script)
    if seen is None:
        return None
    deadline = time.monotonic() + seconds
    size = max(1, len(_crowd(script)) // 2)
    while size:
        for smaller in _smaller(script, size):
            if time.monotonic() > deadline:
                return script, seen
            shown = again(turn, smaller, _ATTEMPTS_WHEN_SHRINKING)
            if shown is not None:
                script, seen = smaller, shown
                break
        else:
            size //= 2
    for key in reversed(_keys(script)):
        fewer = _without(script, key)
        if fewer is None or time.monotonic() > deadline:
            continue
        shown = again(turn, fewer, _ATTEMPTS_WHEN_SHRINKING)
        if shown is not None:
            script, seen = fewer, shown
    return script, seen


def calibrate(history: History) -> None:
    """What everybody who was alone saw alike is nobody's."""
    seen: dict[str, set[str]] = {}
    for call in history:
        if call.probe is not None and call.probe.part == "alone":
            seen.setdefault(call.actor.name, set()).update(identifiers_shown(call.answer))
    if len(seen) > 1:
        common = set.intersection(*seen.values())
        history.public_values |= {each for each in common if not is_marker(each)}


def _smaller(script: Script, size: int) -> Iterator[Script]:
    """The crowd without so many of its clients, at least two left."""
    crowd = _crowd(script)
    for start in range(0, len(crowd), size):
        kept = [*crowd[:start], *crowd[start + size :]]
        if len(kept) >= 2:
            yield _only(script, kept)


def _crowd(script: Script) -> list[str]:
    return list(dict.fromkeys(each.actor.name for each in script.steps if _among(each)))


def _only(script: Script, kept: Collection[str]) -> Script:
    return Script(
        tuple(each for each in script.steps if not _among(each) or each.actor.name in kept)
    )


def _keys(script: Script) -> list[int]:
    return sorted({each.probe.key for each in script.steps if each.probe is not None})


def _without(script: Script, key: int) -> Script | None:
    """Everybody leaves out that step, and what needs its answer."""
    shorter: Script | None = script
    for step in script.steps:
        if step.probe is not None and step.probe.key == key and shorter is not None:
            shorter = shorter.without(step.number)
    return shorter


def _among(step: Step) -> bool:
    return step.probe is not None and step.probe.part == "concurrent"
