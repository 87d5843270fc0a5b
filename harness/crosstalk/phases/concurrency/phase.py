"""The concurrency phase of a campaign: crowds, what they saw, and what was wrong with it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from crosstalk.core.history import History, Outcome, Sending
from crosstalk.core.identifiers import identifiers_of, is_marker
from crosstalk.core.script import Script, Step
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from crosstalk.oracles import Suspicion
from crosstalk.oracles.observation import identifiers_shown
from crosstalk.phases.base import Outcome as Played
from crosstalk.phases.base import Turn
from crosstalk.phases.concurrency import clients, parallel_run
from crosstalk.phases.concurrency.client_behaviour import sent
from crosstalk.phases.concurrency.confirmation import ATTEMPTS, again, calibrate, shrunk
from crosstalk.phases.concurrency.oracle import Concurrency, was_told
from crosstalk.phases.concurrency.plans import Planner
from crosstalk.targets.base import Target

_STEPS = 8
_FEWEST = 6
_SHRINKING_SECONDS = 20.0
# Above it a crowd says too little about anybody's data.
_MOST_BUSY = 0.25


@dataclass(slots=True)
class ConcurrencyPhase:
    """Crowds of users, some of whom go away in the middle of their requests.

    Attributes:
        share: Part of the campaign's calls and seconds.
        most: Clients in the largest crowd.
        least: Calls below which there is no crowd.
    """

    share: float = 0.2
    most: int = 16
    name: str = "concurrency"
    least: int = 160
    _suspected: set[str] = field(default_factory=set)

    def obstacle(self, target: Target) -> str | None:
        """Why there can be no crowd; None where there can."""
        if len(target.principals.members) < 2:
            return "there is only one user"
        return target.not_applicable.get(self.name)

    def play(self, turn: Turn) -> Played:
        """One crowd after the other, until the turn is spent or something was found."""
        outcome = Played()
        enough = 0
        while not turn.spent() and turn.left() >= enough and not outcome.findings:
            enough = self.least // 2
            history, script = self._gather(turn)
            if not script.steps:
                why = "nothing was served to a user who called alone"
                outcome.inconclusive.append(
                    Inconclusive(InconclusiveKind.NOT_TRIED, self.name, why)
                )
                break
            self._judge(turn, history, script, outcome)
        return outcome

    def reproduces(self, turn: Turn, script: Script) -> Suspicion | None:
        """Play a crowd's script again, several times if need be; the summary says how often."""
        return again(turn, script)

    def _gather(self, turn: Turn) -> tuple[History, Script]:
        """One crowd: its plan done alone, twice, and then by all at once."""
        random, salt = turn.random, secrets.randbits(16)
        present = clients.crowd(turn.target, self.most + 2)
        history = clients.admit(turn.target, turn.fresh_history(), present)
        # A session that one client has logged in is no other client's.
        for apart in (True, False):
            planner = Planner(turn.performer, history, random, turn.observations, salt)
            alone = Sending(client="alone") if apart else None
            plan = planner.draw(present[0], _STEPS, alone)
            if plan.steps:
                break
        if not plan.steps:
            return history, Script(())
        first, second = (
            [replace(step, sending=alone) for step in plan.given_to(actor, place, "alone", salt)]
            for place, actor in enumerate(present[:2])
        )
        operations = turn.performer.operations.values()
        long = {each.name for each in operations if each.conversational}
        crowd: list[Step] = []
        room = turn.left() // len(plan.steps) - 1
        for place in range(2, 2 + max(_FEWEST, min(self.most, room))):
            steps = plan.given_to(present[place % len(present)], place, "concurrent", salt)
            crowd += sent(
                steps,
                place,
                random,
                spared=plan.final,
                long=long,
                alone=plan.seconds,
                apart=apart,
            )
        parallel_run.play(turn.performer, history, [*second, *crowd], seed=str(random.random()))
        calibrate(history)
        return history, Script((*first, *second, *crowd))

    def _judge(self, turn: Turn, history: History, script: Script, outcome: Played) -> None:
        _count(history, outcome)
        for suspicion in Concurrency().judge(history):
            if suspicion.operation in self._suspected:
                continue
            self._suspected.add(suspicion.operation)
            outcome.suspected = turn.performer.calls_made
            confirmed = shrunk(turn, script, _SHRINKING_SECONDS)
            if confirmed is None:
                outcome.inconclusive.append(
                    Inconclusive(
                        InconclusiveKind.UNCONFIRMED,
                        suspicion.operation,
                        f"{suspicion.summary} (not seen again in {ATTEMPTS} attempts)",
                    )
                )
                return
            smaller, seen = confirmed
            actors = tuple(dict.fromkeys(step.actor.name for step in smaller.steps))
            outcome.findings.append(
                Finding(self.name, seen.operation, actors, seen.summary, smaller, confirmed=True)
            )
            return


def _count(history: History, outcome: Played) -> None:
    """Calls, those that showed callers their own, and those that met another user's."""
    planted: dict[str, set[str]] = {}
    busy = crowd = 0
    for call in history:
        control = outcome.controls.setdefault(call.operation, Control())
        mine = planted.setdefault(call.actor.name, set())
        mine |= {value for value in identifiers_of(call.arguments) if is_marker(value)}
        served = call.answer.outcome is Outcome.OK
        control.calls += 1
        control.answered += served
        control.own_reads += served and bool(mine & identifiers_shown(call.answer))
        if call.probe is not None and call.probe.part == "concurrent":
            broken_off = call.sending is not None and call.sending.aborted_at
            crowd += 1
            busy += not broken_off and not was_told(call)
    for name, count in Concurrency().opportunities(history).items():
        control = outcome.controls.setdefault(name, Control())
        control.oracles["concurrency"] = control.oracles.get("concurrency", 0) + count
    if busy > _MOST_BUSY * crowd:
        outcome.inconclusive.append(
            Inconclusive(
                InconclusiveKind.THROTTLED,
                "concurrency",
                f"{busy} of {crowd} calls of a crowd were answered busy, or not at all",
            )
        )
