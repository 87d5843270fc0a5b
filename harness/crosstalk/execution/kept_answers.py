"""Answers that a system keeps for a while and gives to other users: a cache of seconds or a minute.

A replay that follows too soon is answered with what an earlier run had left there, and shows that
run's values in the place of its own. It is made again after a pause: pauses grow until a second
replay shows its own values as well, and the pause that did is made before every further replay.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crosstalk.core.history import History
from crosstalk.core.identifiers import is_marker
from crosstalk.core.script import Script
from crosstalk.execution.likely import likely_calls
from crosstalk.execution.shortening import Shown
from crosstalk.oracles.attribution import Observation, observations
from crosstalk.oracles.base import Suspicion
from crosstalk.surface.operation import Operation

# Pauses, in seconds, before replays that follow each other: more than a minute in all.
PAUSES = (0.0, 1.0, 1.3, 1.7, 2.2, 2.9, 3.7, 4.8, 6.3, 8.2, 10.6, 13.8, 17.9)
# What a pause is longer than one that was just long enough.
_MARGIN = 0.5


@dataclass(slots=True)
class EarlierValues:
    """Other users' values that earlier runs showed in one place, to be known again in a replay.

    Attributes:
        operation: By which they were shown.
        caller: To whom.
        operations: Operation name to operation; what came up as something was stored is one
            run's, and what came up in readings alone may be there for all users and always.
        values: All of them.
        known: Whether some are known to be kept, so that all that a replay's users are shown is
            one run's, e.g. what a chat has stored for them.
        in_a_row: Replays in a row, up to the last one, that showed some of them.
    """

    operation: str
    caller: str | None
    operations: Mapping[str, Operation]
    values: set[str]
    known: bool = False
    in_a_row: int = 0

    @classmethod
    def of(
        cls, history: History, suspicion: Suspicion, operations: Mapping[str, Operation]
    ) -> EarlierValues:
        """Return those of the call that a suspicion is about."""
        seen = observations(history)[suspicion.calls[-1] - 1]
        values = _crossed(seen).keys() & _stored(history, operations)
        return cls(seen.call.operation, seen.call.actor.user, operations, values)

    def left_in(self, replayed: History) -> set[str]:
        """Return those that no user of a replay has stored: only earlier runs had them."""
        return self.values - _stored(replayed, self.operations)

    def are_all_of(self, replayed: History, suspicion: Suspicion) -> bool:
        """Return whether a suspicion of a replay is about ids that only earlier runs had.

        Whom a cache shows one first has it in the replay; a marker has its owner's name in it.
        """
        seen = observations(replayed)[suspicion.calls[-1] - 1]
        values = _crossed(seen).keys()
        own = not any(map(is_marker, values))
        return bool(values) and own and values <= self.left_in(replayed)

    def take(self, replayed: History) -> None:
        """Look for them in a replay, and add what its own users were shown."""
        if not self.values:
            return
        stored = _stored(replayed, self.operations)
        shown: set[str] = set()
        for call in replayed:
            if (call.operation, call.actor.user) == (self.operation, self.caller):
                shown |= call.received
        self.in_a_row = self.in_a_row + 1 if shown & (self.values - stored) else 0
        for each in observations(replayed):
            if each.call.actor.user != self.caller:
                self.values |= each.own if self.known else each.own & stored


def _crossed(seen: Observation) -> dict[str, str]:
    """Return the values of other users in an answer with their owners."""
    return dict((*seen.foreign, *seen.revoked))


def _stored(history: History, operations: Mapping[str, Operation]) -> set[str]:
    """Return the identifying values of calls that may have stored something."""
    found: set[str] = set()
    for call in history:
        if not operations[call.operation].reads_only:
            found |= call.sent | call.received
    return found


def kept_part(history: History, suspicion: Suspicion, script: Script) -> Script | None:
    """Return the part that is likely to show what a cache gives away: with the reading by which a
    value's owner filled it; None where its owner did not read it there.

    Args:
        history: In which it was suspected.
        suspicion: Of that history.
        script: Of that history, up to the suspicion at least.
    """
    seen = observations(history)
    last = seen[suspicion.calls[-1] - 1]
    crossed = _crossed(last)
    filling = [
        each.call.index
        for each in seen[: last.call.index - 1]
        if each.call.operation == last.call.operation
        and each.call.actor.user in crossed.values()
        and not crossed.keys().isdisjoint(each.own)
    ]
    if not filling:
        return None
    likely = likely_calls(history, suspicion, script)
    part = script.only(script.needed_for(likely | {filling[-1]}))
    return part if part is not None and len(part.steps) < len(script.steps) else None


def after_pauses(
    scripts: Sequence[Script],
    replay: Callable[[Script, float], Shown | None],
    earlier: EarlierValues,
) -> tuple[Shown, float] | None:
    """Return a replay that shows a suspicion, and the pause before each that is long enough.

    Args:
        scripts: That may show it, the likely one first.
        replay: Pauses for seconds and replays a script; returns what shows it.
        earlier: Takes each replay.
    """
    for script in scripts:
        for pause in PAUSES:
            if replay(script, pause) is not None:
                return _again(script, replay)
            if not earlier.in_a_row:
                break
    return None


def _again(
    script: Script, replay: Callable[[Script, float], Shown | None]
) -> tuple[Shown, float] | None:
    """Return a second replay that shows it, and how long after the first it was made."""
    waited = itertools.accumulate(PAUSES)
    for pause, seconds in zip(PAUSES, waited, strict=True):
        shown = replay(script, pause)
        if shown is not None:
            return shown, seconds + (_MARGIN if seconds else 0.0)
    return None
