"""The layer phase of a campaign: one layer after the other, each reported by its name."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import asyncpg

from crosstalk.core.database_access import DatabaseAccess
from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Actor, History
from crosstalk.core.script import Script, Step
from crosstalk.core.verdict import Control, Finding, Inconclusive, InconclusiveKind
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Rejected
from crosstalk.execution.replay import Replayer
from crosstalk.execution.stopping import OutOfTimeError
from crosstalk.oracles import Suspicion, oracles_under
from crosstalk.oracles.controls import controls_of
from crosstalk.phases.base import PhaseBudget, PhaseOutcome
from crosstalk.phases.layers.any_database import examine_any
from crosstalk.phases.layers.attack_surface import LayerAttack
from crosstalk.phases.layers.bypass import opened
from crosstalk.phases.layers.crossings import crossings_of
from crosstalk.phases.layers.database import SERVICES, Examined, examine
from crosstalk.targets.base import Target

_DATABASE = "database as "
# The database of a described system.
DESCRIBED = f"{_DATABASE}the service"
# Asked in SQL; and over the wire, while row-level security lets everything through.
IN_SQL = tuple(f"{_DATABASE}{each}" for each in SERVICES)
OVER_THE_WIRE = ("agent", "mcp", "rest", "chatkit")
_NEEDED = ("admin", "backend", "mcp", "owner")
# Calls that a layer takes which is not asked in SQL.
_WIRE_CALLS = 50
# A layer's name stands before what was tried in it.
_MARK = "layer "


def made_in_sql(script: Script) -> bool:
    """Return whether a finding was made by attempts in SQL alone, which no operation serves."""
    return all(each.operation.startswith(f"{_MARK}{_DATABASE}") for each in script.steps)


@dataclass(slots=True)
class LayersPhase:
    """Each layer of the reference system with the others bypassed.

    Attributes:
        share: Part of the campaign's calls and seconds.
        least: Calls below which there is no budget.
        layers: Those that are tried, in this order.
    """

    share: float = 0.15
    name: str = "layer"
    least: int = 60
    smallest: int = 0
    layers: tuple[str, ...] = (*IN_SQL, *OVER_THE_WIRE)
    _todo: list[str] = field(init=False)
    _asked: bool = False

    def __post_init__(self) -> None:
        self._todo = list(self.layers)

    def obstacle(self, target: Target) -> str | None:
        """Return why there are no layers to reach; None where there are."""
        if target.database is not None or all(each in target.databases for each in _NEEDED):
            return None
        return (
            "the layers of this system cannot be reached one by one: its database is not known "
            "([database] in a crosstalk.toml names it)"
        )

    def run(self, budget: PhaseBudget) -> PhaseOutcome:
        """The next layers, until the budget is spent; each once a campaign."""
        outcome = PhaseOutcome()
        access = budget.target.database
        if access is not None:
            if not self._asked:
                self._asked = True
                self._ask_described(access, outcome)
            return outcome
        while self._todo and not outcome.findings and time.monotonic() < budget.deadline:
            # What is asked in SQL takes no calls.
            if self._todo[0] in OVER_THE_WIRE and budget.left() < _WIRE_CALLS:
                break
            layer = self._todo.pop(0)
            try:
                if layer.startswith(_DATABASE):
                    self._ask_database(budget, layer, outcome)
                else:
                    self._attack(budget, layer, outcome)
            except OutOfTimeError:
                self._todo.insert(0, layer)
                break
            except (OSError, asyncpg.PostgresError) as error:
                why = f"{type(error).__name__}: {error}"
                outcome.inconclusive.append(
                    Inconclusive(InconclusiveKind.NOT_TRIED, f"{_MARK}{layer}", why)
                )
        for layer in self._todo:
            # Not tried so far: its row says so.
            outcome.controls.setdefault(f"{_MARK}{layer}", Control())
        return outcome

    def reproduces(self, budget: PhaseBudget, script: Script) -> Suspicion | None:
        """Try it again: the attempt in SQL, or the calls with row-level security open."""
        first = script.steps[0]
        if budget.target.database is not None:
            found = examine_any(budget.target.database)
            return self._again(first, found)
        if not first.operation.startswith(f"{_MARK}{_DATABASE}"):
            with opened(budget.target.databases["admin"]):
                return self._judged(self._replayer(budget).run(script))
        found = examine(
            budget.target.databases, first.operation.removeprefix(f"{_MARK}{_DATABASE}")
        )
        return self._again(first, found)

    def _again(self, step: Step, found: Examined) -> Suspicion | None:
        crossed = found.crossed.get(str(step.arguments["attempt"]))
        if crossed is None:
            return None
        return Suspicion(self.name, step.operation, (1,), _sentence(step, crossed))

    def _ask_described(self, access: DatabaseAccess, outcome: PhaseOutcome) -> None:
        """Try the database of a described system, twice where something crosses."""
        place = f"{_MARK}{DESCRIBED}"
        try:
            found = examine_any(access)
            again = examine_any(access) if found.crossed else found
        except (OSError, asyncpg.PostgresError) as error:
            why = f"{type(error).__name__}: {error}"
            outcome.inconclusive.append(Inconclusive(InconclusiveKind.NOT_TRIED, place, why))
            return
        outcome.controls[place] = self._control(found)
        for name, why in found.untried.items():
            outcome.inconclusive.append(
                Inconclusive(InconclusiveKind.NOT_TRIED, f"{place}: {name}", why)
            )
        attacker = Actor("bob, in SQL as the service", "bob", "alice")
        for each in crossings_of(found):
            operation = f"{place}: {each.where}"
            step = Step(1, attacker, operation, {"attempt": each.attempt})
            summary = f"{_sentence(step, each.crossed)}{each.remark}"
            if each.attempt not in again.crossed:
                outcome.inconclusive.append(_unconfirmed(DESCRIBED, summary))
                continue
            outcome.findings.append(
                Finding(
                    oracle=self.name,
                    operation=operation,
                    actors=(attacker.name,),
                    summary=summary,
                    script=Script((step,)),
                    confirmed=True,
                    rule=BrokenRule.LAYER,
                    detail=each.attempt,
                    commands=found.commands.get(each.attempt, ()),
                )
            )

    def _control(self, found: Examined) -> Control:
        control = Control(calls=found.tried, own_reads=found.could, foreign_attempts=found.tried)
        control.answered, control.oracles = found.could, {self.name: found.could}
        return control

    def _ask_database(self, budget: PhaseBudget, layer: str, outcome: PhaseOutcome) -> None:
        service = layer.removeprefix(_DATABASE)
        found = examine(budget.target.databases, service)
        outcome.controls[f"{_MARK}{layer}"] = self._control(found)
        attacker = Actor(f"bob, in SQL as {service}", "bob", "alice")
        for attempt, crossed in found.crossed.items():
            step = Step(1, attacker, f"{_MARK}{layer}", {"attempt": attempt})
            finding = Finding(
                oracle=self.name,
                operation=step.operation,
                actors=(attacker.name,),
                summary=_sentence(step, crossed),
                script=Script((step,)),
                rule=BrokenRule.LAYER,
                detail=attempt,
                commands=found.commands.get(attempt, ()),
            )
            if self.reproduces(budget, finding.script) is not None:
                outcome.findings.append(replace(finding, confirmed=True))
                return
            outcome.inconclusive.append(_unconfirmed(layer, finding.summary))

    def _attack(self, budget: PhaseBudget, layer: str, outcome: PhaseOutcome) -> None:
        with opened(budget.target.databases["admin"]):
            attack = LayerAttack(
                budget.executor,
                budget.fresh_history(),
                budget.observations,
                budget.random,
                budget.knowledge.values,
            )
            history = attack.run(layer)
            outcome.controls |= self._counted(history, layer)
            suspicion = self._suspected(history)
            if suspicion is None:
                return
            confirmation = Confirmation(self._replayer(budget), seconds=budget.shortening)
            with budget.executor.replaying():
                confirmed = confirmation.confirm(history, suspicion)
        if isinstance(confirmed, Rejected):
            if not confirmed.explained:
                outcome.inconclusive.append(_unconfirmed(layer, suspicion.summary))
            return
        seen = confirmed.suspicion
        outcome.findings.append(
            Finding(
                oracle=self.name,
                operation=confirmed.operation,
                actors=confirmed.actors,
                summary=f"{layer} alone ({seen.oracle}): {seen.summary}",
                script=confirmed.script,
                confirmed=True,
                replayed=confirmed.replayed,
                rule=BrokenRule.LAYER,
                detail=layer,
                evidence=confirmed.evidence,
                minimal=confirmed.minimal,
            )
        )

    def _judged(self, history: History | None) -> Suspicion | None:
        found = self._suspected(history) if history is not None else None
        if found is None:
            return None
        summary = f"with row-level security open ({found.oracle}): {found.summary}"
        return replace(found, oracle=self.name, summary=summary)

    @staticmethod
    def _suspected(history: History) -> Suspicion | None:
        return next(
            (found for each in oracles_under(history.policy) for found in each.judge(history)), None
        )

    def _counted(self, history: History, layer: str) -> dict[str, Control]:
        """What the layer's calls could have shown, as one row for the layer."""
        whole = Control()
        for control in controls_of(history).values():
            could = max(control.oracles.values(), default=0)
            whole.calls += control.calls
            whole.own_reads += control.own_reads
            whole.answered += control.answered
            whole.foreign_attempts += control.foreign_attempts
            whole.oracles[self.name] = whole.oracles.get(self.name, 0) + could
        return {f"{_MARK}{layer}": whole}

    @staticmethod
    def _replayer(budget: PhaseBudget) -> Replayer:
        return Replayer(budget.executor, budget.fresh_history)


def _sentence(step: Step, crossed: str) -> str:
    where = step.operation.removeprefix(_MARK)
    return f"{where}: {step.arguments['attempt']}: {crossed}"


def _unconfirmed(layer: str, summary: str) -> Inconclusive:
    return Inconclusive(
        InconclusiveKind.UNCONFIRMED, f"{_MARK}{layer}", f"{summary} (did not replay)"
    )
