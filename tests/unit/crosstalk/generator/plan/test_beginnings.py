"""Suggestions that are those of all users where nothing of the caller's own fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.oracles import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_first_look import looked
from tests.unit.crosstalk.generator.plan.test_sweep import ADD, IDENTITY, LIST, Notes

QUERY = Parameter("q", {"type": "string"}, True, Role.QUERY)
SUGGEST = Operation("rest", "rest:GET /suggest", (IDENTITY, QUERY), reads_only=True)


class Suggesting(Notes):
    """Suggests texts that begin so.

    Args:
        of_all: Whether those of all users are suggested where the caller has none.
    """

    def __init__(self, *, of_all: bool) -> None:
        super().__init__()
        self.of_all = of_all

    def discover(self) -> list[Operation]:
        """Return what stores, lists and suggests."""
        return [ADD, LIST, SUGGEST]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Suggest the caller's own texts, if there are any."""
        caller = presented.headers.get("caller", "")
        if operation is not SUGGEST or caller != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        self.calls += 1
        begun = str(arguments.get("q"))
        mine = [each for each in self.kept.get(caller, {}).values() if each.startswith(begun)]
        everyones = [each for kept in self.kept.values() for each in kept.values()]
        others = [each for each in everyones if each.startswith(begun) and self.of_all]
        return Answer(Outcome.OK, 200, mine or others)


@pytest.mark.parametrize("of_all", [True, False])
def test_words_of_another_are_sought_by_their_beginning_in_the_first_look(*, of_all: bool) -> None:
    (history,) = looked(Suggesting(of_all=of_all))
    asked = [call for call in history if call.arguments.get("q") == "note xtbobz"]
    assert {call.actor.user for call in asked} == {"alice"}
    found = {history.calls[each.calls[-1] - 1].operation for each in Canary().judge(history)}
    assert found == ({SUGGEST.name} if of_all else set())


WORD = Parameter("word", {"type": "string"}, True, Role.TEXT)
SHOW = Operation("rest", "rest:GET /meaning", (IDENTITY, WORD), reads_only=True)


class Dictionary(Notes):
    """Shows the text that is called so, and says in its refusal what begins so.

    Args:
        of_all: Whether that is what any user has stored.
    """

    def __init__(self, *, of_all: bool) -> None:
        super().__init__()
        self.of_all = of_all

    def discover(self) -> list[Operation]:
        """Return what stores, lists and shows one."""
        return [ADD, LIST, SHOW]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Show the caller's own text, or say what else there is."""
        caller = presented.headers.get("caller", "")
        if operation is not SHOW or caller != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        self.calls += 1
        word = str(arguments.get("word"))
        kept = self.kept if self.of_all else {caller: self.kept.get(caller, {})}
        if word in self.kept.get(caller, {}).values():
            return Answer(Outcome.OK, 200, {"text": word})
        near = [each for one in kept.values() for each in one.values() if each.startswith(word[:8])]
        return Answer(Outcome.ERROR, 404, {"detail": f"no {word}; did you mean {near}?"})


@pytest.mark.parametrize("of_all", [True, False])
def test_one_thing_is_looked_up_by_the_beginning_of_anothers_words(*, of_all: bool) -> None:
    (history,) = looked(Dictionary(of_all=of_all))
    asked = [call for call in history if call.arguments.get("word") == "note xtalicez"]
    assert {call.actor.user for call in asked} == {"bob"}
    assert any("did you mean ['note xtalicez" in str(call.answer.body) for call in asked) is of_all
