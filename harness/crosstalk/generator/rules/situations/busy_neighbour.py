"""Another user does everything that is theirs to do, between two readings of everything.

Each kind of honest activity and each form of reading meet in one comparison, so that what depends
on what others do, and not on any reach for another's data, shows in few calls: a count, a second
page, a validator, a row that has gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from crosstalk.core.history import Actor, Call, Probe
from crosstalk.core.object_kinds import deletes
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.choice import Draw, drawn_random
from crosstalk.generator.example_run import ExampleRun
from crosstalk.generator.honest_calls import HonestCalls, read_again
from crosstalk.generator.readings import all_readings
from crosstalk.generator.situations import NEIGHBOUR
from crosstalk.surface.capabilities import required_references
from crosstalk.surface.http.headers import TIMED
from crosstalk.surface.operation import Operation

# When it is done in a campaign, and how often again: the part of its calls, and calls at most.
_FIRST_PART, _FIRST_AFTER = 0.15, 300
_BETWEEN_PART, _CALLS_BETWEEN = 0.4, 900
_MOST_READINGS = 60
# The pause after which a time to the second is another.
_SECONDS = 2.1
# Objects of each kind: a page of one is full, and one of them is left when one is deleted.
_EACH = 2


class BusyNeighbour:
    """Has a user read everything, another do everything honest, and the first read again."""

    name = "busy_neighbour"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether there are steady readings, and it is time to do it again."""
        state = example.state
        first = min(_FIRST_AFTER, int(_FIRST_PART * state.calls))
        between = min(_CALLS_BETWEEN, max(1, int(_BETWEEN_PART * state.calls)))
        done = state.choices[self.name, "done"]
        return bool(state.observations) and state.executor.calls_made >= first + done * between

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Store as another user and then as the reader, read, have the other act, read again."""
        example.state.choices[self.name, "done"] += 1
        reader: Actor = example.least_chosen(
            draw, self.name, example.members, lambda each: (each.name,), among=1
        )
        other = example.other_member(draw, reader)
        random = drawn_random(draw)
        own = HonestCalls.of(example, random).call
        storing = [*example.capabilities.creators, *example.capabilities.chats]
        for actor in (other, reader):
            for operation in storing:
                example.execute(own(operation, actor))
        readings = all_readings(example, reader)
        random.shuffle(readings)
        readings = readings[:_MOST_READINGS]
        key = example.next_probe()
        before = Probe("ownership", key, "before", reader.name)
        seen = example.read_twice(readings, reader, before)
        self._let_time_pass(example, seen, before)
        attack = Probe("ownership", key, "attack", reader.name)
        for operation in [*(each for each in storing for _ in range(_EACH)), *_changes(example)]:
            if example.over or example.state.stopped():
                break
            if self._has_objects(example, operation, other):
                example.execute(own(operation, other, attack))
        read_again(example, readings, reader, key)
        example.state.situations[NEIGHBOUR] += len(readings)

    @staticmethod
    def _let_time_pass(example: ExampleRun, seen: Sequence[Call], probe: Probe) -> None:
        """Read again what holds a time to the second, when that is another second."""
        timed = [each for each in seen if TIMED & set(each.answer.headers)]
        if timed and example.state.executor.seconds_left() > 10 * _SECONDS:
            example.state.sleep(_SECONDS)
            example.execute_all(
                [PlannedCall(each.actor, each.operation, each.arguments, probe) for each in timed]
            )

    @staticmethod
    def _has_objects(example: ExampleRun, operation: Operation, actor: Actor) -> bool:
        return all(
            example.pool.references(actor.name, each, operation.name, guess=False)
            for each in required_references(operation)
        )


def _changes(example: ExampleRun) -> list[Operation]:
    """Return what changes or removes an object, or all of a user's, what removes last."""
    storing = {each.name for each in example.capabilities.creators}
    found = {
        each.name: each
        for each in (*example.capabilities.mutates_by_id, *example.capabilities.bulk_mutations)
        if not each.reads_only and each.name not in storing
    }
    return sorted(
        found.values(),
        key=lambda each: deletes(each.name) or each.extra.get("kind") == "delete",
    )
