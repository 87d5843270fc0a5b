"""Searches by the beginning of another user's words, to which nothing of the searcher's own fits.

Where nothing of one's own is found, a system may suggest what others have. A search by a word that
all users say finds something of one's own each time.
"""

from __future__ import annotations

from collections.abc import Iterator

from crosstalk.core.identifiers import map_markers, mark_of, markers_in, strings_in
from crosstalk.execution.executor import PlannedCall
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.examples.readings import reads_by_itself, stored_by
from crosstalk.surface.operation import Operation, Parameter, Role
from crosstalk.surface.patterns import admits

_MOST_SEARCHES, _MOST_WORDS = 3, 2


def search_by_beginnings(users: Arrangement, role: Role = Role.QUERY) -> None:
    """Have the attacker search for what the victim has stored, by the beginnings of its words.

    Args:
        users: Who act.
        role: Of the parameter that says a word: a text is that of a reading which shows the one
            thing that is called so, and may say what else is called nearly so.
    """
    example = users.example
    words = _beginnings(users)
    for operation, parameter in list(_searches(example, role))[:_MOST_SEARCHES] if words else ():
        drawn = users.own(operation, users.attacker).arguments
        for word in words:
            if users.ended:
                return
            if admits(parameter.schema, word):
                said = {**drawn, parameter.name: word}
                example.execute_spoilt(PlannedCall(users.attacker, operation.name, said))
    example.judge_soon(after=1)


def _searches(example: ExampleRun, role: Role) -> Iterator[tuple[Operation, Parameter]]:
    """Yield what looks for a word among a user's own, and the parameter that says it."""
    for operation in example.capabilities.protected:
        asked = operation.parameter(role)
        said = [each for each in operation.parameters if each.role is not Role.IDENTITY]
        by_word = role is Role.QUERY or [each for each in said if each.required] == [asked]
        if asked is not None and by_word and reads_by_itself(operation):
            yield operation, asked


def _beginnings(users: Arrangement) -> list[str]:
    """Return the beginnings of the victim's texts up to what is new in each, one of each form."""
    known = mark_of(users.victim.name)
    found: dict[str, str] = {}
    for call in stored_by(users.example, users.victim):
        for text in strings_in(call.arguments):
            own = [each for each in markers_in(text) if each.startswith(known)]
            if own:
                before = text.partition(own[0])[0]
                found.setdefault(map_markers(before, lambda _: "*"), before + known)
    # Lists of words, as tags, before texts: they are what is suggested.
    return sorted(found.values(), key=lambda each: " " in each)[:_MOST_WORDS]
