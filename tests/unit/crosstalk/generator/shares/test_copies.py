"""What accepting a code has made is changed by its person, between two readings of the owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from crosstalk.core.history import Answer, History, Outcome
from crosstalk.core.policy import Policy, Share
from crosstalk.generator.examples.drawn_once import drawn_once
from crosstalk.generator.examples.example_run import ExampleRun
from crosstalk.generator.rules.policy.taken_back import TakenBack
from crosstalk.oracles.ownership import Ownership
from crosstalk.oracles.service import ServiceRecord
from crosstalk.surface.capabilities import Capabilities
from crosstalk.surface.operation import Operation, Parameter, Role
from tests.unit.crosstalk.generator.shares.test_sharing_served import (
    ADD,
    FOLDER,
    IDENTITY,
    LIST,
    MISSING,
    NAME,
    POLICY,
    Folders,
    make_state,
)

CODE = Parameter("code", {"type": "string"}, True, Role.REFERENCE)
SHOW = Operation("rest", "rest:GET /folders/{folder_id}", (IDENTITY, FOLDER), reads_only=True)
NAMED = Operation("rest", "rest:PATCH /folders/{folder_id}", (IDENTITY, FOLDER, NAME), False)
TELL = Operation("rest", "rest:POST /folders/{folder_id}/codes", (IDENTITY, FOLDER), False)
COPY = Operation("rest", "rest:POST /copies", (IDENTITY, CODE), False)
EVERY = (ADD, LIST, SHOW, NAMED, TELL, COPY)
RULE = Share((TELL.name,), "", "folder_id", (), (COPY.name,), code="code")
BY_CODE = Policy(POLICY.people, shares=(RULE,))


@dataclass
class CopiedFolders(Folders):
    """Folders that whoever has the code copies; an alias shares its name with the original."""

    alias: bool = False
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    def discover(self) -> list[Operation]:
        """All operations."""
        return list(EVERY)

    def call(self, operation: Operation, arguments: Mapping[str, Any], presented: Any) -> Answer:
        """Serve owners, and whoever has a code."""
        caller = presented.headers.get("caller", "")
        if operation is COPY and caller:
            shared = self.codes.get(str(arguments["code"]))
            if shared is None:
                return MISSING
            name = self.names[shared]
            made = super().call(ADD, {**arguments, "name": name["name"]}, presented)
            self.names[made.body["id"]] = name if self.alias else {**name}
            return made
        if operation in (ADD, LIST) or not caller:
            answer = super().call(operation, arguments, presented)
            if operation is ADD and answer.outcome is Outcome.OK:
                self.names[answer.body["id"]] = {"name": str(arguments["name"])}
            return answer
        self.calls += 1
        folder = str(arguments["folder_id"])
        if self.owners.get(folder) != caller:
            return MISSING
        if operation is TELL:
            self.made += 1
            code = f"01a1fc95-41f3-4131-b962-{self.made * 7919:012d}"
            self.codes[code] = folder
            return Answer(Outcome.OK, 201, {"code": code})
        if operation is NAMED:
            self.names[folder]["name"] = str(arguments["name"])
        return Answer(Outcome.OK, 200, {"id": folder, **self.names[folder]})


@pytest.mark.parametrize("alias", [True, False])
def test_change_of_a_copy_is_judged_by_what_the_owner_reads(alias: bool) -> None:
    folders = CopiedFolders(alias=alias)
    state = make_state(folders, ServiceRecord({each.name: each for each in EVERY}))
    state.fresh_history = lambda: History(
        {each.split("-")[0]: each for each in folders.subjects}, policy=BY_CODE
    )
    example = ExampleRun(state, Capabilities.of(list(EVERY)))
    drawn_once(
        lambda draw: TakenBack().by_rule(example, draw, policy=BY_CODE, rule=RULE), Random(2)
    )
    changed = [
        each
        for each in example.history
        if (each.operation, each.answer.outcome) == (NAMED.name, Outcome.OK)
        and each.probe is not None
        and each.probe.part == "attack"
    ]
    assert changed
    found = [each for each in Ownership().judge(example.history) if changed[0].index in each.calls]
    assert bool(found) is alias
