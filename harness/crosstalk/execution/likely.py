"""Part of a history that is likely to show a suspicion by itself, and the evidence that it shows.

What an oracle compares, and the calls in which the values that crossed came up, are often all that
is needed: a replay of a few calls instead of an example's sixty.
"""

from __future__ import annotations

from collections.abc import Collection

from crosstalk.core.evidence import Exchange, exchange_of
from crosstalk.core.history import History, Outcome
from crosstalk.core.identifiers import is_marker, markers_in, strings_in
from crosstalk.core.row_places import in_rows, word_of_row
from crosstalk.core.script import Script, references_in
from crosstalk.execution.cause import cause_of
from crosstalk.oracles.attribution import observations
from crosstalk.oracles.base import Suspicion

# Calls whose answers are kept as evidence: a reading, an act and another reading are three.
_MOST_EXCHANGES = 4
# A part of so many is replayed before the whole: one that is larger spares little.
_PARTS_OF_WIDER = 2


def likely_part(history: History, suspicion: Suspicion, script: Script) -> Script | None:
    """Return the part of a script that is likely to show a suspicion; None if that is all of it.

    Args:
        history: In which it was suspected.
        suspicion: Of that history.
        script: Of that history, or of what of it is left.
    """
    part = script.only(likely_calls(history, suspicion, script))
    return part if part is not None and len(part.steps) < len(script.steps) else None


def wider_part(history: History, suspicion: Suspicion, script: Script) -> Script | None:
    """Return the likely part with all calls about the same objects; None if that is most of all.

    What another user did with an object before, e.g. to refer to it or to remove it, may be what
    lets it show; it is neither compared nor the first call in which a value came up. And what is
    shown of another in a user's own list may stand in what that user has stored or tagged.

    Args:
        history: In which it was suspected.
        suspicion: Of that history.
        script: Of that history, up to the suspicion at least.
    """
    likely = likely_calls(history, suspicion, script)
    named = {number for step in script.steps for number in step.references()} & likely
    last = max(likely)
    about = {
        step.number for step in script.steps if step.number <= last and step.references() & named
    }
    about |= said_before(history, suspicion, script)
    part = script.only(script.needed_for(likely | about))
    if part is None or len(part.steps) == len(likely):
        return None
    return part if _PARTS_OF_WIDER * len(part.steps) <= len(script.steps) else None


def likely_cause(history: History, suspicion: Suspicion, script: Script) -> str:
    """Return the operation that probably causes a suspicion, before it is replayed.

    Args:
        history: In which it was suspected.
        suspicion: Of that history.
        script: Of that history, up to the suspicion at least.
    """
    return cause_of(script, suspicion, history, likely_calls(history, suspicion, script))


def evidence_of(script: Script, history: History, suspicion: Suspicion) -> tuple[Exchange, ...]:
    """Return the calls that planted what crossed, and those that show it, at most the last few.

    Args:
        script: Its steps are the calls of the history.
        history: A replay of the script.
        suspicion: Of that history.
    """
    seen = {each.call.index: each for each in observations(history)}
    shown = {*_origins(history, suspicion.calls[-1]), *suspicion.calls[-_MOST_EXCHANGES:]}
    places = {step.number: place for place, step in enumerate(script.steps, start=1)}
    # What a call names was planted by the call that gave it.
    shown |= {
        places[number]
        for place in suspicion.calls
        for number in script.steps[place - 1].references()
    }

    def written(text: str) -> str:
        return script.with_own_markers(text, history.salt)

    return tuple(
        exchange_of(seen[index].call, [value for value, _ in seen[index].foreign]).of_script(
            written
        )
        for index in sorted(shown)
        if index in seen
    )


def likely_calls(history: History, suspicion: Suspicion, script: Script) -> set[int]:
    """Return the numbers of the calls of the likely part.

    Args:
        history: In which it was suspected.
        suspicion: Of that history.
        script: Of that history, or of what of it is left.
    """
    calls = {*suspicion.calls, *suspicion.besides}
    calls.update(_origins(history, suspicion.calls[-1]))
    needed = script.needed_for(calls)
    needed = script.needed_for(needed | makers_of_names(history, script, needed))
    return script.needed_for(needed | _rows_of_lists(history, script, needed))


def said_before(history: History, suspicion: Suspicion, script: Script) -> set[int]:
    """Return the calls in which the user who is shown something, or reads it changed, said
    something before.
    """
    last = history.calls[suspicion.calls[-1] - 1]
    if suspicion.oracle not in ("canary", "ownership") or last.actor.user is None:
        return set()
    first = suspicion.calls[0] if suspicion.oracle == "ownership" else last.index
    return {
        step.number
        for step in script.steps
        if step.number < first
        and step.actor == last.actor
        and history.calls[step.number - 1].answer.outcome is Outcome.OK
        and any(not text.startswith("${") for text in strings_in(step.arguments))
    }


def arranging(
    history: History, script: Script, users: Collection[str | None], *, before: int
) -> set[int]:
    """Return the served calls of some users that shared something, accepted it or ended that.

    Args:
        history: Has the policy.
        script: Of that history, or of what of it is left.
        users: Whose calls.
        before: The number of a step before which they were made.
    """
    policy = history.policy
    if policy is None:
        return set()
    return {
        step.number
        for step in script.steps
        if step.number < before
        and step.actor.user in users
        and policy.arranges(step.operation)
        and history.calls[step.number - 1].answer.outcome is Outcome.OK
    }


def makers_of_names(history: History, script: Script, needed: set[int]) -> set[int]:
    """Return the first calls that stored what other calls of the same users refer to by its text,
    and of its owner where another user's words are compared with free ones.

    An id is a reference to the answer that gave it; what is named by a user's own words is none.
    """
    found: set[int] = set()
    for number in needed:
        call = history.calls[number - 1]
        users = {call.actor.user}
        if call.probe is not None and call.probe.kind == "names":
            users.add(call.probe.victim)
        named = {each for each in call.arguments.values() if isinstance(each, str)}
        for text in filter(markers_in, named):
            makers = (
                each.index
                for each in history.calls[: number - 1]
                if text in each.arguments.values()
                and each.actor.user in users
                and each.answer.outcome is Outcome.OK
            )
            if (first := next(makers, None)) is not None:
                found.add(first)
    return found & {step.number for step in script.steps}


def _rows_of_lists(history: History, script: Script, needed: set[int]) -> set[int]:
    """Return the calls that stored what stands in lists of which one row is needed.

    Where an object is known by its place in a list, those beside it belong to that place. One that
    is known by a word of its row needs the call that stored the word.
    """
    found: set[int] = set()
    for step in script.steps:
        if step.number not in needed:
            continue
        for number, path in references_in(step.arguments):
            if not in_rows(path):
                continue
            reader, word = history.calls[number - 1].actor.user, word_of_row(path)
            stored = [
                call.index
                for call in history.calls[: number - 1]
                if call.answer.outcome is Outcome.OK
                and (word in call.sent if word else call.actor.user == reader)
                and any(map(is_marker, call.sent))
            ]
            found.update(stored[:1] if word else stored)
    return found & {step.number for step in script.steps}


def _origins(history: History, last: int) -> list[int]:
    """Return the call with which the first of the values that a call shows came up, if any."""
    origins = history.derived("origins", _origins_of)
    shown = observations(history)[last - 1].foreign[:1]
    return [origins[owner, value] for value, owner in shown if (owner, value) in origins]


def _origins_of(history: History) -> dict[tuple[str, str], int]:
    """Return user and value to the first call in which that user sent it, or was shown it."""
    found: dict[tuple[str, str], int] = {}
    for each in observations(history):
        user = each.call.actor.user
        for value in (*each.own, *each.call.sent) if user else ():
            found.setdefault((str(user), value), each.call.index)
    return found
