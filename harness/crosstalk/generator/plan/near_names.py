"""Users with nearly equal names, each form of it once, soon after the first look.

What compares subjects by a pattern, a prefix, a slug or without regard to case mixes up users of
one form alone. Later examples have the forms in turn, each for another part of the campaign, so
that a form would meet a plain reading by chance. Here every form has one: all store the same kinds,
an impostor tries each surface, and all read their lists in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from crosstalk.core.object_kinds import thing_of
from crosstalk.execution.executor import PlannedCall
from crosstalk.execution.stopping import rule_errors_stop_the_run
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.state import GeneratorState
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import RandomChoice
from crosstalk.surface.capabilities import Capabilities, required_references
from crosstalk.surface.operation import Operation, Role

# Lists that all users read in one form, at most.
_LISTS = 6


class NearNames:
    """Makes one short example of each form of names.

    Args:
        state: What it shares with the examples; each example has the next form.
        random: Makes the choices.
        forms: Returns how many of the next examples have each form once.
    """

    def __init__(self, state: GeneratorState, random: Random, forms: Callable[[], int]) -> None:
        self._state = state
        self._random = random
        self._forms = forms
        self._capabilities = Capabilities.of(list(state.executor.operations.values()))

    def run(self) -> None:
        """Make them, of all forms: which of them examples before have had depends on the plan."""
        creators = self._creators()
        lists = self._lists(creators)
        if len(self._state.principals.members) < 2 or not (creators and lists):
            return
        for _ in range(self._forms()):
            if self._state.stopped():
                return
            with rule_errors_stop_the_run():
                example = ExampleRun(self._state, self._capabilities)
                try:
                    self._one(example, creators, lists)
                    if not example.over:
                        example.judge()
                finally:
                    example.end()

    def _one(
        self, example: ExampleRun, creators: Sequence[Operation], lists: Sequence[Operation]
    ) -> None:
        drawer = example.drawer_by(RandomChoice(self._random), HonestDrawer)
        for operation in creators:
            example.execute_all(
                [
                    PlannedCall(
                        each,
                        operation.name,
                        drawer.arguments(operation, each, references=("own",), hostile=False),
                    )
                    for each in example.members
                ]
            )
        told = {e.surface: e for e in reversed(lists) if e.parameter(Role.IDENTITY) is not None}
        claiming = [each for each in example.impostors if each.forgery is None]
        example.execute_all(
            [example.reading(each, who) for who in claiming for each in told.values()]
        )
        # In turn, and the first one twice: what is kept for one is shown to the next.
        for each in (*example.members, example.members[0]):
            example.judge_soon(after=1)
            if example.over:
                return
            example.execute_all([example.reading(listing, each) for listing in lists])

    def _creators(self) -> list[Operation]:
        """Return what stores one of each kind, by another surface each time where there are two."""
        found: dict[str, Operation] = {}
        for operation in self._capabilities.creators:
            used = [each.surface for each in found.values()]
            known = found.get(thing_of(operation.name))
            if known is None or (known.surface in used[:-1] and operation.surface not in used):
                found[thing_of(operation.name)] = operation
        return list(found.values())

    def _lists(self, creators: Sequence[Operation]) -> list[Operation]:
        """Return the lists of what is stored, on every surface."""
        stored = {thing_of(each.name) for each in creators}
        lists = [each for each in self._state.observations if not required_references(each)]
        near = [each for each in lists if thing_of(each.name) in stored]
        return (near or lists)[:_LISTS]
