"""What another user makes in the reader's words is filled, though it is called by those words."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.survey.neighbour import watch_neighbour
from crosstalk.oracles import Canary
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import IDENTITY, MISSING, Notes
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

_TITLE = Parameter("title", {"type": "string"}, True, Role.TEXT)
_LANGUAGES = [f"l{number}" for number in range(40)]
_LANGUAGE = Parameter("language", {"type": "string", "enum": _LANGUAGES}, True, Role.VALUE)
_DECK = Parameter("deck", {"type": "string"}, True, Role.REFERENCE)
_CARD = Parameter("card_id", {"type": "string"}, True, Role.REFERENCE)
_BACK = Parameter("back", {"type": "string"}, True, Role.TEXT)
_CREATE = Operation("rest", "mcp:create_deck", (IDENTITY, _TITLE, _LANGUAGE), reads_only=False)
_ADD = Operation("rest", "mcp:add_card", (IDENTITY, _DECK, _BACK), reads_only=False)
_EDIT = Operation("rest", "mcp:edit_card", (IDENTITY, _CARD, _BACK), reads_only=False)
_DROP = Operation("rest", "mcp:drop_deck", (IDENTITY, _DECK), reads_only=False)
_DECKS = Operation("rest", "mcp:list_decks", (IDENTITY,), reads_only=True, lists=True)
_QUIZ = Operation("rest", "mcp:quiz", (IDENTITY, _DECK), reads_only=True)


class Cards(Notes):
    """Decks, called by slugs that are unique for one user alone, and a quiz with wrong answers.

    Args:
        leak: Whether the wrong answers are of every user's cards of the language.
    """

    def __init__(self, *, leak: bool) -> None:
        super().__init__()
        self.leak = leak
        self.decks: dict[tuple[str, str], str] = {}
        self.cards: dict[str, tuple[tuple[str, str], str]] = {}

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own decks alone, but for the wrong answers."""
        caller = presented.headers.get("caller", "")
        if operation is _DECKS:
            mine = [slug for who, slug in self.decks if who == caller]
            return Answer(Outcome.OK, 200, [{"deck": each} for each in mine])
        if operation is _CREATE:
            slug = str(arguments["title"]).replace(" ", "-")
            if (caller, slug) in self.decks:
                return Answer(Outcome.ERROR, 409, None, {}, "taken")
            self.decks[caller, slug] = arguments["language"]
            return Answer(Outcome.OK, 200, {"deck": slug})
        if operation is _EDIT:
            card = str(arguments["card_id"])
            if self.cards.get(card, (("", ""), ""))[0][0] != caller:
                return MISSING
            self.cards[card] = (self.cards[card][0], arguments["back"])
            return Answer(Outcome.OK, 200, {"card_id": card, "back": arguments["back"]})
        deck = (caller, str(arguments["deck"]))
        if deck not in self.decks:
            return MISSING
        if operation is _ADD:
            self.made += 1
            card = f"01a1fc95-41f3-4131-b962-{self.made * 7919:012d}"
            self.cards[card] = (deck, arguments["back"])
            return Answer(Outcome.OK, 200, {"card_id": card, "back": arguments["back"]})
        if operation is _DROP:
            del self.decks[deck]
            self.cards = {name: card for name, card in self.cards.items() if card[0] != deck}
            return Answer(Outcome.OK, 200, {"removed": True})
        choices = {
            back
            for other, back in self.cards.values()
            if other == deck or (self.leak and self.decks.get(other) == self.decks[deck])
        }
        return Answer(Outcome.OK, 200, {"choices": sorted(choices)})


@pytest.mark.parametrize("leak", [True, False])
def test_the_others_deck_of_the_same_language_has_a_card_in_words_of_their_own(
    *, leak: bool
) -> None:
    example = begun(Cards(leak=leak), _CREATE, _ADD, _EDIT, _DROP, _DECKS, _QUIZ)
    bob, carol = example.members[1:3]
    watch_neighbour(example, Random(1), bob, carol)
    shown = {each.operation for each in Canary().judge(example.history)}
    assert shown == ({_QUIZ.name} if leak else set())
