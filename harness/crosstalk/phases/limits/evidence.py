"""Findings of limits that count what several users do, with the calls that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.evidence import exchange_of
from crosstalk.core.history import Call, History
from crosstalk.core.identifiers import map_strings, remarked
from crosstalk.core.script import Script, renumbered, script_of
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


def standing_finding(served: Script, calls: int, refused: Script, seen: Call) -> Finding:
    """Return the finding of a limit that stays used up: whoever comes is refused at once.

    Args:
        served: By which a user was served before; its last call is repeated.
        calls: That were answered before the limit was met.
        refused: By which another user comes to a first call.
        seen: That call, as it was made.
    """
    steps = list(served.steps[:-1])
    for _ in range(max(1, min(calls, _MOST_REPEATED))):
        number = 1 + max((each.number for each in served.steps), default=0) + len(steps)
        # Words of its own, for a name that is taken is refused as such.
        words = partial(_in_other_words, number)
        last = served.steps[-1]
        steps.append(replace(last, number=number, arguments=map_strings(last.arguments, words)))
    ends = steps[-1].number
    steps += [
        replace(
            each,
            number=ends + each.number,
            arguments=renumbered(each.arguments, lambda number: ends + number),
        )
        for each in refused.steps
    ]
    return _finding(seen, Script(tuple(steps)), [(len(steps), seen, "a first call")])


def _in_other_words(number: int, text: str) -> str:
    return remarked(text, number)


def told_finding(history: History, place: str, told: Sequence[Call]) -> Finding:
    """Return the finding of a count that changes with what another user does.

    Args:
        history: The observer's calls, with the other user's before the last of them.
        place: Where the count stands in an answer.
        told: The observer's calls before and after the other's.
    """
    script = script_of(history)
    places = {step.number: number for number, step in enumerate(script.steps, start=1)}
    after = told[-1]
    finding = _finding(after, script, [(places[each.index], each, "") for each in told])
    return replace(finding, summary=told_suspicion(history, after, place).summary)


def told_suspicion(history: History, after: Call, place: str) -> Suspicion:
    """Return what a count suggests that has changed beside another user's calls.

    Args:
        history: Of the calls.
        after: The observer's last call.
        place: Where the count stands in its answer.
    """
    others = sorted({each.actor.name for each in history} - {after.actor.name})
    return Suspicion(
        NAME,
        after.operation,
        (after.index,),
        f"the count that {after.actor.name} is told at {place} changes with the calls of "
        f"{', '.join(others)}",
    )


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
