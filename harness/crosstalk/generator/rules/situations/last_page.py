"""A paged list read to its end by its owner, and its cursors tried by others on the way."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.core.object_kinds import thing_of
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import cursors_in
from crosstalk.generator.values.arguments import HonestDrawer
from crosstalk.generator.values.choice import Draw, RandomChoice, drawn_random
from crosstalk.surface.capabilities import page_size, references, smallest_page
from crosstalk.surface.operation import Operation, Role

_COUNT = "lists read to their end"
_MOST_PAGES = 10
# Lists of which one has a second page, where the first turn looks for it.
_LISTS = 4
# Operations by which an owner stores something before the first list is read.
_MOST_CREATORS = 6


class LastPage:
    """Reads a list page by page to its end."""

    name = "last_page"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any listing is paged."""
        return bool(example.capabilities.paged)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Read one list, in pages of one or of the default size; others try one of its cursors.

        The first time, lists are read until one has a second page.
        """
        made = example.state.situations
        for _ in range(1 if made[_COUNT] else _LISTS):
            self._read(example, draw)
            if made[_COUNT]:
                return

    def _read(self, example: ExampleRun, draw: Draw) -> None:
        first = not example.state.situations[_COUNT]
        paged = example.capabilities.paged
        if first:
            # What users store by a call of its own has a second page soon.
            stored = {thing_of(each.name) for each in example.capabilities.creators}
            paged = [each for each in paged if thing_of(each.name) in stored] or paged
        operation = example.least_chosen_operation(draw, self.name, paged)
        owner: Actor = draw(st.sampled_from(example.members))
        if first:
            self._store(operation, example, draw, owner)
        small = first or draw(st.booleans())
        asked = self._first_page(operation, example, owner, small=small)
        cursor_name = next(each.name for each in operation.parameters if each.role is Role.CURSOR)
        seen: list[str] = []
        page = asked
        for _ in range(_MOST_PAGES):
            answer = example.execute(page).answer
            found = [each for each in cursors_in(answer) if each not in seen]
            example.state.situations["pages read"] += 1
            if not found:
                # The only page of a short list is no end of one.
                example.state.situations[_COUNT] += bool(seen)
                break
            seen.append(found[-1])
            page = PlannedCall(owner, operation.name, {**asked.arguments, cursor_name: found[-1]})
        if seen:
            stranger = example.other_member(draw, owner)
            tried = draw(st.sampled_from(seen))
            identity = example.with_identity(operation, stranger)
            arguments = {**asked.arguments, **identity, cursor_name: tried}
            example.execute(PlannedCall(stranger, operation.name, arguments))

    @staticmethod
    def _store(operation: Operation, example: ExampleRun, draw: Draw, owner: Actor) -> None:
        """Have the owner store so much on that surface that a list has a second page."""
        creators = [each for each in example.capabilities.creators if not references(each)]
        near = [each for each in creators if each.surface == operation.surface] or creators
        drawer = example.drawer_by(RandomChoice(drawn_random(draw)), HonestDrawer)
        planned = [
            PlannedCall(
                owner,
                each.name,
                drawer.arguments(each, owner, references=("own",), hostile=False),
            )
            for each in near[:_MOST_CREATORS]
            for _ in range(2)
        ]
        example.execute_all(planned)

    @staticmethod
    def _first_page(
        operation: Operation, example: ExampleRun, owner: Actor, *, small: bool
    ) -> PlannedCall:
        arguments = dict(example.reading(operation, owner).arguments)
        size = page_size(operation)
        if size is not None:
            arguments.pop(size.name, None)
            if small:
                arguments |= smallest_page(operation)
        return PlannedCall(owner, operation.name, arguments)
