"""The plan of one act: what its user did for it, and what others did before it.

An act that is compared with another user's needs little. One that takes something back needs the
life of that object, and of the others' what has its words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from crosstalk.core.history import Call, History, Outcome
from crosstalk.core.identifiers import markers_in, strings_in
from crosstalk.core.script import Script, Step
from crosstalk.execution.counterfactual import in_words
from crosstalk.phases.two_worlds.plan import Around, WorldsPlan, free_of_others, without_sharing
from crosstalk.surface.operation import Operation

# Acts before one whose answer is compared, with that one.
_ACTS = 16


def plan_of_act(
    history: History,
    operations: Mapping[str, Operation],
    act: Call,
    *,
    alike: bool,
    after: Collection[int] = (),
) -> WorldsPlan | None:
    """A plan to compare what an act was answered; None where others have nothing to do with it.

    Args:
        history: What a generator did.
        operations: Operation name to operation.
        act: Of a user, in that history.
        alike: Whether the others do nothing but what they did by the same operation.
        after: Indexes of calls that the act needs beside those whose answers it names.
    """
    observer, before = act.actor, history.until(act.index)
    around = Around.of(history, operations, observer.name)
    near, others = around.near, around.others
    script = without_sharing(before)
    # What the observer said in another's words needs no answer that the other got.
    foreign = [each.number for each in script.steps if each.actor.user != observer.name]
    script = in_words(script, before, foreign)
    steps = free_of_others(script, observer.name, near, before)
    acts = [
        each
        for each in steps
        if not operations[each.operation].reads_only
        and (each.number == act.index or _is_served(before, each))
        and (each.actor.user in others or not alike or each.number == act.index)
        and (each.operation == act.operation or not alike)
    ]
    whole = Script(steps)
    if after:
        # Of the observer's nothing but the object's life; of the others' what has its words, too.
        life = _with_names(whole, {each.number for each in steps if each.number in after})
        words = {word for each in steps if each.number in life for word in _words(each)}
        theirs = [each for each in acts if each.actor.user in others]
        same = [each for each in theirs if not words.isdisjoint(_words(each))]
        acts = [each for each in acts if each.number == act.index]
        chosen = {each.number for each in (*same[-_ACTS:], *theirs[-_ACTS:], *acts)} | life
    else:
        chosen = {each.number for each in acts[-_ACTS:]}
    if act.index not in chosen:
        return None
    needed = _with_names(whole, chosen) if after else whole.needed_for(chosen)
    script = whole.only(needed) or Script(())
    if all(each.actor.user not in others for each in script.steps):
        return None
    return around.plan(script, operations)


def _with_names(script: Script, chosen: Collection[int]) -> set[int]:
    """Return steps with all that they need: answers, and what is called by a word of the caller's.

    A box is named by the label that its user chose, which no answer gives.
    """
    found = set(script.needed_for(chosen))
    first: dict[tuple[str | None, str], int] = {}
    for step in script.steps:
        for text in filter(markers_in, strings_in(step.arguments)):
            first.setdefault((step.actor.user, text), step.number)
    while (
        more := {
            first[step.actor.user, text]
            for step in script.steps
            if step.number in found
            for text in filter(markers_in, strings_in(step.arguments))
        }
        - found
    ):
        found |= script.needed_for(more)
    return found


def _words(step: Step) -> set[str]:
    return {word for text in strings_in(step.arguments) for word in markers_in(text)}


def _is_served(history: History, step: Step) -> bool:
    return history.calls[step.number - 1].answer.outcome is Outcome.OK
