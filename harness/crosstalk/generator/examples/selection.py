"""Selection of what a rule tries next: what was tried least, and what could harm its owner.

A campaign is short and a system has many operations: whatever a rule may choose, it chooses among
those that it has chosen least so far. So no operation waits long for its first foreign id, and the
order among equals is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from crosstalk.core.history import Actor, History
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.values.choice import Draw
from crosstalk.generator.values.value_pool import ValuePool
from crosstalk.surface.capabilities import (
    Capabilities,
    observation_arguments,
    references,
    required_references,
    smallest_page,
)
from crosstalk.surface.operation import Operation

# Lists that a victim reads before and after an attack.
_LISTS = 3

_T = TypeVar("_T")


class Selection:
    """Choices that are open to one example.

    Args:
        state: What the example shares with the others.
        capabilities: The operations, by use.
        history: That it goes on with; a fresh one by default.
    """

    def __init__(
        self, state: GeneratorState, capabilities: Capabilities, history: History | None = None
    ) -> None:
        self.state = state
        self.capabilities = capabilities
        self.history = history if history is not None else state.fresh_history()
        self.pool = ValuePool(capabilities.reference_fields, state.knowledge.fields)
        self.pool.know_subjects(set(self.history.subjects.values()))
        self.pool.know_public(self.history.public_values)
        self.pool.know_objects(self.history.owned)

    def least_chosen(
        self,
        draw: Draw,
        rule: str,
        choices: Sequence[_T],
        name: Callable[[_T], tuple[str, ...]],
        *,
        among: int = 3,
    ) -> _T:
        """Return one of the choices that this rule has made least so far.

        Args:
            draw: Draws from a strategy.
            rule: Name of the rule; each rule counts for itself.
            choices: At least one.
            name: Returns the name under which a choice is counted.
            among: How many of the least chosen are drawn from, ties beside them.
        """
        counts = [self.state.choices[rule, *name(each)] for each in choices]
        limit = sorted(counts)[min(among, len(counts)) - 1]
        found: _T = draw(
            st.sampled_from(
                [each for each, count in zip(choices, counts, strict=True) if count <= limit]
            )
        )
        self.state.choices[rule, *name(found)] += 1
        return found

    def least_chosen_operation(
        self, draw: Draw, rule: str, choices: Sequence[Operation]
    ) -> Operation:
        """Return one of the operations that this rule has chosen least so far."""
        return self.least_chosen(draw, rule, choices, lambda each: (each.name,))

    def least_chosen_operations(
        self, draw: Draw, rule: str, choices: Sequence[Operation], most: int
    ) -> list[Operation]:
        """Return several of the operations, those that this rule has chosen least first."""
        left, found = list(choices), list[Operation]()
        while left and len(found) < most:
            found.append(self.least_chosen_operation(draw, rule, left))
            left.remove(found[-1])
        return found

    def least_served(self, actor: Actor) -> list[Operation]:
        """Return the operations served least so far, of those that the actor has objects for."""
        state = self.state
        possible = [
            each
            for each in self.capabilities.protected
            if all(
                self.pool.references(actor.name, reference, each.name)
                for reference in required_references(each)
            )
        ]
        # An operation that is never served does not keep the others waiting.
        possible.sort(key=lambda each: state.served[each.name] + state.tried[each.name] / 3)
        return possible[: max(4, len(possible) // 3)] or list(self.capabilities.protected)

    def pick_target(
        self, draw: Draw, victim: Actor
    ) -> tuple[str, list[tuple[Operation, dict[str, Any]]]]:
        """Return an object of the victim with all readings of it, or "" with some of their lists.

        Each reading is an operation and its arguments.
        """
        ways = self._ways(victim)
        # Objects that no operation can change are left to the rules that read.
        exposed = {
            known
            for each in self.capabilities.mutates_by_id
            for reference in references(each)
            for known in self.pool.references(victim.name, reference, each.name, guess=False)
        }
        ways = {known: found for known, found in ways.items() if known in exposed}
        if ways and draw(st.integers(0, 3)) > 0:
            target = self.least_chosen(
                draw,
                "target",
                list(ways),
                lambda known: tuple(sorted(o.name for o, _ in ways[known])),
            )
            return target, ways[target]
        return "", [(each, self._list_reading(draw, each, victim)) for each in self._lists(draw)]

    def some_readings(
        self, draw: Draw, victim: Actor, targets: Sequence[str]
    ) -> list[tuple[Operation, dict[str, Any]]]:
        """Return readings of the victim: all of these objects, and a few lists."""
        ways = self._ways(victim)
        found = [way for target in dict.fromkeys(targets) for way in ways.get(target, ())]
        lists = self._lists(draw) if self.state.observations else []
        return [*found, *((each, self._list_reading(draw, each, victim)) for each in lists)]

    def _ways(self, victim: Actor) -> dict[str, list[tuple[Operation, dict[str, Any]]]]:
        """Return the victim's objects, each with the readings that show it."""
        ways: dict[str, list[tuple[Operation, dict[str, Any]]]] = {}
        for operation in self.capabilities.details:
            (reference,) = required_references(operation)
            asked = observation_arguments(operation, self.history, victim)
            for known in self.pool.references(victim.name, reference, operation.name, guess=False):
                ways.setdefault(known, []).append((operation, {**asked, reference.name: known}))
        return ways

    def _lists(self, draw: Draw) -> list[Operation]:
        """Return a few lists of one protocol, those read least so far."""
        observations = self.state.observations
        surface = draw(st.sampled_from(sorted({each.surface for each in observations})))
        left = [each for each in observations if each.surface == surface]
        chosen: list[Operation] = []
        while left and len(chosen) < _LISTS:
            chosen.append(self.least_chosen_operation(draw, "list", left))
            left.remove(chosen[-1])
        return chosen

    def _list_reading(self, draw: Draw, operation: Operation, victim: Actor) -> dict[str, Any]:
        """Return arguments for a full page, or a small one: others' rows may displace one's own."""
        asked = observation_arguments(operation, self.history, victim)
        small = smallest_page(operation)
        if small and draw(st.booleans()):
            asked |= small
        return asked

    def mutating_operations_on(self, victim: Actor, target: str) -> list[Operation]:
        """Return the operations that could change this object; all mutations where none can."""
        found = [
            each
            for each in self.capabilities.mutates_by_id
            if any(
                target in self.pool.references(victim.name, reference, each.name, guess=False)
                for reference in references(each)
            )
        ]
        return found or list(self.capabilities.mutates_by_id)
