"""Review of what the oracles suspect in a history: replayed, and recorded if it shows again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from crosstalk.campaign.evaluation.findings import FindingsRecord
from crosstalk.campaign.events import Suspected
from crosstalk.core.history import History
from crosstalk.core.script import script_of
from crosstalk.core.verdict import Finding, InconclusiveKind
from crosstalk.execution.confirmation import Confirmation, Rejected
from crosstalk.execution.executor import Executor
from crosstalk.oracles import ORACLES, Suspicion

# Replays that a suspicion of one oracle and operation gets before it is left alone.
_MOST_TRIES = 3


@dataclass(slots=True)
class SuspicionReview:
    """Asks the oracles about a history, and confirms what they suspect by replay.

    Attributes:
        record: Receives what is confirmed, and what is left unconfirmed.
        executor: Makes the calls of replays.
        confirmation: Returns a confirmation with what is left of the budget.
    """

    record: FindingsRecord
    executor: Executor
    confirmation: Callable[[], Confirmation]
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    _judged: tuple[int, int] = (0, 0)

    def follow_up(self, history: History) -> bool:
        """Follow up what the oracles suspect; return whether anything was replayed."""
        replayed = False
        if self._judged == (id(history), len(history)):
            return replayed
        self._judged = (id(history), len(history))
        for oracle in ORACLES:
            for suspicion in oracle.judge(history):
                if self.record.enough():
                    break
                replayed = self._consider(history, suspicion) or replayed
        return replayed

    def leave_unconfirmed(self, history: History) -> None:
        """Record what the oracles suspect in the history of a run that cannot replay any more."""
        known = {(each.oracle, each.operation) for each in self.record.findings}
        for suspicion in (found for oracle in ORACLES for found in oracle.judge(history)):
            if (suspicion.oracle, suspicion.operation) not in known:
                why = f"{suspicion.summary} (not replayed: the run ended)"
                self.record.leave_open(InconclusiveKind.UNCONFIRMED, suspicion.operation, why)

    def _consider(self, history: History, suspicion: Suspicion) -> bool:
        key = (suspicion.oracle, suspicion.operation)
        self._seen[key] += 1
        # One confirmed finding an oracle and operation is enough.
        if self.record.has(*key) or self._seen[key] > _MOST_TRIES:
            return False
        upto = history.until(suspicion.calls[-1])
        finding = Finding(
            oracle=suspicion.oracle,
            operation=suspicion.operation,
            actors=_actors(upto, suspicion),
            summary=suspicion.summary,
            script=script_of(upto),
        )
        self.record.emit(Suspected(finding))
        calls_before = self.executor.calls_made
        with self.executor.replaying():
            confirmed = self.confirmation().confirm(history, suspicion)
        if isinstance(confirmed, Rejected):
            if not confirmed.explained:
                why = f"{suspicion.summary} ({confirmed.reason})"
                self.record.leave_open(InconclusiveKind.UNCONFIRMED, suspicion.operation, why)
            return True
        if not self.record.has(suspicion.oracle, confirmed.operation):
            finding = replace(
                finding,
                script=confirmed.script,
                operation=confirmed.operation,
                actors=confirmed.actors,
                # A replay is of one operation; the defect is shown by all of them.
                summary=(suspicion if suspicion.operations else confirmed.suspicion).summary,
                confirmed=True,
                replayed=confirmed.replayed,
                evidence=confirmed.evidence,
                rule=confirmed.rule,
                detail=confirmed.detail,
                operations=suspicion.operations,
            )
            self.record.add(finding, calls_before)
        return True


def _actors(history: History, suspicion: Suspicion) -> tuple[str, ...]:
    involved = [call.actor.name for call in history if call.index in suspicion.calls]
    return tuple(dict.fromkeys(involved))
