"""Stores that keep equal words once, in the first look: of each user, or of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crosstalk.core.defects.broken_rules import BrokenRule
from crosstalk.core.history import Answer, Outcome
from crosstalk.core.policy import Policy
from crosstalk.core.policy.model import Allow, Person
from crosstalk.oracles import Existence
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation
from tests.unit.crosstalk.generator.plan.test_first_look import looked
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    TEXT,
    Notes,
)


class Once(Notes):
    """Says how much of a new note was not there already, among the caller's notes or all.

    Args:
        among_all: Whether the notes of all users count.
    """

    def __init__(self, *, among_all: bool) -> None:
        super().__init__()
        self.among_all = among_all

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone."""
        caller = presented.headers.get("caller", "")
        users = self.kept.items()
        known = {t for u, each in users if self.among_all or u == caller for t in each.values()}
        answer = super().call(operation, arguments, presented)
        if operation is not ADD or answer.outcome is not Outcome.OK:
            return answer
        text = str(arguments["text"])
        stored = 0 if text in known else len(text)
        return Answer(Outcome.OK, 201, {**answer.body, "stored_bytes": stored})


@pytest.mark.parametrize("among_all", [True, False])
def test_words_that_another_user_has_stored_are_stored_again_in_the_first_look(
    *, among_all: bool
) -> None:
    notes = Once(among_all=among_all)
    (history,) = looked(notes)
    # The notes of `Notes` are counted as well, over all users.
    found = {each.rule for each in Existence().judge(history)}
    assert (BrokenRule.EXISTENCE in found) is among_all
    # Words that no user has are said only where the others were answered otherwise. Last come the
    # words of what was removed, which are free in both.
    said = [each for each in history if each.probe is not None and each.probe.kind == "names"]
    assert [each.probe.part for each in said if each.probe is not None] == (
        ["foreign", "missing", "foreign"] if among_all else ["foreign", "foreign"]
    )


REMARK = Operation("rest", "rest:POST /notes/{note_id}/remarks", (IDENTITY, NOTE, TEXT), False)


class Remarked(Notes):
    """Says of each remark in a note whether a user has made the same one before."""

    def __init__(self) -> None:
        super().__init__()
        self.remarks: list[tuple[str, str]] = []

    def discover(self) -> list[Operation]:
        """Return what stores a note, and a remark in it."""
        return [ADD, LIST, REMARK]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own notes alone."""
        caller, text = presented.headers.get("caller", ""), str(arguments.get("text"))
        if operation is not REMARK or caller != arguments.get("user_id"):
            return super().call(operation, arguments, presented)
        self.calls += 1
        if str(arguments.get("note_id")) not in self.kept.get(caller, {}):
            return MISSING
        known = any(text == each for _, each in self.remarks)
        self.remarks.append((caller, text))
        return Answer(Outcome.OK, 201, {"text": text, "duplicate": known})


def test_words_inside_an_object_are_stored_again_inside_an_own_one() -> None:
    (history,) = looked(Remarked())
    found = [each for each in Existence().judge(history) if each.rule is BrokenRule.EXISTENCE]
    assert [history.calls[each.calls[0] - 1].operation for each in found] == [REMARK.name]


def test_colleague_stores_only_once_the_victim_has_read_again() -> None:
    people = {"alice": "red", "bob": "blue", "carol": "red"}
    policy = Policy(
        people={name: Person(name, tenant) for name, tenant in people.items()},
        allows=(Allow(("*",), "tenant", change=True),),
    )
    (history,) = looked(Notes(), policy=policy)
    read = max(c.index for c in history if c.probe is not None and c.probe.part == "after")
    said = [c.index for c in history if c.probe is not None and c.probe.kind == "names"]
    assert said
    assert min(said) > read
