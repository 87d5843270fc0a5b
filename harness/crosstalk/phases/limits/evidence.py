"""Findings of limits that count what several users do, with the calls that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.evidence import exchange_of
from crosstalk.core.history import Call
from crosstalk.core.identifiers import map_strings, remarked
from crosstalk.core.script import Script, Step, script_of
from crosstalk.core.verdict import Finding
from crosstalk.oracles.base import Suspicion
from crosstalk.phases.limits.trial import Trial

NAME = "limits"
# Trials after which a limit is believed to be shared.
TRIALS = 2
# Calls of one user in the script of a limit that was met on the way, at most.
_MOST_REPEATED = 320


def suspicion_of(observed: Call) -> Suspicion:
    """Return what a refused first call suggests."""
    return Suspicion(
        NAME,
        observed.operation,
        (observed.index,),
        f"a call of {observed.actor.name}, one of their first, was refused for being one too many "
        "while another user used up a limit",
    )


def finding_of(trial: Trial) -> Finding:
    """Return the finding of a trial in which another user's first call was refused.

    Raises:
        ValueError: The trial did not come to its end.
    """
    refused, observed = trial.refused, trial.observed
    if refused is None or observed is None:
        raise ValueError("the trial did not come to its end")
    whole = script_of(trial.history)
    script = whole.without(trial.control.index) or whole
    places = {step.number: place for place, step in enumerate(script.steps, start=1)}
    evidence = [
        (places[each.index], each, note)
        for each, note in ((refused, "uses the limit up"), (observed, "a first call"))
    ]
    return _finding(observed, script, evidence)


def standing_finding(served: Step, calls: int, refused: Step, seen: Call) -> Finding:
    """Return the finding of a limit that stays used up: whoever comes is refused at once.

    Args:
        served: A call of a user who was served before.
        calls: That were answered before the limit was met.
        refused: The first call of another user.
        seen: That call, as it was made.
    """
    repeated = max(1, min(calls, _MOST_REPEATED))
    steps = [
        # Words of its own, for a name that is taken is refused as such.
        replace(
            served,
            number=number,
            arguments=map_strings(served.arguments, partial(_in_other_words, number)),
        )
        for number in range(1, repeated + 1)
    ]
    script = Script((*steps, replace(refused, number=repeated + 1)))
    return _finding(seen, script, [(repeated + 1, seen, "a first call")])


def _in_other_words(number: int, text: str) -> str:
    return remarked(text, number)


def _finding(observed: Call, script: Script, evidence: Sequence[tuple[int, Call, str]]) -> Finding:
    return Finding(
        oracle=NAME,
        operation=observed.operation,
        actors=tuple(dict.fromkeys(step.actor.name for step in script.steps)),
        summary=suspicion_of(observed).summary,
        script=script,
        confirmed=True,
        rule=BrokenRule.ACTIVITY,
        evidence=tuple(exchange_of(call, (), number=n, note=note) for n, call, note in evidence),
        replayed=(TRIALS, TRIALS),
        minimal=False,
    )
