"""Words that name what another user has: in a text, and for all that has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, Outcome
from crosstalk.generator.examples.arrangement import Arrangement
from crosstalk.generator.survey.shared_words import SharedWordsPart
from crosstalk.oracles import Canary, Ownership
from crosstalk.surface.credentials import Presented
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.plan.test_sweep import (
    ADD,
    GET,
    IDENTITY,
    LIST,
    MISSING,
    NOTE,
    TEXT,
    Notes,
)
from tests.unit.crosstalk.generator.survey.test_said_and_called import begun

STRING = {"type": "string"}
NAME = Parameter("name", STRING, True, Role.NAME)
CLAUSE = Operation("rest", "rest:PUT /clauses/{name}", (IDENTITY, NAME, TEXT), reads_only=False)
RENDER = Operation("rest", "rest:GET /notes/{note_id}/rendered", (IDENTITY, NOTE), True)
WORDS = {"type": "array", "items": {"type": "string"}}
TAGS = Parameter("tags", WORDS, True, Role.NAME)
OLD, NEW = (Parameter(each, STRING, True, Role.TEXT) for each in ("old", "new"))
TAG = Operation("rest", "rest:PUT /notes/{note_id}/tags", (IDENTITY, NOTE, TAGS), reads_only=False)
RENAME = Operation("rest", "rest:POST /tags/rename", (IDENTITY, OLD, NEW), reads_only=False)


class Drafts(Notes):
    """Notes into which clauses are put by their names, and which have tags.

    Attributes:
        leak: `clauses` where any user's are put in, `tags` where those of all are renamed.
    """

    def __init__(self, leak: str) -> None:
        super().__init__()
        self.leak = leak
        self.clauses: dict[tuple[str, str], str] = {}
        self.tags: dict[str, tuple[str, list[str]]] = {}

    def discover(self) -> list[Operation]:
        """All operations."""
        return [ADD, LIST, GET, CLAUSE, RENDER, TAG, RENAME]

    def call(
        self, operation: Operation, arguments: Mapping[str, Any], presented: Presented
    ) -> Answer:
        """Serve the caller's own alone, but for the leak."""
        caller = presented.headers.get("caller", "")
        if caller != arguments.get("user_id"):
            return Answer(Outcome.REFUSED, 401, None, {}, "unauthorized")
        if operation is CLAUSE:
            self.clauses[caller, str(arguments["name"])] = str(arguments["text"])
            return Answer(Outcome.OK, 200, {"name": arguments["name"]})
        if operation is RENAME:
            return self._rename(caller, str(arguments["old"]), str(arguments["new"]))
        shown = super().call(GET if operation in (RENDER, TAG) else operation, arguments, presented)
        if operation in (LIST, ADD) or shown.outcome is not Outcome.OK:
            return shown
        name, text = shown.body["id"], shown.body["text"]
        if operation is TAG:
            self.tags[name] = caller, list(arguments["tags"])
        if operation is not RENDER:
            _, tags = self.tags.get(name, ("", []))
            return Answer(Outcome.OK, 200, {**shown.body, "tags": tags})
        filled = re.sub(r"\{\{clause:([^}]+)\}\}", lambda it: self._clause(caller, it[1]), text)
        return Answer(Outcome.OK, 200, {"rendered": filled})

    def _clause(self, caller: str, name: str) -> str:
        found = [
            text
            for (owner, called), text in self.clauses.items()
            if called == name and (owner == caller or self.leak == "clauses")
        ]
        return next(iter(found), "[missing]")

    def _rename(self, caller: str, old: str, new: str) -> Answer:
        if not any(owner == caller and old in has for owner, has in self.tags.values()):
            return MISSING
        for name, (owner, has) in self.tags.items():
            if owner == caller or self.leak == "tags":
                self.tags[name] = owner, [new if each == old else each for each in has]
        return Answer(Outcome.OK, 200, {"renamed": True})


@pytest.mark.parametrize("leak", ["clauses", "tags", ""])
def test_words_of_anothers_are_mentioned_and_renamed(leak: str) -> None:
    drafts = Drafts(leak)
    example = begun(drafts, *drafts.discover())
    alice, bob = example.members[:2]
    SharedWordsPart().run(Arrangement(example, Random(1), alice, bob), 60)
    received = {each.operation for each in Canary().judge(example.history)}
    changed = {each.operation for each in Ownership().judge(example.history)}
    assert (RENDER.name in received) is (leak == "clauses")
    assert changed == ({RENAME.name} if leak == "tags" else set())
    if not leak:
        assert not received
