"""One user stores more of a kind than a page or a default limit holds, between another's readings.

Second pages, top-k, pruning and truncation are out of reach of lists that never grow, and a limit
that is applied before the owner's filter takes away what is the victim's. Turns differ: more than
usual limits of every kind; of what asks a model, which stores a question and an answer; of one kind
more than the largest page that a schema states.

Half of it is stored in the victim's own words, so that what is found by its content alone meets,
and each under a key where one is taken: the victim's keys must outlive the flood, and a repeat
under one of them be answered as before. What is left over from the other's lists waits at a cursor,
which the victim tries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Outcome, Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.honest_calls import HonestCalls, in_words_of, read_again
from crosstalk.generator.examples.readings import Reading, all_readings, cursors_in
from crosstalk.generator.values.choice import Draw, drawn_random
from crosstalk.surface.capabilities import page_size, required_references
from crosstalk.surface.operation import Operation, Role

# Objects of each kind that exceed usual limits, and of one kind at most.
_USUAL, _MOST = 60, 120
# Conversations: each holds two messages at least, and lists of them are cut at 200.
_CHATS = 101
# Kinds of one turn that are stored at once, and readings around them.
_KINDS, _READINGS = 2, 60
# Readings of objects that are named only by those readings.
_MORE_READINGS = 15
# Calls in another's words after which it is known whether they may be said again.
_SAME_WORDS = 2
# Calls of a campaign for each time that it is done.
_CALLS_BETWEEN = 700
_FIRST_PART, _FIRST_AFTER = 0.2, 500
_FEWEST_CALLS = 400
# Seconds without which no model is asked so often.
_SECONDS_TO_CHAT = 40.0


class ManyObjects:
    """Has one user store very many objects, of one kind or of several."""

    name = "many_objects"
    guaranteed = False

    def applies(self, example: ExampleRun) -> bool:
        """Return whether it is time to do it again: it takes many calls."""
        made = example.state.executor.calls_used
        done = example.state.situations["floods"]
        # Of few calls none are for it.
        first = min(_FIRST_AFTER, max(_FEWEST_CALLS, int(_FIRST_PART * example.state.calls)))
        return (
            bool(example.capabilities.creators)
            and bool(example.state.observations)
            and made >= first + done * _CALLS_BETWEEN
        )

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Read as a victim, store as another user, read as the victim, and as the other."""
        attacker: Actor = draw(st.sampled_from(example.members))
        victim = example.other_member(draw, attacker)
        honest = HonestCalls.of(example, drawn_random(draw))
        flood = self._flood(example, draw)
        stored = list({operation.name: operation for operation, _ in flood}.values())
        kept = [_keyed(example, _alone(example, honest.call(each, victim))) for each in stored]
        example.execute_all(kept)
        readings = _readings(example, victim, stored)[:_READINGS]
        key = example.next_probe()
        before = Probe("ownership", key, "before", victim.name)
        repeats = [] if _asks_a_model(stored) else [e for e in kept if example.key_of(e)]
        for _ in range(2):
            example.execute_all([replace(each, probe=before) for each in repeats])
        example.read_twice(readings, victim, before)
        # What a model has begun is named by lists that its owner has read only now.
        named = [each for each in _readings(example, victim, stored) if each not in readings]
        named = named[:_MORE_READINGS]
        example.read_twice(named, victim, before)
        readings += named
        attack = Probe("ownership", key, "attack", victim.name)
        said = {each.operation: each.arguments for each in kept}
        for operation, count in flood:
            drawn = [honest.call(operation, attacker, attack) for _ in range(count)]
            same = [in_words_of(example, said[operation.name], each) for each in drawn]
            # A name that must be another each time would have half of all refused.
            taken = [example.execute(_keyed(example, each)) for each in same[:_SAME_WORDS]]
            again = taken[-1].answer.outcome is Outcome.OK
            example.execute_all(
                [
                    _keyed(example, same[number] if again and number % 2 else drawn[number])
                    for number in range(_SAME_WORDS, count)
                ]
            )
        read_again(example, readings, victim, key)
        # After all readings: where a key was forgotten, it stores once more.
        example.execute_all(
            [replace(each, probe=replace(before, part="after")) for each in repeats]
        )
        self._read_what_is_left_over(example, attacker, victim)
        self._count(example, [count for _, count in flood])

    @staticmethod
    def _read_what_is_left_over(example: ExampleRun, attacker: Actor, victim: Actor) -> None:
        """Have the one with very many read every list, and the victim go on where it is cut."""
        lists = list(example.state.observations)
        read = example.execute_all([example.reading(each, attacker) for each in lists])
        for listing, call in zip(lists, read, strict=False):
            cursor = listing.parameter(Role.CURSOR)
            found = cursors_in(call.answer) if cursor is not None else []
            if cursor is None or not found or example.over or example.state.stopped():
                continue
            planned = example.reading(listing, victim)
            named = {**planned.arguments, cursor.name: found[-1]}
            example.execute(replace(planned, arguments=named))

    def _flood(self, example: ExampleRun, draw: Draw) -> list[tuple[Operation, int]]:
        """Return what is stored in this turn, each with how many of it."""
        capabilities = example.capabilities
        # What may stand inside another object need not: a task without a project is one of many.
        creators = [each for each in capabilities.creators if not required_references(each)]
        creators = creators or list(capabilities.creators)
        # What is kept by a key, or found by its words, meets only where there is one.
        creators = [each for each in creators if each in capabilities.keyed] or creators
        turn = example.state.situations["floods"] % 3
        in_time = example.state.executor.seconds_left() > _SECONDS_TO_CHAT
        if turn == 1 and capabilities.chats and in_time:
            chat = example.least_chosen_operation(draw, self.name, capabilities.chats)
            return [(chat, _CHATS)]
        operation = example.least_chosen_operation(draw, self.name, creators)
        if turn == 2:
            return [(operation, self._more_than_a_page(example))]
        beside = [each for each in creators if each.surface == operation.surface]
        kinds = [operation, *(each for each in beside if each.name != operation.name)][:_KINDS]
        return [(each, _USUAL + 1) for each in kinds]

    @staticmethod
    def _more_than_a_page(example: ExampleRun) -> int:
        """Return one more than the largest page that a schema states, within bounds."""
        sizes = [page_size(each) for each in example.state.observations]
        stated = [size.schema.get("maximum") for size in sizes if size is not None]
        limits = [each for each in stated if isinstance(each, int)]
        return min(_MOST, max(limits, default=_MOST)) + 1

    @staticmethod
    def _count(example: ExampleRun, counts: Sequence[int]) -> None:
        situations = example.state.situations
        situations["floods"] += 1
        situations["largest number of one kind"] = max(
            situations["largest number of one kind"], *counts
        )


def _readings(example: ExampleRun, victim: Actor, stored: Sequence[Operation]) -> list[Reading]:
    """Return what shows the victim what is stored.

    What another server shows, or stores, is another matter, unless a model stores by it.
    """
    surfaces = {each.surface.partition("-")[0] for each in stored}
    found = all_readings(example, victim, switches=False)
    near = [each for each in found if each[0].surface.partition("-")[0] in surfaces]
    return near if near and not _asks_a_model(stored) else found


def _alone(example: ExampleRun, planned: PlannedCall) -> PlannedCall:
    """Return a call without the objects that it need not name: another user cannot name them."""
    operation = example.state.executor.operations[planned.operation]
    named = {each.name for each in operation.parameters if each.refers and not each.required}
    given = {name: value for name, value in planned.arguments.items() if name not in named}
    return replace(planned, arguments=given)


def _keyed(example: ExampleRun, planned: PlannedCall) -> PlannedCall:
    """Return a call under a new key, where it takes one."""
    name = example.key_of(planned)
    if not name:
        return planned
    key = example.state.plant(planned.actor.user or planned.actor.claims)
    return replace(planned, arguments={**planned.arguments, name: key})


def _asks_a_model(operations: Sequence[Operation]) -> bool:
    return any(each.conversational for each in operations)
