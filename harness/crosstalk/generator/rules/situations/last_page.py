"""A paged list read to its end by its owner, and its cursors tried by others on the way."""

from __future__ import annotations

from hypothesis import strategies as st

from crosstalk.core.history import Actor
from crosstalk.core.identifiers import paths_in
from crosstalk.core.object_kinds import CURSOR_FIELD
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.choice import Draw
from crosstalk.generator.example_run import ExampleRun
from crosstalk.surface.capabilities import page_size, smallest_page
from crosstalk.surface.operation import Operation, Role

_MOST_PAGES = 10


class LastPage:
    """Reads a list page by page to its end."""

    name = "last_page"
    guaranteed = True

    def applies(self, example: ExampleRun) -> bool:
        """Return whether any listing is paged."""
        return bool(example.capabilities.paged)

    def run(self, example: ExampleRun, draw: Draw) -> None:
        """Read one list, in pages of one or of the default size; others try one of its cursors."""
        operation = example.least_chosen_operation(draw, self.name, example.capabilities.paged)
        owner: Actor = draw(st.sampled_from(example.members))
        asked = self._first_page(operation, example, owner, small=draw(st.booleans()))
        cursor_name = next(each.name for each in operation.parameters if each.role is Role.CURSOR)
        seen: list[str] = []
        page = asked
        for _ in range(_MOST_PAGES):
            found = [
                text
                for path, text in paths_in(example.execute(page).answer.body)
                if CURSOR_FIELD.search(path.rsplit(".", 1)[-1]) and text not in seen
            ]
            example.state.situations["pages read"] += 1
            if not found:
                example.state.situations["lists read to their end"] += 1
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
