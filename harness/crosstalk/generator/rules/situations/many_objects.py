"""One user stores more of a kind than a page or a default limit holds, between another's readings.

Second pages, top-k, pruning and truncation are out of reach of lists that never grow, and a limit
that is applied before the owner's filter takes away what is the victim's. Turns differ: more than
usual limits of every kind; of what asks a model, which stores a question and an answer; of one kind
more than the largest page that a schema states.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Probe
from crosstalk.generator.choice import Draw, drawn_random
from crosstalk.generator.example_run import ExampleRun
from crosstalk.generator.honest_calls import HonestCalls, read_again
from crosstalk.generator.readings import all_readings
from crosstalk.surface.capabilities import page_size, required_references
from crosstalk.surface.operation import Operation

# Objects of each kind that exceed usual limits, and of one kind at most.
_USUAL, _MOST = 60, 120
# Conversations: each holds two messages at least, and lists of them are cut at 200.
_CHATS = 101
# Kinds of one turn that are stored at once, and readings around them.
_KINDS, _READINGS = 2, 60
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
        made = example.state.executor.calls_made
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
        own = HonestCalls.of(example, drawn_random(draw)).call
        flood = self._flood(example, draw)
        stored = list({operation.name: operation for operation, _ in flood}.values())
        example.execute_all([own(each, victim) for each in stored])
        surfaces = {each.surface.partition("-")[0] for each in stored}
        readings = all_readings(example, victim, switches=False)
        # What another server shows, or stores, is another matter, unless a model stores by it.
        near = [each for each in readings if each[0].surface.partition("-")[0] in surfaces]
        readings = (near if near and not _asks_a_model(stored) else readings)[:_READINGS]
        key = example.next_probe()
        example.read_twice(readings, victim, Probe("ownership", key, "before", victim.name))
        attack = Probe("ownership", key, "attack", victim.name)
        example.execute_all(
            [own(operation, attacker, attack) for operation, count in flood for _ in range(count)]
        )
        read_again(example, readings, victim, key)
        lists = [each for each in example.state.observations if each.surface in surfaces]
        example.execute_all([example.reading(each, attacker) for each in lists])
        self._count(example, [count for _, count in flood])

    def _flood(self, example: ExampleRun, draw: Draw) -> list[tuple[Operation, int]]:
        """Return what is stored in this turn, each with how many of it."""
        capabilities = example.capabilities
        # What may stand inside another object need not: a task without a project is one of many.
        creators = [each for each in capabilities.creators if not required_references(each)]
        creators = creators or list(capabilities.creators)
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


def _asks_a_model(operations: Sequence[Operation]) -> bool:
    return any(each.conversational for each in operations)
