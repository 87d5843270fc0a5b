"""Cause of a suspicion: the call to blame, and what a replay recognizes the suspicion by.

A replay shows a finding again only where the same oracle fires at the same operation in the same
way; a shrinker that takes any suspicion drifts from one leak to another. The operation that a
finding names is the one that causes it, which need not be the one whose answer shows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import History, Outcome
from crosstalk.core.identifiers import mark_of, markers_in, strings_in
from crosstalk.core.object_kinds import deletes
from crosstalk.core.policy.objects import named_values
from crosstalk.core.script import Script, Step, references_in
from crosstalk.execution.fresh_words import SAID_BY_ALL
from crosstalk.oracles.base import Suspicion

_SUBJECT = re.compile(r"\$\{([a-z][a-z0-9_-]*)\}")
# Owner, kind and place of an object that existed before, e.g. `alice-note-1`.
_OBJECT = re.compile(r"([a-z][a-z0-9_]*)-[a-z0-9_]+-\d+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_REPLACING = frozenset(
    {"put", "patch", "set", "update", "change", "edit", "rename", "move", "reorder", "undo", "redo"}
    | {"restore", "merge", "complete", "finish", "close", "archive", "empty", "cancel", "revoke"}
)


# Who calls, and with what, says nothing more about them.
_KNOWN_BY_THE_ORACLE = (
    BrokenRule.UNPROVEN,
    BrokenRule.COUNTING,
    BrokenRule.CACHE,
    BrokenRule.MESSAGE,
    BrokenRule.FUNCTION,
    BrokenRule.ESCALATION,
    BrokenRule.FIELD,
    BrokenRule.REVOKED,
    BrokenRule.DELEGATION,
)


@dataclass(frozen=True, slots=True)
class Signature:
    """By what a suspicion is known again in a replay of its script, or of a part of it.

    Attributes:
        oracle: The oracle that fired.
        shown_by: The operation whose answer shows it.
        caller: The user who made that call; None for one without a valid credential.
        reaches: Whether that call names what belongs to another user, its identity apart.
    """

    oracle: str
    shown_by: str
    caller: str | None
    reaches: bool

    @classmethod
    def of(cls, script: Script, suspicion: Suspicion) -> Signature:
        """Return the signature of a suspicion.

        Args:
            script: Whole: its steps are the calls of the history that was judged, in order.
            suspicion: Of that history.
        """
        step = script.steps[suspicion.calls[-1] - 1]
        # One half of a comparison names another user's object, whichever came last.
        reaches = suspicion.oracle == "existence" or names_others(step, script, claims=False)
        return cls(suspicion.oracle, step.operation, step.actor.user, reaches)


def cause_of(
    script: Script,
    suspicion: Suspicion,
    history: History,
    among: Collection[int] | None = None,
) -> str:
    """Return the operation that causes what a suspicion shows.

    Where the answer to a call of a user's own shows it, and an earlier call named what belongs to
    another user, it is the earlier one's doing: e.g. a note that was overwritten shows it when its
    owner reads it. A reading from which nothing of its owner's is lost when another user stores
    something of their own, e.g. an average, is itself the cause, and not the call that stored it.

    Args:
        script: Whole and as short as it can be: its steps are the calls of the history.
        suspicion: Of that history.
        history: A run of the script.
        among: Numbers of the steps that may have caused it, where the script is not short yet; all
            of them by default.
    """
    return _causing_step(script, suspicion, history, among).operation


def rule_of(script: Script, suspicion: Suspicion, history: History) -> tuple[BrokenRule, str]:
    """Return the rule that is broken, and what tells one break of it from another.

    Args:
        script: Whole and as short as it can be: its steps are the calls of the history.
        suspicion: Of that history.
        history: A run of the script.
    """
    known = suspicion.rule
    if known in _KNOWN_BY_THE_ORACLE:
        return known, ""
    step = _causing_step(script, suspicion, history)
    actor = step.actor
    if actor.forgery is not None:
        return BrokenRule.FORGERY, actor.forgery
    if actor.user is None:
        return BrokenRule.CREDENTIAL, ""
    if actor.claims != actor.user:
        return BrokenRule.CLAIM, ""
    if known is not None:
        return known, ""
    if names_others(step, script, claims=False):
        return BrokenRule.OBJECT, ""
    return (BrokenRule.CLAIM if names_others(step, script) else BrokenRule.SCOPE), ""


def _causing_step(
    script: Script,
    suspicion: Suspicion,
    history: History,
    among: Collection[int] | None = None,
) -> Step:
    shown = script.steps[suspicion.calls[-1] - 1]
    if suspicion.oracle == "escalation":
        return script.steps[suspicion.calls[-2] - 1]
    if suspicion.oracle == "ownership":
        acts = [script.steps[each - 1] for each in suspicion.calls[1:-1]]
        served = [
            script.steps[each - 1]
            for each in suspicion.calls[1:-1]
            if history.calls[each - 1].answer.outcome is Outcome.OK
        ]
        meddling = [each for each in acts if _meddles(each, script)]
        emptying = [
            each
            for each in served
            if not each.references()
            and (deletes(each.operation) or _replaces_in_words_of(each, shown))
        ]
        if meddling:
            # What was refused has removed or replaced less likely than what was served.
            refused = not any(each in served for each in meddling)
            return emptying[-1] if emptying and refused else meddling[-1]
        if _reads_too_far(acts, suspicion, history):
            return shown
        # What names an own object reaches another's less easily than what names none.
        at_large = [each for each in acts if not each.references() and _replaces(each.operation)]
        return (at_large or acts)[-1]
    if suspicion.oracle != "canary" or _meddles(shown, script):
        return shown
    earlier = [
        each
        for each in script.steps
        if (among is None or each.number in among)
        and each != shown
        and names_others(each, script)
        and not _stored_in_words(each, shown, script, history)
        and not _permitted(each, script, history)
    ]
    return earlier[-1] if earlier else shown


def _stored_in_words(step: Step, shown: Step, script: Script, history: History) -> bool:
    """Return whether a step stored what its caller is shown, under words that another had chosen.

    A tag or a title that both have names no object of the other's.
    """
    if step.number not in shown.references() or step.actor != shown.actor:
        return False
    made = dict(zip(script.numbers(), history, strict=False))
    said = zip(strings_in(step.arguments), strings_in(made[step.number].arguments), strict=False)
    given = [
        (text, made[number])
        for symbol, text in said
        for number, _ in references_in(symbol)
        if script.callers.get(number) != step.actor.user
    ]
    return bool(given) and all(text in strings_in(call.arguments) for text, call in given)


def _permitted(step: Step, script: Script, history: History) -> bool:
    """Return whether a policy permits a step to change what it names of another's."""
    if history.policy is None:
        return False
    call = dict(zip(script.numbers(), history, strict=False))[step.number]
    owners = {script.callers.get(number) for number in step.references()} - {step.actor.user}
    return bool(owners) and all(
        owner is not None
        and history.permits(
            owner, step.actor.user, step.operation, named_values(call), call, change=True
        )
        for owner in owners
    )


def _meddles(step: Step, script: Script) -> bool:
    return step.actor.claims != step.actor.user or names_others(step, script)


def _reads_too_far(acts: Sequence[Step], suspicion: Suspicion, history: History) -> bool:
    """Return whether a reading is to blame, and not what others did with their own meanwhile."""
    if not acts or _shows_more(suspicion, history):
        return bool(acts)
    before, after = (history.calls[suspicion.calls[place] - 1].answer for place in (0, -1))
    if before.outcome is not after.outcome:
        return False
    if before.body == after.body:
        # A validator or a counter of the answer alone.
        return True
    mine = Counter(each for text in strings_in(before.body) for each in markers_in(text))
    left = Counter(each for text in strings_in(after.body) for each in markers_in(text))
    # What names no object may change, or remove, what it should not.
    return mine <= left and (bool(acts[-1].references()) or not _replaces(acts[-1].operation))


def _replaces(operation: str) -> bool:
    """Return whether an operation changes or removes what there is, by its name."""
    words = {each.lower() for each in _WORD.findall(operation.partition(":")[2])}
    return deletes(operation) or bool(words & _REPLACING)


def _replaces_in_words_of(step: Step, shown: Step) -> bool:
    """Return whether a step replaces something under a word by which a reading asks, as a week."""
    asked = {each for each in shown.arguments.values() if isinstance(each, str)}
    said = {each for each in step.arguments.values() if isinstance(each, str)}
    return _replaces(step.operation) and not asked.isdisjoint(said)


def _shows_more(suspicion: Suspicion, history: History) -> bool:
    """Return whether the second reading shows all that the first did, and something else."""
    first, last = suspicion.calls[0], suspicion.calls[-1]
    before, after = (
        Counter(_leaves(history.calls[each - 1].answer.body)) for each in (first, last)
    )
    return before < after


def _leaves(body: Any) -> Iterator[str]:
    if isinstance(body, Mapping):
        for name, each in body.items():
            yield from (f"{name} {leaf}" for leaf in _leaves(each))
    elif isinstance(body, list | tuple):
        for each in body:
            yield from _leaves(each)
    else:
        yield str(body)


def act_in(script: Script) -> str | None:
    """Return the last operation by which a user meddles with what belongs to another, if any.

    Where a user's reading depends on what others do, such an act is the cause, and not the reading.

    Args:
        script: Calls of an observer and of the other users, as few as show it.
    """
    acts = [
        each
        for each in script.steps
        if each.probe is not None and each.probe.part == "varied" and _meddles(each, script)
    ]
    return acts[-1].operation if acts else None


def names_others(step: Step, script: Script, *, claims: bool = True) -> bool:
    """Return whether a step names a user other than its caller, or what that user was given.

    Args:
        step: Of the script.
        script: Says who was given what.
        claims: Whether an argument that is another user's subject, and nothing else, counts.
    """
    callers = script.callers
    users = script.users
    named = {
        name
        for text in strings_in(step.arguments)
        for name in _SUBJECT.findall(text)
        if name in users and (claims or not _SUBJECT.fullmatch(text))
    }
    # An object that existed before is named after its owner.
    named |= {
        found.group(1)
        for text in strings_in(step.arguments)
        for name in _SUBJECT.findall(text)
        if (found := _OBJECT.fullmatch(name)) is not None
    }
    return bool(named - {step.actor.user}) or any(
        callers.get(number, step.actor.user) != step.actor.user
        # What stands in another's row is the other's, whoever was shown that row.
        or _is_in_anothers_row(path, step.actor.user)
        for number, path in references_in(step.arguments, listed=False)
    )


def _is_in_anothers_row(path: str, user: str | None) -> bool:
    """Return whether a path leads through a row that is known by another user's word."""
    shared = mark_of(SAID_BY_ALL)
    words = [each for each in markers_in(path) if not each.startswith(shared)]
    return user is not None and any(not each.startswith(mark_of(user)) for each in words)


def calls_by_others(script: Script, user: str | None, between: tuple[int, int]) -> list[int]:
    """Return the numbers of the steps of other users between two places of a script."""
    first, last = between
    return [step.number for step in script.steps[first - 1 : last] if step.actor.user != user]
