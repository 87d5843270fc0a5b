"""Review of what the oracles suspect in a history: replayed, and recorded if it shows again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from crosstalk.campaign.evaluation.explained_values import ExplainedValues
from crosstalk.campaign.evaluation.explained_windows import ExplainedWindows
from crosstalk.campaign.evaluation.findings import FindingsRecord
from crosstalk.campaign.events import Shortened, Suspected
from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import is_marker
from crosstalk.core.script import Script, script_of
from crosstalk.core.verdict import Finding, Inconclusive, InconclusiveKind
from crosstalk.execution.confirmation import Confirmation
from crosstalk.execution.confirmation_outcome import Confirmed, Rejected
from crosstalk.execution.executor import Executor
from crosstalk.execution.likely import likely_cause
from crosstalk.oracles import Oracle, Suspicion
from crosstalk.oracles.attribution import observations

# Times that a suspicion of one oracle and of one likely cause is replayed before it is left alone:
# that shows by one operation, and by any. What many acts lie before has a likely cause by chance.
_MOST_TRIES, _MOST_TRIES_IN_ALL = 3, 6
# Replayed calls that may be in vain for each call of a campaign before a cause is tried once more,
# and before another is tried at all: what never shows again must not keep a run from the rest.
_VAIN_AGAIN, _VAIN_FIRST = 1.0, 3.0
# Acts that were left out, each with the reading changed all the same, after which it is known to
# change by what its reader does.
_LEFT_OUT = 2
# Under which it is counted what earlier examples have left.
_EARLIER = "earlier"
# Suspicions that are kept for the time when the calls are made.
_MOST_LATER = 24
# Suspicions for which all pauses may be made in vain before no more are made.
_MOST_IN_VAIN = 2
_NO_TIME = "not replayed: replays had used their share of the run"
# Of a campaign that has just begun.
_CALLS_AT_FIRST = 1_000
_WITHOUT_CREDENTIAL = (BrokenRule.CREDENTIAL, BrokenRule.FORGERY)


@dataclass(slots=True)
class SuspicionReview:
    """Asks the oracles about a history, and confirms what they suspect by replay.

    Attributes:
        record: Receives what is confirmed, and what is left unconfirmed.
        executor: Makes the calls of replays.
        confirmation: Returns a confirmation with what is left of the budget.
        oracles: Those that judge.
        shows_everyone: Whether a call was answered what the operation shows to every user: to show
            it without a credential, too, lets nothing cross.
        hurried: Whether replays have taken so long that a short part of each is all that is made.
        puts_off: Whether they have taken so long that none is made until the calls are.
    """

    record: FindingsRecord
    executor: Executor
    confirmation: Callable[[], Confirmation]
    oracles: tuple[Oracle, ...]
    shows_everyone: Callable[[Call, History], bool] = lambda call, history: False
    hurried: Callable[[], bool] = lambda: False
    puts_off: Callable[[], bool] = lambda: False
    _tried: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _open: dict[tuple[str, str], Inconclusive] = field(default_factory=dict)
    _judged: tuple[int, int] = (0, 0)
    # Calls of replays that confirmed nothing, and what was tried by a few calls alone since there
    # were too many of them.
    _in_vain: int = 0
    _cheaply_tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    # Oracle and reading to the acts without which it showed all the same.
    _shown_without: defaultdict[tuple[str, str], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )
    # What had no time, or less than it needed, with the history in which it was suspected.
    _later: dict[tuple[str, str], tuple[History, Suspicion]] = field(default_factory=dict)
    # What was answered with the values of an earlier run: once the calls are made, it is replayed
    # after pauses.
    _kept: set[tuple[str, str]] = field(default_factory=set)
    _pausing: bool = False
    _paused_in_vain: int = 0
    _explained: ExplainedWindows = field(default_factory=ExplainedWindows)
    _values: ExplainedValues = field(default_factory=ExplainedValues)

    def follow_up(self, history: History) -> bool:
        """Follow up what the oracles suspect; return whether anything was replayed."""
        if self._judged == (id(history), len(history)):
            return False
        self._judged = (id(history), len(history))
        replayed = False
        # Made once: the script of a history's beginning is the beginning of its script.
        whole: Script | None = None
        for suspicion in self._suspected(history):
            if self.record.enough():
                break
            whole = whole or script_of(history)
            replayed = self._consider(history, suspicion, whole) or replayed
        return replayed

    @property
    def put_off(self) -> int:
        """Return how many suspicions wait for time to be replayed."""
        return len(self._later)

    @property
    def kept(self) -> int:
        """Return how many of them are replayed after pauses."""
        return len(self._kept & self._later.keys())

    def take_up(self) -> None:
        """Replay what was put off, once the calls are made."""
        later, self._later = self._later, {}
        self.hurried = self.puts_off = lambda: False
        self._in_vain, self._pausing = 0, True
        # Pauses come last: they may take all the seconds that are left.
        for key in sorted(later, key=lambda each: each in self._kept):
            history, suspicion = later[key]
            if self.record.enough() or self.executor.seconds_left() <= 0.0:
                return
            if key in self._open and not self._known(key, suspicion):
                self._tried.clear()
                self._consider(history, suspicion, script_of(history))

    def leave_unconfirmed(self, history: History) -> None:
        """Record what the oracles suspect in the history of a run that cannot replay any more."""
        whole: Script | None = None
        for suspicion in self._suspected(history):
            whole = whole or script_of(history)
            key = (suspicion.oracle, likely_cause(history, suspicion, whole))
            if not self._known(key, suspicion) and key not in self._open:
                self._leave_open(key, suspicion, "not replayed: the run ended")

    def _suspected(self, history: History) -> list[Suspicion]:
        """Return what the oracles suspect, a client that can be any user first.

        Beside that all else that users can do to each other matters less.
        """
        found = [
            suspicion
            for oracle in self.oracles
            for suspicion in oracle.judge(history)
            if not self._public(history, suspicion)
        ]
        return sorted(found, key=lambda each: each.rule is not BrokenRule.UNPROVEN)

    def _consider(self, history: History, suspicion: Suspicion, whole: Script) -> bool:
        # One leak must not keep another from being tried, whose answers show in the same place.
        key = (suspicion.oracle, likely_cause(history, suspicion, whole))
        last = history.calls[suspicion.calls[-1] - 1]
        shown = last.operation
        tries: tuple[tuple[str, ...], tuple[str, ...]] = ((*key, shown), key)
        most, most_in_all = _MOST_TRIES, _MOST_TRIES_IN_ALL
        blamed = self._explained.acts(history, suspicion)
        if blamed:
            # The likely cause is one of these, and what is left has another.
            key = (suspicion.oracle, shown)
            tries = (*key, shown), key
        if self._known(key, suspicion) or self.record.has(suspicion.oracle, shown):
            return False
        if self._values.explain(history, suspicion):
            return False
        if _is_of_earlier(history, suspicion):
            # What an earlier example left may be heard once, and a replay ends the example: the
            # same is stored again in this one.
            tries = (*tries[0], _EARLIER), (*tries[1], _EARLIER)
            most, most_in_all = 1, 2
        if self._tried[tries[0]] >= most or self._tried[tries[1]] >= most_in_all:
            return False
        if key in self._kept and (not self._pausing or self._paused_in_vain >= _MOST_IN_VAIN):
            return False
        if self.puts_off():
            self._put_off(key, history, suspicion)
            self._leave_open(key, suspicion, _NO_TIME)
            return False
        # That it shows by another operation as well may be what shows again.
        again = self._tried[tries[0]] > 0 or self._tried[tries[1]] > 1
        moves = len(self._shown_without[suspicion.oracle, shown]) >= _LEFT_OUT
        crossed = self._values.may_explain(history, suspicion)
        spent = moves or crossed or self.hurried() or self._spent(again=again)
        if blamed and spent:
            return False
        if not spent:
            self._tried.update(tries)
        elif self._cheaply_tried[key] < _MOST_TRIES:
            self._cheaply_tried[key] += 1
        else:
            return False
        finding = Finding(
            oracle=suspicion.oracle,
            operation=suspicion.operation,
            actors=_actors(history, suspicion),
            summary=suspicion.summary,
            script=Script(whole.steps[: suspicion.calls[-1]]),
        )
        self.record.emit(Suspected(finding))

        def progress(shorter: Script, calls: int) -> None:
            self.record.emit(Shortened(finding, len(shorter.steps), calls))

        calls_before, replays_before = self.executor.calls_made, self.executor.replay_calls
        with self.executor.replaying():
            confirmation = replace(
                self.confirmation(),
                progress=progress,
                likely_alone=spent,
                pausing=key in self._kept,
            )
            if blamed and not self._explained.shows_besides(confirmation, history, suspicion):
                return True
            found = confirmation.confirm(history, suspicion, leaving_out=blamed)
        if isinstance(found, Rejected):
            self._in_vain += self.executor.replay_calls - replays_before
            if found.explained:
                self._shown_without[suspicion.oracle, shown].add(key[1])
            elif not (moves or crossed):
                # What changes by its reader's own calls, or has crossed already, is shown by the
                # short part, or not at all.
                self._leave_open(key, suspicion, found.reason)
                if found.kept:
                    self._kept.add(key)
                    self._paused_in_vain += self._pausing
                if found.in_haste:
                    self._put_off(key, history, suspicion)
            return True
        if found.operation != shown:
            self._explained.note(history, suspicion, found.operation)
        self._values.note(history, suspicion, before=found.operation != shown)
        if not self.record.has(suspicion.oracle, found.operation):
            self.record.add(_confirmed(finding, found, suspicion), calls_before)
        self._later.pop(key, None)
        if (doubt := self._open.pop(key, None)) is not None:
            # What could not be replayed before, was now.
            self.record.inconclusive.remove(doubt)
        return True

    def _spent(self, *, again: bool) -> bool:
        """Return whether too many replays were in vain for a cause to be tried, or tried again."""
        most = _VAIN_AGAIN if again else _VAIN_FIRST
        return self._in_vain > most * max(self.executor.calls_made, _CALLS_AT_FIRST)

    def _public(self, history: History, suspicion: Suspicion) -> bool:
        if suspicion.rule not in _WITHOUT_CREDENTIAL:
            return False
        shown = history.calls[suspicion.calls[-1] - 1]
        return shown.answer.outcome is Outcome.OK and self.shows_everyone(shown, history)

    def _known(self, key: tuple[str, str], suspicion: Suspicion) -> bool:
        """Return whether a finding says it already: one an oracle and operation is enough."""
        if suspicion.rule is BrokenRule.UNPROVEN:
            # It is one of the whole server.
            return any(each.rule is BrokenRule.UNPROVEN for each in self.record.findings)
        return self.record.has(*key)

    def _put_off(self, key: tuple[str, str], history: History, suspicion: Suspicion) -> None:
        if len(self._later) < _MOST_LATER:
            self._later.setdefault(key, (history, suspicion))

    def _leave_open(self, key: tuple[str, str], suspicion: Suspicion, reason: str) -> None:
        if key not in self._open:
            why = f"{suspicion.summary} ({reason})"
            doubt = Inconclusive(InconclusiveKind.UNCONFIRMED, key[1], why)
            self._open[key] = doubt
            self.record.inconclusive.append(doubt)


def _is_of_earlier(history: History, suspicion: Suspicion) -> bool:
    """Return whether all that a call showed of others was stored before the history began."""
    if suspicion.oracle != "canary":
        return False
    shown = observations(history)[suspicion.calls[-1] - 1]
    if not shown.foreign:
        return False
    owners = {owner for _, owner in shown.foreign}
    said = {value for call in history if call.actor.user in owners for value in call.sent}
    return all(is_marker(value) and value not in said for value, _ in shown.foreign)


def _confirmed(finding: Finding, found: Confirmed, suspicion: Suspicion) -> Finding:
    return replace(
        finding,
        script=found.script,
        operation=found.operation,
        actors=found.actors,
        # A replay is of one operation; the defect is shown by all of them.
        summary=(suspicion if suspicion.operations else found.suspicion).summary,
        confirmed=True,
        replayed=found.replayed,
        evidence=found.evidence,
        rule=found.rule,
        detail=found.detail,
        minimal=found.minimal,
        operations=suspicion.operations,
    )


def _actors(history: History, suspicion: Suspicion) -> tuple[str, ...]:
    involved = [history.calls[index - 1].actor.name for index in sorted(suspicion.calls)]
    return tuple(dict.fromkeys(involved))
