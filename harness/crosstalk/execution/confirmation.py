"""Confirmation: a suspicion is believed when it shows again, and not with the act left out.

It is replayed on fresh subjects, cut down to the calls, arguments and actors that it needs,
replayed again to see how reliably it shows, and held against its counterfactual.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from crosstalk.core.broken_rules import BrokenRule
from crosstalk.core.evidence import Exchange, exchange_of
from crosstalk.core.history import Actor, History
from crosstalk.core.identifiers import identifiers_of, remarked
from crosstalk.core.principals import simpler_actors
from crosstalk.core.script import Script, Step, script_of, with_subjects
from crosstalk.execution.cause import Signature, calls_by_others, cause_of, rule_of
from crosstalk.execution.counterfactual import Counterfactual
from crosstalk.execution.replay import Replayer
from crosstalk.execution.shrink import Allowance, drop_steps, identity_arguments, shrink_script
from crosstalk.oracles.attribution import Observation, observations
from crosstalk.oracles.base import Suspicion

# Replays after which a suspicion that never showed again is given up.
_FIRST_REPLAYS = 5
# Calls that are made at once meet now and then.
_REPLAYS_TOGETHER = 8
# Replays by which the confidence is measured.
_LAST_REPLAYS = 3
# A shorter script that needs more of them is no better than the longer one.
_MOST_ATTEMPTS = 3
# Calls whose answers are kept as evidence: a reading, an act and another reading are three.
_MOST_EXCHANGES = 4


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A suspicion that showed again, and not without the act that causes it.

    Attributes:
        script: The shortest found that shows it.
        suspicion: As the script shows it, with the script's own markers.
        operation: The operation that causes it.
        rule: What is broken.
        detail: What tells one break of that rule from another.
        replayed: In how many of how many last replays it showed.
        evidence: The calls that show it, with their answers.
    """

    script: Script
    suspicion: Suspicion
    operation: str
    rule: BrokenRule
    detail: str
    replayed: tuple[int, int]
    evidence: tuple[Exchange, ...]

    @property
    def actors(self) -> tuple[str, ...]:
        """Return who takes part, in order of appearance."""
        return tuple(dict.fromkeys(step.actor.name for step in self.script.steps))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A suspicion that is not believed.

    Attributes:
        reason: Why, in words.
        explained: Whether it has another cause, so that nothing is left open.
    """

    reason: str
    explained: bool


@dataclass(frozen=True, slots=True)
class _Shown:
    """A replay that shows the suspicion."""

    script: Script
    history: History
    suspicion: Suspicion


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Confirms suspicions by replays.

    Attributes:
        replayer: Runs scripts on fresh subjects.
        calls: Calls after which a script is short enough.
        seconds: Seconds after which a script is short enough.
    """

    replayer: Replayer
    calls: int = 1_500
    seconds: float = 60.0

    def confirm(self, history: History, suspicion: Suspicion) -> Confirmed | Rejected:
        """Return the suspicion with the shortest script that shows it, or why it is not believed.

        Args:
            history: In which it was suspected.
            suspicion: Of that history.
        """
        whole = script_of(history.until(suspicion.calls[-1]))
        signature = Signature.of(whole, suspicion)
        most = _REPLAYS_TOGETHER if any(each.together for each in whole.steps) else _FIRST_REPLAYS
        shown, tries = None, 0
        while shown is None and tries < most:
            shown = self._replay(whole, signature)
            tries += 1
        if shown is None:
            return Rejected(f"not seen again in {most} replays", explained=False)
        attempts = min(tries, _MOST_ATTEMPTS)
        counterfactual = Counterfactual(self.replayer.run)
        if counterfactual.shows(shown.script, shown.history, shown.suspicion):
            return Rejected("shows all the same with the act left out", explained=True)
        shorter = self._shortened(history, suspicion, shown, signature, attempts)
        for script in (shorter, whole):
            confirmed = self._measured(script, signature, max(_LAST_REPLAYS, tries))
            if confirmed is None:
                continue
            last, replayed = confirmed
            if counterfactual.shows(last.script, last.history, last.suspicion):
                continue
            cause = cause_of(last.script, last.suspicion, last.history)
            rule, detail = rule_of(last.script, last.suspicion, last.history)
            evidence = evidence_of(last.script, last.history, last.suspicion)
            # A person compares the sentence with the lines of the script.
            summary = remarked(last.suspicion.summary, last.history.salt)
            seen = replace(last.suspicion, summary=summary)
            return Confirmed(last.script, seen, cause, rule, detail, replayed, evidence)
        return Rejected("shows all the same with the act left out", explained=True)

    def reproduces(self, script: Script, oracle: str, operation: str) -> Suspicion | None:
        """Return the suspicion that a finding's script shows again, if it does.

        Args:
            script: Of the finding.
            oracle: Its oracle.
            operation: The operation that causes it.
        """
        history = self.replayer.run(script)
        if history is None:
            return None
        for each in self.replayer.judged(history, oracle):
            if cause_of(script, each, history) == operation:
                return each
        return None

    def _replay(
        self, script: Script, signature: Signature, cause: str | None = None
    ) -> _Shown | None:
        history = self.replayer.run(script)
        if history is None:
            return None
        for each in self.replayer.judged(history, signature.oracle):
            if Signature.of(script, each) == signature and cause in (None, each.operation):
                return _Shown(script, history, each)
        return None

    def _measured(
        self, script: Script, signature: Signature, times: int
    ) -> tuple[_Shown, tuple[int, int]] | None:
        """Return a replay that shows it, and in how many of how many it showed."""
        replays = [self._replay(script, signature) for _ in range(times)]
        shown = [each for each in replays if each is not None]
        return (shown[-1], (len(shown), times)) if shown else None

    def _shortened(
        self,
        history: History,
        suspicion: Suspicion,
        shown: _Shown,
        signature: Signature,
        attempts: int,
    ) -> Script:
        """Return the shortest script that shows it, made by the plainest actors that do."""
        spent = Allowance(self.replayer.executor, self.calls, self.seconds).spent
        script, cause = shown.script, None

        def shows(shorter: Script) -> bool:
            return any(self._replay(shorter, signature, cause) for _ in range(attempts))

        likely = _likely(history, suspicion, script)
        if likely is not None and shows(likely):
            script = likely
        if signature.oracle == "ownership":
            script = self._with_one_act(script, signature, shows, spent)
            found = self._replay(script, signature)
            # From here on the operation that changed it stays the same.
            cause = found.suspicion.operation if found is not None else None
        kept = identity_arguments(script, self.replayer.executor.operations)
        script = shrink_script(script, shows, spent, kept_arguments=kept)
        return self._with_simpler_actors(script, shows, spent)

    def _with_one_act(
        self,
        script: Script,
        signature: Signature,
        shows: Callable[[Script], bool],
        spent: Callable[[], bool],
    ) -> Script:
        """Return the script with only those calls between the readings that change anything."""
        found = self._replay(script, signature)
        if found is None:
            return script
        calls = found.suspicion.calls
        acts = calls_by_others(script, signature.caller, (calls[0], calls[-1]))
        return drop_steps(script, shows, spent, acts)

    def _with_simpler_actors(
        self, script: Script, shows: Callable[[Script], bool], spent: Callable[[], bool]
    ) -> Script:
        identities = identity_arguments(script, self.replayer.executor.operations)
        for actor in dict.fromkeys(step.actor for step in script.steps):
            for simpler in simpler_actors(actor):
                changed = Script(
                    tuple(
                        _made_by(simpler, step, identities) if step.actor == actor else step
                        for step in script.steps
                    )
                )
                if not spent() and shows(changed):
                    script = changed
                    break
        return script


def evidence_of(script: Script, history: History, suspicion: Suspicion) -> tuple[Exchange, ...]:
    """Return the calls that planted what crossed, and those that show it, at most the last few.

    Args:
        script: Its steps are the calls of the history.
        history: A replay of the script.
        suspicion: Of that history.
    """
    seen = {each.call.index: each for each in observations(history)}
    shown = {*_origins(seen, suspicion.calls[-1]), *suspicion.calls[-_MOST_EXCHANGES:]}
    places = {step.number: place for place, step in enumerate(script.steps, start=1)}
    # What a call names was planted by the call that gave it.
    shown |= {
        places[number]
        for place in suspicion.calls
        for number in script.steps[place - 1].references()
    }
    return tuple(
        exchange_of(seen[index].call, [value for value, _ in seen[index].foreign]).of_script(
            history.salt
        )
        for index in sorted(shown)
        if index in seen
    )


def _made_by(actor: Actor, step: Step, identities: set[tuple[int, str]]) -> Step:
    """Return the step as another actor makes it, with that actor's identity."""
    said = with_subjects(step.arguments, {step.actor.claims: actor.claims})
    arguments = {
        name: said[name] if (step.number, name) in identities else value
        for name, value in step.arguments.items()
    }
    return replace(step, actor=actor, arguments=arguments)


def _likely(history: History, suspicion: Suspicion, script: Script) -> Script | None:
    """Return the part of a script that is likely to show it: what it compares, and its origins."""
    seen = {each.call.index: each for each in observations(history)}
    calls = set(suspicion.calls)
    calls.update(_origins(seen, suspicion.calls[-1]))
    part = script.only(script.needed_for(calls))
    return part if part is not None and len(part.steps) < len(script.steps) else None


def _origins(seen: Mapping[int, Observation], last: int) -> list[int]:
    """Return the call with which the first of the values that a call shows came up, if any."""
    for value, owner in seen[last].foreign[:1]:
        origins = (
            each.call.index
            for each in seen.values()
            if each.call.actor.user == owner
            and (value in each.own or value in identifiers_of(each.call.arguments))
        )
        return list(itertools.islice(origins, 1))
    return []
