"""A write that holds another user's id, and then everything that writer and owner can read.

Where such a write is accepted, its own answer seldom shows anything: it shows later, where the id
is followed, in a list, a detail or a count.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Call, Outcome, Probe
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.generator.values.texts import COMMON_WORD
from crosstalk.surface.capabilities import observation_arguments, references, required_references
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.patterns import admits

_COUNT = "accepted writes with another's id followed up"
_TRIED = "writes with another's id"
# Writes of one turn, and readings after them, of which the system may have very many.
_WRITES = 3
_MOST_READINGS = 12
# Ids that a text holds, where it has room for several: what follows them follows one kind.
_IN_A_TEXT = 4


class SecondOrder:
    """Has a user store another user's ids, and both of them read all that may follow them."""

    name = "second_order"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether a write has room for an id beside the object that it changes."""
        return bool(example.state.observations) and bool(_places(example))

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Write with the victim's ids between two readings by the victim; read as the writer.

        The first time, by everything that stores texts, on each surface.
        """
        writer: Actor = draw(st.sampled_from(example.members))
        victim = example.other_member(draw, writer)
        places = [each for each in _places(example) if _ids(example, victim, *each)]
        if not places:
            return
        storing = {
            operation.name: (operation, each)
            for operation, each in places
            if operation in example.capabilities.creators and each.role is Role.TEXT
        }
        if storing and not example.state.situations[_TRIED]:
            places = list(storing.values())
            surfaces = sorted({each.surface for each, _ in places})
        else:
            surfaces = [draw(st.sampled_from(sorted({each.surface for each, _ in places})))]
        for surface in surfaces:
            here = [each for each in places if each[0].surface == surface]
            self._read_after(example, draw, writer, victim, here)

    def _read_after(
        self,
        example: ExampleRun,
        draw: Draw,
        writer: Actor,
        victim: Actor,
        places: list[tuple[Operation, Parameter]],
    ) -> None:
        """Write in some of these places of one surface, and read all that may follow."""
        surface = places[0][0].surface
        readings = [
            (each, observation_arguments(each, example.history, victim))
            for each in self._lists(example, surface)
        ]
        key = example.next_probe()
        example.read_twice(readings, victim, Probe("ownership", key, "before", victim.name))
        attack = Probe("ownership", key, "attack", victim.name)
        accepted = []
        for _ in range(_WRITES):
            if example.over or example.state.stopped():
                return
            operation, parameter = example.least_chosen(
                draw, self.name, places, lambda each: (each[0].name, each[1].name)
            )
            call = self._write(example, draw, writer, victim, operation, parameter, attack)
            example.state.situations[_TRIED] += 1
            if call.answer.outcome is Outcome.OK:
                accepted.append(call)
        if not accepted:
            return
        after = Probe("ownership", key, "after", victim.name)
        example.execute_all(
            [PlannedCall(victim, each.name, asked, after) for each, asked in readings]
        )
        self._read_as_writer(example, writer, surface)
        example.state.situations[_COUNT] += len(accepted)

    @staticmethod
    def _lists(example: ExampleRun, surface: str) -> list[Operation]:
        same = [each for each in example.state.observations if each.surface == surface]
        return (same or list(example.state.observations))[:_MOST_READINGS]

    @staticmethod
    def _write(
        example: ExampleRun,
        draw: Draw,
        writer: Actor,
        victim: Actor,
        operation: Operation,
        parameter: Parameter,
        probe: Probe,
    ) -> Call:
        """Make a call about the writer's own objects that holds an id of the victim's as well."""
        known = _ids(example, victim, operation, parameter)
        arguments = dict(example.plan_own(draw, operation, writer).arguments)
        target = draw(st.sampled_from(known[-_IN_A_TEXT:]))
        if parameter.refers:
            arguments[parameter.name] = [target] if parameter.many else target
        else:
            # A text may be searched for ids of one kind: it holds several, where it can.
            every = " ".join(known[-_IN_A_TEXT:])
            texts = (f"{COMMON_WORD} {every}", f"{COMMON_WORD} {target}", target)
            for each in operation.parameters:
                fitting = [text for text in texts if admits(each.schema, text)]
                if each.role is Role.TEXT and (each is parameter or fitting):
                    arguments[each.name] = fitting[0] if fitting else target
        return example.execute_spoilt(PlannedCall(writer, operation.name, arguments, probe))

    def _read_as_writer(self, example: ExampleRun, writer: Actor, surface: str) -> None:
        """Read the writer's lists and counts, and the newest object of each kind in detail."""
        planned = [example.reading(each, writer) for each in self._lists(example, surface)]
        for operation in example.capabilities.details:
            (reference,) = required_references(operation)
            mine = example.pool.references(writer.name, reference, operation.name, guess=False)
            if operation.surface == surface and mine:
                asked = dict(example.reading(operation, writer).arguments)
                asked[reference.name] = [mine[-1]] if reference.many else mine[-1]
                planned.append(PlannedCall(writer, operation.name, asked))
        example.execute_all(planned[: 2 * _MOST_READINGS])


def _places(example: ExampleRun) -> list[tuple[Operation, Parameter]]:
    """Return where a write can hold an id that is not the id of what it changes."""
    found = []
    for operation in example.capabilities.protected:
        if operation.reads_only or operation.conversational:
            continue
        needed = required_references(operation)
        found += [
            (operation, each)
            for each in references(operation)
            if each.role is not Role.NAME and (each not in needed or len(needed) > 1)
        ]
        found += [
            (operation, each)
            for each in operation.parameters
            if each.role is Role.TEXT
            and admits(each.schema, "00000000-0000-0000-0000-000000000000")
        ]
    return found


def _ids(
    example: ExampleRun, victim: Actor, operation: Operation, parameter: Parameter
) -> Sequence[str]:
    """Return ids of the victim's that can stand there: in a text, any."""
    if parameter.refers:
        return example.pool.references(victim.name, parameter, operation.name, guess=False)
    return example.pool.long_ids(victim.name)
