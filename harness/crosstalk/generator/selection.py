"""What the rules of an example choose: what has been tried least, and what could hurt its owner.

A campaign is short and a system has many operations: whatever a rule may choose, it chooses among
those that it has chosen least so far. So no operation waits long for its first foreign id, and the
order among equals is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.generator.state import Stage
from crosstalk.generator.value_pool import Pool
from crosstalk.surface.capabilities import (
    Kinds,
    observation_arguments,
    page_size,
    references,
    required_references,
)
from crosstalk.surface.operation import Operation

# Lists that a victim reads before and after somebody else acts.
_LISTS = 3

Draw = Callable[[st.SearchStrategy[Any]], Any]
_T = TypeVar("_T")


class Choices:
    """What one example can choose from.

    Args:
        stage: What it shares with the others.
        kinds: The operations, by use.
    """

    def __init__(self, stage: Stage, kinds: Kinds) -> None:
        self.stage = stage
        self.kinds = kinds
        self.history = stage.fresh_history()
        self.pool = Pool()
        self.pool.know_subjects(set(self.history.subjects.values()))

    def rarest(
        self,
        draw: Draw,
        rule: str,
        choices: Sequence[_T],
        name: Callable[[_T], tuple[str, ...]],
        *,
        among: int = 3,
    ) -> _T:
        """One of those that this rule has chosen least so far.

        Args:
            draw: Draws from a strategy.
            rule: Who chooses; each rule counts for itself.
            choices: At least one.
            name: Under what a choice is counted.
            among: How many of the least chosen are drawn from, ties beside them.
        """
        counts = [self.stage.aimed[rule, *name(each)] for each in choices]
        limit = sorted(counts)[min(among, len(counts)) - 1]
        found: _T = draw(
            st.sampled_from(
                [each for each, count in zip(choices, counts, strict=True) if count <= limit]
            )
        )
        self.stage.aimed[rule, *name(found)] += 1
        return found

    def rarest_operation(self, draw: Draw, rule: str, choices: Sequence[Operation]) -> Operation:
        """One of the operations that this rule has chosen least so far."""
        return self.rarest(draw, rule, choices, lambda each: (each.name,))

    def neglected(self, actor: Actor) -> list[Operation]:
        """Operations that have served least so far, of those that the actor has objects for."""
        stage = self.stage
        possible = [
            each
            for each in self.kinds.protected
            if all(
                self.pool.references(actor.name, reference, each.name)
                for reference in required_references(each)
            )
        ]
        # An operation that will not serve does not keep the others waiting.
        possible.sort(key=lambda each: stage.served[each.name] + stage.tried[each.name] / 3)
        return possible[: max(4, len(possible) // 3)] or list(self.kinds.protected)

    def aim(self, draw: Draw, victim: Actor) -> tuple[str, list[tuple[Operation, dict[str, Any]]]]:
        """What the victim will read: one object of theirs in every way, or all their lists."""
        ways: dict[str, list[tuple[Operation, dict[str, Any]]]] = {}
        for operation in self.kinds.details:
            (reference,) = required_references(operation)
            asked = observation_arguments(operation, self.history, victim)
            for known in self.pool.references(victim.name, reference, operation.name, guess=False):
                ways.setdefault(known, []).append((operation, {**asked, reference.name: known}))
        # What nothing can be done to is left to those who read.
        exposed = {
            known
            for each in self.kinds.intrusive
            for reference in references(each)
            for known in self.pool.references(victim.name, reference, each.name, guess=False)
        }
        ways = {known: found for known, found in ways.items() if known in exposed}
        if ways and draw(st.integers(0, 3)) > 0:
            target = self.rarest(
                draw, "aim", list(ways), lambda known: tuple(sorted(o.name for o, _ in ways[known]))
            )
            return target, ways[target]
        return "", [(each, self._list_reading(draw, each, victim)) for each in self._lists(draw)]

    def _lists(self, draw: Draw) -> list[Operation]:
        """A few lists of one protocol, those that were looked at least."""
        observations = self.stage.observations
        surface = draw(st.sampled_from(sorted({each.surface for each in observations})))
        left = [each for each in observations if each.surface == surface]
        chosen: list[Operation] = []
        while left and len(chosen) < _LISTS:
            chosen.append(self.rarest_operation(draw, "list", left))
            left.remove(chosen[-1])
        return chosen

    def _list_reading(self, draw: Draw, operation: Operation, victim: Actor) -> dict[str, Any]:
        """A full page of it, or a small one: what others add may take the place of one's own."""
        asked = observation_arguments(operation, self.history, victim)
        size = page_size(operation)
        if size is not None and draw(st.booleans()):
            asked[size.name] = size.schema.get("minimum", 1)
        return asked

    def hurting(self, victim: Actor, target: str) -> list[Operation]:
        """What could hurt the owner of that object; of any, where there is none."""
        found = [
            each
            for each in self.kinds.intrusive
            if any(
                target in self.pool.references(victim.name, reference, each.name, guess=False)
                for reference in references(each)
            )
        ]
        return found or list(self.kinds.intrusive)
