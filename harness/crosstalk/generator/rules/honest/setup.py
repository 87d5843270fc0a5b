"""The beginning of every example: each user stores something that could leak."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor, Outcome
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.values.choice import Draw
from crosstalk.oracles.base import is_empty
from crosstalk.surface.capabilities import removes, required_references
from crosstalk.surface.operation import Operation

# Calls by which each user of an example uses what was served least.
_HONEST_CALLS = 2
# Operations that an example tries because no example before it was served by them.
_SWEPT = 40
_TRIES = 3
# Lists that a user and an impostor read when an example begins.
_LISTS = 3


class Setup:
    """Stores one object of each kind for every user, and reads some lists."""

    name = "setup"
    guaranteed = False

    def applies(self, example: ExampleRun) -> bool:
        """Return True: every system has users."""
        return True

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Store, ask a model, read lists as another user, use what was served least."""
        capabilities, members = example.capabilities, example.members
        # One of each kind by one protocol: the other protocol sees the same rows.
        surfaces = sorted({each.surface for each in capabilities.creators})
        surface = draw(st.sampled_from(surfaces)) if surfaces else None
        for operation in capabilities.creators:
            if operation.surface == surface:
                example.execute_all(
                    [example.plan(draw, operation, each, hostile=False) for each in members]
                )
        if capabilities.chats:
            chat = example.least_chosen_operation(draw, self.name, capabilities.chats)
            example.execute_all([example.plan(draw, chat, each, hostile=False) for each in members])
        # What shows whole lists is read by another user at once.
        lists = [each for each in capabilities.protected if each.lists]
        readings = []
        for actor in (draw(st.sampled_from(members)), *example.impostors) if lists else ():
            for _ in range(_LISTS):
                listing = example.least_chosen_operation(draw, f"setup {actor.name}", lists)
                readings.append(example.reading(listing, actor))
        example.execute_all(readings)
        example.judge()
        self._sweep(example, draw)
        # Whatever rules this example runs, no operation goes without honest use for long.
        for _ in range(_HONEST_CALLS):
            example.use_honestly(draw, members)

    def _sweep(self, example: ExampleRun, draw: Draw) -> None:
        """Use operations that were never served, deletions last, so that each is served early."""
        unserved = example.state.unserved()
        swept = [each for each in example.capabilities.protected if each.name in unserved]
        swept.sort(
            key=lambda each: (
                removes(each),
                bool(required_references(each)),
                not each.reads_only,
            )
        )
        # After many vain tries there is something that no further one will change.
        swept = [each for each in swept if not example.state.in_vain(each)]
        for operation in swept[:_SWEPT]:
            for _ in range(_TRIES):
                if example.over or example.state.stopped():
                    return
                actor = self._owner(example, draw, operation)
                answer = example.execute(example.plan_own(draw, operation, actor)).answer
                if answer.outcome is Outcome.OK and not is_empty(answer.body):
                    break

    def _owner(self, example: ExampleRun, draw: Draw, operation: Operation) -> Actor:
        """Return a user who has the objects that an operation needs; make some if need be."""
        able = _owners(example, operation)
        if not able:
            maker: Actor = draw(st.sampled_from(example.members))
            chats = example.capabilities.chats
            makers = example.capabilities.creators_on(operation) or [
                each for each in chats if each.surface == operation.surface
            ]
            example.execute_all([example.plan_own(draw, each, maker) for each in makers])
            able = _owners(example, operation) or [maker]
        found: Actor = draw(st.sampled_from(able))
        return found


def _owners(example: ExampleRun, operation: Operation) -> list[Actor]:
    """Return the users who were given ids of all kinds that an operation needs."""
    return [
        each
        for each in example.members
        if all(
            example.pool.references(each.name, reference, operation.name, guess=False)
            for reference in required_references(operation)
        )
    ]
